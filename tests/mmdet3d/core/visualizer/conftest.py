"""A cloud, and boxes about it."""

import numpy as np
import pytest
import torch

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.core.visualizer import BoxLayer


@pytest.fixture
def cloud() -> np.ndarray:
    """A thousand points ahead of the sensor, with reflectances."""
    low, high = np.array([0, -10, -2, 0]), np.array([30, 10, 1, 1])
    return np.random.default_rng(0).uniform(low, high, (1000, 4)).astype(np.float32)


@pytest.fixture
def layers() -> list[BoxLayer]:
    """A car of the ground truth ahead, and what two runs found of it."""
    rows = torch.tensor([[15.0, 2, -1.7, 4, 1.8, 1.6, 0.4]])
    truth = BoxLayer('ground truth', LiDARInstance3DBoxes(rows), ['Car'])
    found = BoxLayer('student', LiDARInstance3DBoxes(rows + 0.3), ['Car 0.71'], 'tab:red')
    other = BoxLayer('<b>teacher</b>', LiDARInstance3DBoxes(rows), ['Car 0.93'], 'tab:blue')
    return [truth, found, other]
