"""A second reader of KITTI's files, independent of the library's, for comparison with it."""

from pathlib import Path

import numpy as np
import torch

from mmdet3d.core.bbox import Box3DMode, CameraInstance3DBoxes, LiDARInstance3DBoxes

CLASSES = {'Pedestrian': 0, 'Cyclist': 1, 'Car': 2}


def lidar_to_camera(calib: Path) -> np.ndarray:
    """The matrix (4, 4) from the LiDAR to the rectified camera of a calibration file."""
    lines = dict(line.split(':') for line in calib.read_text().splitlines() if ':' in line)
    rect, velo = np.eye(4), np.eye(4)
    rect[:3, :3] = np.array(lines['R0_rect'].split(), float).reshape(3, 3)
    velo[:3] = np.array(lines['Tr_velo_to_cam'].split(), float).reshape(3, 4)
    return rect @ velo


def lidar_boxes(split: Path, frame: str) -> tuple[LiDARInstance3DBoxes, list[int]]:
    """The objects of the three classes: boxes in LiDAR coordinates, and labels.

    Args:
        split: the folder ``training`` of data in KITTI's layout.
        frame: the id, such as 000008.
    """
    lines = (split / 'label_2' / f'{frame}.txt').read_text().splitlines()
    fields = [row for row in map(str.split, lines) if row[0] in CLASSES]
    numbers = torch.tensor([[float(value) for value in row[1:]] for row in fields])
    boxes = CameraInstance3DBoxes(numbers.reshape(-1, 14)[:, [10, 11, 12, 9, 7, 8, 13]])
    matrix = np.linalg.inv(lidar_to_camera(split / 'calib' / f'{frame}.txt'))
    return boxes.convert_to(Box3DMode.LIDAR, matrix), [CLASSES[row[0]] for row in fields]
