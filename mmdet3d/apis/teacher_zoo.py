"""The published teachers: where they are, and fetching them by a short name."""

from pathlib import Path, PurePosixPath

from mmcv_patched.download import download

BASE_URL = 'https://download.openmmlab.com/mmdetection3d'

TEACHERS = {
    'pointpillars': PurePosixPath(
        'v0.1.0_models/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class',
        'hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class_20200620_230421-aa0f3adb.pth',
    ),
    'second': PurePosixPath(
        'v0.1.0_models/second/hv_second_secfpn_6x8_80e_kitti-3d-3class',
        'hv_second_secfpn_6x8_80e_kitti-3d-3class_20200620_230238-9208083a.pth',
    ),
    'point_rcnn': PurePosixPath(
        'v1.0.0_models/point_rcnn',
        'point_rcnn_2x8_kitti-3d-3classes_20211208_151344.pth',
    ),
    'pointpillars_nus': PurePosixPath(
        'v0.1.0_models/fp16/hv_pointpillars_fpn_sbn-all_fp16_2x8_2x_nus-3d',
        'hv_pointpillars_fpn_sbn-all_fp16_2x8_2x_nus-3d_20201021_120719-269f9dd6.pth',
    ),
}
"""The four teachers' paths on the server, by a short name."""


def download_teacher(name: str, out_dir: str | Path, base_url: str = BASE_URL) -> tuple[Path, bool]:
    """Fetch a teacher by its short name.

    Args:
        name: one of :data:`TEACHERS`.
        out_dir: the folder to put it in.
        base_url: the server, or a mirror of it.

    Returns:
        where it lies, and whether its contents could be checked against its name.

    Raises:
        ValueError: if there is no teacher of that name, or as for ``download``.
        OSError: as for ``download``.
    """
    if name not in TEACHERS:
        raise ValueError(f'no teacher {name!r}; there are {", ".join(TEACHERS)}')
    path = Path(out_dir) / TEACHERS[name].name
    return path, download(f'{base_url.rstrip("/")}/{TEACHERS[name]}', path)
