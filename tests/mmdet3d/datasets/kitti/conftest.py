"""A made-up dataset of a few frames in KITTI's layout."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

# LiDAR x forward, y left, z up to camera x right, y down, z forward, at the same place.
CALIB = """P0: 700 0 600 0 0 700 180 0 0 0 1 0
P1: 700 0 600 0 0 700 180 0 0 0 1 0
P2: 700 0 600 0 0 700 180 0 0 0 1 0
P3: 700 0 600 0 0 700 180 0 0 0 1 0
R0_rect: 1 0 0 0 1 0 0 0 1
Tr_velo_to_cam: 0 -1 0 0 0 0 -1 0 1 0 0 0
Tr_imu_to_velo: 1 0 0 0 0 1 0 0 0 0 1 0

"""
# A car 10 m ahead that faces forward, and a region left out of the annotation before it.
LABEL = """DontCare -1 -1 -10 800 160 820 180 -1 -1 -1 -1000 -1000 -1000 -10
Car 0.00 0 -1.57 540 170 660 300 1.50 1.60 4.00 0.00 1.50 10.00 -1.5707963267948966
"""
POINTS_IN_CAR = 30


def _cloud(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    car = rng.uniform([8.1, -0.7, -1.4], [11.9, 0.7, -0.1], (POINTS_IN_CAR, 3))
    beyond = rng.uniform([20, -4, -1.4], [60, 4, 1], (50, 3))
    behind = rng.uniform([-60, -20, -1.4], [-1, 20, 1], (40, 3))
    xyz = rng.permutation(np.concatenate([car, beyond, behind]))
    return np.column_stack([xyz, rng.uniform(0, 1, len(xyz))]).astype(np.float32)


def _write_frame(folder: Path, index: int) -> None:
    for kind in ('calib', 'velodyne', 'image_2', 'label_2'):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    (folder / f'calib/{index:06d}.txt').write_text(CALIB)
    (folder / f'label_2/{index:06d}.txt').write_text(LABEL)
    _cloud(index).tofile(folder / f'velodyne/{index:06d}.bin')
    Image.new('RGB', (1200, 360)).save(folder / f'image_2/{index:06d}.png')


@pytest.fixture
def calib_text() -> str:
    """The calibration file of each made-up frame."""
    return CALIB


@pytest.fixture
def make_raw_kitti(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a raw dataset and gives its root."""

    def make(train=(0, 1), val=(2,), test=(0,)) -> Path:
        root = tmp_path / 'raw'
        (root / 'ImageSets').mkdir(parents=True)
        for split, ids in {'train': train, 'val': val, 'test': test}.items():
            text = ''.join(f'{index:06d}\n' for index in ids)
            (root / 'ImageSets' / f'{split}.txt').write_text(text)
            for index in ids:
                _write_frame(root / ('testing' if split == 'test' else 'training'), index)
        return root

    return make
