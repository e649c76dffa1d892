"""The published teachers: where they are, and fetching them by a short name."""

import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from mmcv_patched.download import download
from mmdet3d.utils.names import near_misses

BASE_URL = 'https://download.openmmlab.com/mmdetection3d'
BASE_URL_VARIABLE = 'POINTDISTILLER_TEACHERS_URL'


def _old(folder: str, network: str, version: str) -> PurePosixPath:
    """Return the path of a teacher of before v1.0; the folder of a network bears its name."""
    return PurePosixPath('v0.1.0_models', folder, network, f'{network}_{version}.pth')


def _new(folder: str, network: str, version: str) -> PurePosixPath:
    """Return the path of a teacher of v1.0."""
    return PurePosixPath('v1.0.0_models', folder, network, f'{network}_{version}.pth')


_PILLARS = 'hv_pointpillars_secfpn_6x8_160e_kitti-3d'
_SECOND = 'hv_second_secfpn_6x8_80e_kitti-3d'
_NUSCENES = 'hv_pointpillars_fpn_sbn-all'

GUIDE = {
    'pointpillars': _old('pointpillars', f'{_PILLARS}-3class', '20200620_230421-aa0f3adb'),
    'second': _old('second', f'{_SECOND}-3class', '20200620_230238-9208083a'),
    'point_rcnn': PurePosixPath(
        'v1.0.0_models/point_rcnn', 'point_rcnn_2x8_kitti-3d-3classes_20211208_151344.pth'
    ),
    'pointpillars_nus': _old('fp16', f'{_NUSCENES}_fp16_2x8_2x_nus-3d', '20201021_120719-269f9dd6'),
}
"""The four teachers of the paper's guide: their paths on the server, by a short name."""

TEACHERS = {
    **GUIDE,
    'pointpillars_car': _old('pointpillars', f'{_PILLARS}-car', '20200620_230614-77663cd6'),
    'second_car': _old('second', f'{_SECOND}-car', '20200620_230238-393f000c'),
    'pointpillars_v1': _new('pointpillars', f'{_PILLARS}-3class', '20220301_150306-37dc2420'),
    'pointpillars_car_v1': _new('pointpillars', f'{_PILLARS}-car', '20220331_134606-d42d15ed'),
    'second_v1': _new('second', f'{_SECOND}-3class', '20210831_022017-ae782e87'),
    'pointpillars_nus_v1': _new(
        'pointpillars', f'{_NUSCENES}_4x8_2x_nus-3d', '20210826_104936-fca299c1'
    ),
}
"""All teachers of networks of this project. ``_v1`` are mmdetection3d v1.0's: its boxes, and the
first layer that it has."""


def base_url() -> str:
    """Return the server: what :data:`BASE_URL_VARIABLE` of the environment names, or the zoo's."""
    return os.environ.get(BASE_URL_VARIABLE) or BASE_URL


def check_names(names: Iterable[str]) -> None:
    """Refuse names that no teacher has.

    Raises:
        ValueError: if there is one.
    """
    for name in names:
        if name not in TEACHERS:
            raise ValueError(f'no teacher {name!r}: {near_misses(name, TEACHERS)}')


def download_teacher(
    name: str, out_dir: str | Path, server: str | None = None
) -> tuple[Path, bool]:
    """Fetch a teacher by its short name.

    Args:
        name: one of :data:`TEACHERS`.
        out_dir: the folder to put it in.
        server: the server, or a mirror of it; by default :func:`base_url`.

    Returns:
        where it lies, and whether its contents could be checked against its name.

    Raises:
        ValueError: if there is no teacher of that name, or as for ``download``.
        OSError: as for ``download``.
    """
    check_names([name])
    path = Path(out_dir) / TEACHERS[name].name
    return path, download(f'{(server or base_url()).rstrip("/")}/{TEACHERS[name]}', path)
