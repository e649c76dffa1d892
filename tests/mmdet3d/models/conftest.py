"""Figures that networks agree with, and the networks and clouds that they are of."""

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from mmcv import Config
from support import weights
from support.made_up_clouds import made_up_cloud

from mmdet3d.models import build_model


@pytest.fixture(scope='session')
def figures(shared_dir: Path | None, repo_root: Path) -> Callable[[str], dict]:
    """Read figures: mmdetection3d's, or without them those that support.record_figures wrote."""
    folder = repo_root / 'tests/figures' if shared_dir is None else shared_dir / 'reference'
    return lambda name: json.loads((folder / f'{name}.json').read_text())


@pytest.fixture(scope='session')
def filling(shared_dir: Path | None, request: pytest.FixtureRequest) -> ModuleType:
    """The module that fills networks with the weights of these figures."""
    return weights if shared_dir is None else request.getfixturevalue('reference_weights')


@pytest.fixture(scope='session')
def build_filled(repo_root: Path, filling: ModuleType) -> Callable[[str], torch.nn.Module]:
    """Build the detector of a config below configs with these weights."""

    def build(config: str) -> torch.nn.Module:
        return filling.seed_weights(
            build_model(Config.fromfile(repo_root / 'configs' / config).model)
        )

    return build


@pytest.fixture(scope='session')
def read_frame(shared_dir: Path | None) -> Callable[[str], np.ndarray]:
    """Read the points (N, 4) of a frame that the figures name: KITTI's, or a made-up one."""
    if shared_dir is None:
        return made_up_cloud
    folder = shared_dir / 'data/kitti_sample/training/velodyne'
    return lambda name: np.fromfile(folder / f'{name}.bin', dtype=np.float32).reshape(-1, 4)


@pytest.fixture(scope='session')
def read_sweep(shared_dir: Path | None) -> Callable[[], np.ndarray]:
    """Read the points (N, 4) of the nuScenes sweep of the figures, or of a made-up one."""
    if shared_dir is None:
        return lambda: made_up_cloud('sweep')
    file = shared_dir / 'data/nuscenes_sample/LIDAR_TOP.pcd.bin'
    return lambda: np.fromfile(file, dtype=np.float32).reshape(-1, 5)[:, :4].copy()
