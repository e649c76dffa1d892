"""Access to nuscenes-devkit, which only nuScenes needs."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from mmdet3d.datasets.files import DataFormatError

if TYPE_CHECKING:
    from nuscenes import NuScenes

# The official splits of each version of the data set: for training, and for validation.
SPLITS = {
    'v1.0-trainval': ('train', 'val'),
    'v1.0-mini': ('mini_train', 'mini_val'),
    'v1.0-test': ('test',),
}

_TABLES = (
    'attribute', 'calibrated_sensor', 'category', 'ego_pose', 'instance', 'log', 'map', 'sample',
    'sample_annotation', 'sample_data', 'scene', 'sensor', 'visibility',
)  # fmt: skip


def require_devkit() -> None:
    """Check that nuscenes-devkit is installed.

    Raises:
        ImportError: if it is not; the message says how to install it.
    """
    try:
        from nuscenes import NuScenes  # noqa: F401
    except ImportError as error:
        raise ImportError(
            f'nuScenes data are read and evaluated by nuscenes-devkit, which cannot be imported '
            f'({error}). Install it as requirements.txt pins it: '
            'pip install nuscenes-devkit==1.2.0 -c requirements.txt'
        ) from error


def open_tables(root_path: str | Path, version: str) -> 'NuScenes':
    """Load the tables of a version.

    Args:
        root_path: folder of the data set, with ``maps``, ``samples``, ``sweeps`` and the tables in
            a folder named as the version.
        version: a key of ``SPLITS``.

    Raises:
        ImportError: if nuscenes-devkit is not installed.
        ValueError: if there is no such version.
        FileNotFoundError: if the folder, the version in it, a table or a map is missing.
        DataFormatError: if a table is no JSON in UTF-8, or refers to what is not there.
    """
    require_devkit()
    from nuscenes import NuScenes

    check_version(root_path, version)
    try:
        return NuScenes(version=version, dataroot=str(root_path), verbose=False)
    except (FileNotFoundError, AssertionError) as error:
        raise FileNotFoundError(
            f'the tables of {version} in {root_path} are not complete: {error}. Unpack the '
            "metadata and the maps of nuScenes' download page there"
        ) from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise DataFormatError(
            f'the tables of {version} in {root_path} are malformed: '
            f'{_flaw_of_tables(Path(root_path) / version) or repr(error)}. Unpack the metadata of '
            "nuScenes' download page there anew"
        ) from error


def _flaw_of_tables(folder: Path) -> str | None:
    """Name the first table that is no JSON in UTF-8, None if all are."""
    for path in sorted(folder.glob('*.json')):
        try:
            json.loads(path.read_text('utf-8'))
        except ValueError as error:
            return f'{path}: {error}'
    return None


def check_tables(root_path: str | Path, version: str) -> None:
    """Check that a folder has all tables of a version, without loading them.

    Raises:
        ValueError: if there is no such version.
        FileNotFoundError: if the folder, the version in it or a table is missing.
    """
    check_version(root_path, version)
    folder = Path(root_path) / version
    missing = [name for name in _TABLES if not (folder / f'{name}.json').is_file()]
    if missing:
        raise FileNotFoundError(
            f'the tables of {version} in {root_path} are not complete: no {", ".join(missing)} '
            "(.json). Unpack the metadata of nuScenes' download page there"
        )


def check_version(root_path: str | Path, version: str) -> None:
    """Check that a folder holds the tables of a version.

    Raises:
        ValueError: if there is no such version.
        FileNotFoundError: if it is not in the folder; the message says which are.
    """
    if version not in SPLITS:
        raise ValueError(f'version is {version!r}; expected one of {", ".join(SPLITS)}')
    root_path = Path(root_path)
    if not root_path.is_dir():
        raise FileNotFoundError(f'{root_path}: there is no such folder; correct the root path')
    if not (root_path / version).is_dir():
        present = [name for name in SPLITS if (root_path / name).is_dir()]
        raise FileNotFoundError(
            f'{root_path} has no folder {version} with the tables of that version; it has '
            f'{", ".join(present) or "those of no version"}. Choose another version or root path'
            f'{_hint(root_path, version)}'
        )


def _hint(root_path: Path, version: str) -> str:
    """Say which folder was meant, where one beside or below the given one has the tables."""
    candidates = [root_path.resolve().parent, *sorted(root_path.iterdir())]
    meant = [path for path in candidates if (path / version).is_dir()]
    return f'; {meant[0]} has it: is that the root path?' if meant else ''
