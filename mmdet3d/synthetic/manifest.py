"""Telling whether a folder holds an unfinished dataset of the same arguments."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from mmcv_patched.full_disk import atomic_write

MANIFEST = 'synthetic.json'
# To be raised with every change that alters what is written for a seed.
GENERATOR_VERSION = 1


@dataclass(frozen=True)
class Manifest:
    """What a folder was made for.

    Attributes:
        seed: of the dataset.
        train: number of training frames.
        val: number of validation frames.
        test: number of test frames.
        version: of the generator.
    """

    seed: int
    train: int
    val: int
    test: int
    version: int = GENERATOR_VERSION


@dataclass(frozen=True)
class NuScenesManifest:
    """What a folder in nuScenes' layout was made for.

    Attributes:
        seed: of the dataset.
        train: number of training scenes.
        val: number of validation scenes.
        samples: per scene.
        steps: azimuths per turn of the scanner.
        layout: tells it from KITTI's.
        version: of the generator.
    """

    seed: int
    train: int
    val: int
    samples: int
    steps: int
    layout: str = 'nuscenes'
    version: int = 1


def claim_folder(out_dir: Path, manifest: Manifest | NuScenesManifest) -> None:
    """Make a folder ready for a dataset, or for the rest of one.

    Args:
        out_dir: the folder; made if missing.
        manifest: what it is to hold.

    Raises:
        NotADirectoryError: if there is a file of this name.
        FileExistsError: if the folder holds something else.
        OSError: if the folder cannot be written.
    """
    if out_dir.exists() and not out_dir.is_dir():
        raise NotADirectoryError(f'{out_dir} is a file; --out needs a folder')
    path = out_dir / MANIFEST
    if path.is_file():
        _check_same(path, manifest)
        return
    if out_dir.is_dir() and any(not _is_leftover(file) for file in out_dir.iterdir()):
        raise FileExistsError(
            f'{out_dir} is not empty and has no {MANIFEST}, so it was not made by this tool. '
            'Choose an empty or a new folder.'
        )
    text = json.dumps(asdict(manifest), indent=1) + '\n'
    try:
        with atomic_write(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise type(error)(
            f'{out_dir} cannot be written ({error}). Choose a folder in which you may write.'
        ) from error


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files of a run that was killed while writing."""
    for path in folder.glob('.*.tmp'):
        path.unlink()


def _is_leftover(path: Path) -> bool:
    """Recognise the manifest of a run that was killed while writing it."""
    return path.name.startswith(f'.{MANIFEST}.')


def _check_same(path: Path, manifest: Manifest | NuScenesManifest) -> None:
    try:
        found = json.loads(path.read_text())
    except ValueError as error:
        raise FileExistsError(f'{path} is damaged ({error}). Choose another folder.') from error
    if found != asdict(manifest):
        raise FileExistsError(
            f'{path.parent} holds a dataset of {found}, but {asdict(manifest)} was asked for. '
            'Repeat the same arguments to complete it, or choose another folder.'
        )
