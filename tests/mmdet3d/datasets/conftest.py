"""Fixtures of the data set tests: a generated KITTI, and the real sample converted once."""

import itertools
import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from mmcv import Config

from mmdet3d.core.bbox import Box3DMode, LiDARInstance3DBoxes
from mmdet3d.core.points import LiDARPoints

CALIB = {
    'P2': np.array([[700, 0, 600, 0], [0, 700, 180, 0], [0, 0, 1, 0], [0, 0, 0, 1]], float),
    'R0_rect': np.eye(4),
    'Tr_velo_to_cam': np.array(
        [[0, -1, 0, 0], [0, 0, -1, -0.1], [1, 0, 0, -0.3], [0, 0, 0, 1]], float
    ),
}
IMAGE_SHAPE = np.array([375, 1242])


@pytest.fixture
def seed_generators():
    """Seed every generator a pipeline may use."""

    def seed(value: int = 0) -> None:
        np.random.seed(value)
        torch.manual_seed(value)

    seed()
    return seed


@pytest.fixture
def make_frame() -> Callable[..., dict]:
    """Build what a pipeline step takes: boxes, labels and points, 30 of them in every box."""

    def make(boxes, labels=None, num_background: int = 50, seed: int = 0) -> dict:
        rng = np.random.default_rng(seed)
        boxes = np.asarray(boxes, np.float32).reshape(-1, 7)
        background = rng.uniform([0, -40, -3, 0], [70, 40, 1, 1], (num_background, 4))
        points = np.concatenate([points_inside(box, 30, rng) for box in boxes] + [background])
        labels = np.zeros(len(boxes), np.int64) if labels is None else np.array(labels)
        return {
            'points': LiDARPoints(points.astype(np.float32), points_dim=4),
            'gt_bboxes_3d': LiDARInstance3DBoxes(boxes),
            'gt_labels_3d': labels,
            'bbox3d_fields': ['gt_bboxes_3d'],
        }

    return make


def points_inside(box: np.ndarray, number: int, rng: np.random.Generator) -> np.ndarray:
    """(number, 4) points well inside a box with z at the bottom."""
    offset = rng.uniform([-0.45, -0.45, 0.05], [0.45, 0.45, 0.95], (number, 3)) * box[3:6]
    cos, sin = np.cos(box[6]), np.sin(box[6])
    x = box[0] + cos * offset[:, 0] - sin * offset[:, 1]
    y = box[1] + sin * offset[:, 0] + cos * offset[:, 1]
    return np.stack([x, y, box[2] + offset[:, 2], rng.uniform(size=number)], axis=1)


def toy_annos(boxes: np.ndarray, names: list[str]) -> dict[str, np.ndarray]:
    """Annotations of LiDAR boxes (N, 7) in sight of the camera, as an info file has them."""
    boxes = np.asarray(boxes, float).reshape(-1, 7)
    x, y, z, length, width, height, yaw = boxes.T
    location = np.stack([-y, -z - 0.1, x - 0.3], axis=1)
    rotation_y = -np.pi / 2 - yaw
    return {
        'name': np.array(names, dtype=np.str_),
        'truncated': np.zeros(len(names)),
        'occluded': np.zeros(len(names), np.int64),
        'alpha': rotation_y - np.arctan2(location[:, 0], location[:, 2]),
        'bbox': np.array([outline(box) for box in boxes]).reshape(-1, 4),
        'dimensions': np.stack([length, height, width], axis=1),
        'location': location,
        'rotation_y': rotation_y,
        'score': np.zeros(len(names)),
        'index': np.arange(len(names), dtype=np.int32),
        'group_ids': np.arange(len(names), dtype=np.int32),
        'difficulty': np.zeros(len(names), np.int32),
        'num_points_in_gt': np.full(len(names), 30, np.int32),
    }


def outline(box: np.ndarray) -> list[float]:
    """The rectangle around the image of a LiDAR box: columns and rows of its eight corners."""
    columns, rows = [], []
    for side, end, top in itertools.product((-0.5, 0.5), (-0.5, 0.5), (0, 1)):
        across, along, up = side * box[4], end * box[3], top * box[5]
        x = box[0] + along * np.cos(box[6]) - across * np.sin(box[6])
        y = box[1] + along * np.sin(box[6]) + across * np.cos(box[6])
        columns.append(600 - 700 * y / (x - 0.3))
        rows.append(180 - 700 * (box[2] + up + 0.1) / (x - 0.3))
    return [min(columns), min(rows), max(columns), max(rows)]


@pytest.fixture
def make_kitti(tmp_path: Path) -> Callable[..., dict]:
    """Write a KITTI of made-up frames; gives the arguments of its data set."""

    def make(frames: list[tuple[list, list[str]]], with_annos: bool = True) -> dict:
        folder = tmp_path / 'training' / 'velodyne'
        folder.mkdir(parents=True)
        infos = []
        for index, (boxes, names) in enumerate(frames):
            rng = np.random.default_rng(index)
            clouds = [points_inside(np.array(box), 30, rng) for box in boxes]
            background = rng.uniform([1, -30, -3, 0], [60, 30, 1, 1], (40, 4))
            points = np.concatenate([*clouds, background]).astype(np.float32)
            points.tofile(folder / f'{index:06d}.bin')
            image = {
                'image_idx': index,
                'image_path': f'training/image_2/{index:06d}.png',
                'image_shape': IMAGE_SHAPE,
            }
            infos.append({'image': image, 'calib': CALIB})
            if with_annos:
                infos[-1]['annos'] = toy_annos(boxes, names)
        ann_file = tmp_path / 'infos.pkl'
        ann_file.write_bytes(pickle.dumps(infos))
        return {
            'data_root': str(tmp_path),
            'ann_file': str(ann_file),
            'split': 'training',
            'classes': ['Pedestrian', 'Cyclist', 'Car'],
        }

    return make


RAW_CALIB = """P2: 700 0 600 0 0 700 180 0 0 0 1 0
R0_rect: 1 0 0 0 1 0 0 0 1
Tr_velo_to_cam: 0 -1 0 0 0 0 -1 0 1 0 0 0
"""


@pytest.fixture
def make_kitti_frames(tmp_path: Path) -> Callable[..., Path]:
    """Write raw training frames, under any names, with the given labels; gives their root."""

    def make(labels: dict[str, str], val: str = '') -> Path:
        root = tmp_path / 'raw'
        for kind in ('label_2', 'calib', 'velodyne'):
            (root / 'training' / kind).mkdir(parents=True)
        (root / 'ImageSets').mkdir()
        (root / 'ImageSets/train.txt').write_text(''.join(f'{name}\n' for name in labels))
        (root / 'ImageSets/val.txt').write_text(val)
        cloud = np.random.default_rng(0).uniform([8, -2, -2, 0], [12, 2, 0, 1], (500, 4))
        for name, text in labels.items():
            (root / f'training/label_2/{name}.txt').write_text(text)
            (root / f'training/calib/{name}.txt').write_text(RAW_CALIB)
            cloud.astype(np.float32).tofile(root / f'training/velodyne/{name}.bin')
        return root

    return make


@pytest.fixture
def load_steps() -> list[dict]:
    """The steps that every pipeline starts with."""
    return [
        {'type': 'LoadPointsFromFile', 'coord_type': 'LIDAR', 'load_dim': 4, 'use_dim': 4},
        {'type': 'LoadAnnotations3D'},
    ]


@pytest.fixture
def wrap_steps() -> list[dict]:
    """The steps that every training pipeline ends with."""
    return [
        {'type': 'DefaultFormatBundle3D', 'class_names': ['Pedestrian', 'Cyclist', 'Car']},
        {'type': 'Collect3D', 'keys': ['points', 'gt_bboxes_3d', 'gt_labels_3d']},
    ]


@pytest.fixture
def shipped_dataset(repo_root: Path, kitti_data: Path) -> Callable[..., dict]:
    """Give the config of a shipped data set, its paths pointing to the converted sample."""

    def get(config: str, part: str) -> dict:
        data = Config.fromfile(repo_root / 'configs' / config).data[part]
        return json.loads(json.dumps(data).replace('data/kitti/', f'{kitti_data}/'))

    return get


@pytest.fixture
def as_detections() -> Callable[..., list[dict]]:
    """Give a data set's own ground truth as the output of a perfect detector."""

    def convert(dataset) -> list[dict]:
        outputs = []
        for index in range(len(dataset)):
            annos = dataset.get_ann_info(index)
            known = torch.from_numpy(annos['gt_labels_3d'] >= 0)
            boxes = annos['gt_bboxes_3d'][known].convert_to(Box3DMode.LIDAR)
            labels = torch.from_numpy(annos['gt_labels_3d'])[known]
            scores = torch.full((len(labels),), 0.9)
            outputs.append({'boxes_3d': boxes, 'scores_3d': scores, 'labels_3d': labels})
        return outputs

    return convert
