"""Writing one frame in KITTI's layout."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np

from mmcv_patched.full_disk import atomic_write
from mmdet3d.datasets.kitti.infos import frame_path
from mmdet3d.datasets.point_files import write_points
from mmdet3d.synthetic.kitti.annotate import Label, annotate
from mmdet3d.synthetic.sensors.camera import Calibration, kitti_like_calibration, render
from mmdet3d.synthetic.sensors.lidar import hdl64e, scan
from mmdet3d.synthetic.world.geometry import SceneGeometry
from mmdet3d.synthetic.world.layout import random_scene

# The fastest of zlib's strategies for flat shading, and the smallest.
_PNG = (cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE)


@cache
def _rig() -> tuple:
    return hdl64e(), kitti_like_calibration()


def write_frame(out_dir: Path, folder: str, index: int, seed: int) -> None:
    """Draw a scene, record it and write its files, each atomically, the label last.

    Args:
        out_dir: the root of the dataset.
        folder: 'training' or 'testing'; frames of the latter have no labels.
        index: the frame's id.
        seed: of the dataset.
    """
    scanner, calibration = _rig()
    layout_rng, scan_rng = np.random.default_rng([seed, int(folder == 'testing'), index]).spawn(2)
    geometry = SceneGeometry(random_scene(layout_rng))
    turn = scan(geometry, scanner, scan_rng)
    write_points(out_dir / frame_path(folder, 'velodyne', index, '.bin'), turn.points)
    _write(out_dir / frame_path(folder, 'calib', index, '.txt'), format_calib(calibration).encode())
    picture = cv2.imencode('.png', render(geometry, calibration), _PNG)[1]
    _write(out_dir / frame_path(folder, 'image_2', index, '.png'), picture.tobytes())
    if folder == 'training':
        labels = annotate(geometry, turn, calibration)
        text = ''.join(map(format_label, labels))
        _write(out_dir / frame_path(folder, 'label_2', index, '.txt'), text.encode())


def frame_files(out_dir: Path, folder: str, index: int) -> list[Path]:
    """List the files of one frame."""
    kinds = {'velodyne': '.bin', 'calib': '.txt', 'image_2': '.png'}
    if folder == 'training':
        kinds['label_2'] = '.txt'
    return [out_dir / frame_path(folder, kind, index, suffix) for kind, suffix in kinds.items()]


def _write(path: Path, content: bytes) -> None:
    with atomic_write(path) as file:
        file.write(content)


def format_label(label: Label) -> str:
    """Write an object as a line of a ground-truth label file, with its newline."""
    numbers = (*label.bbox, *label.dimensions, *label.location, label.rotation_y)
    if label.name == 'DontCare':
        box = ' '.join(f'{value:.2f}' for value in label.bbox)
        return f'DontCare -1 -1 -10 {box} -1 -1 -1 -1000 -1000 -1000 -10\n'
    text = ' '.join(f'{value:.2f}' for value in (label.alpha, *numbers))
    return f'{label.name} {label.truncated:.2f} {label.occluded} {text}\n'


def format_calib(calibration: Calibration) -> str:
    """Write the matrices as KITTI's calibration files have them."""
    matrices = {f'P{i}': matrix for i, matrix in enumerate(calibration.projections)}
    matrices['R0_rect'] = calibration.rectification
    matrices['Tr_velo_to_cam'] = calibration.velo_to_cam
    matrices['Tr_imu_to_velo'] = calibration.imu_to_velo
    lines = [
        f'{name}: {" ".join(f"{value:.12e}" for value in matrix.ravel())}\n'
        for name, matrix in matrices.items()
    ]
    return ''.join(lines)
