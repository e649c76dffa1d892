"""Fixtures shared by all tests."""

import importlib.util
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch

import mmcv_patched  # noqa: F401  (lets tests import mmcv.runner in any order)

REPO_ROOT = Path(__file__).resolve().parents[1]

torch.set_num_threads(2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests marked ``gpu`` where there is no CUDA device."""
    if torch.cuda.is_available():
        return
    skip = pytest.mark.skip(reason='needs a CUDA device')
    for item in items:
        if item.get_closest_marker('gpu'):
            item.add_marker(skip)


@pytest.fixture(scope='session')
def repo_root() -> Path:
    """The root of the checkout."""
    return REPO_ROOT


@pytest.fixture(scope='session')
def shared_dir() -> Path:
    """The folder of reference figures and sample frames beside the checkout."""
    path = REPO_ROOT.parent / 'shared'
    if not path.is_dir():
        pytest.skip('the folder of reference figures is not beside this checkout')
    return path


@pytest.fixture(scope='session')
def kitti_sample(shared_dir: Path) -> Path:
    """Nine real KITTI frames in KITTI's own layout."""
    return shared_dir / 'data' / 'kitti_sample'


@pytest.fixture(scope='session')
def seeded(shared_dir: Path) -> ModuleType:
    """The module that fills networks with the weights of the reference figures."""
    spec = importlib.util.spec_from_file_location('seeded', shared_dir / 'reference' / 'seeded.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Compute with one thread, whose sums are in the same order on every machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


@pytest.fixture(scope='session')
def kitti_data(kitti_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample frames, converted for training by the real tool."""
    out_dir = tmp_path_factory.mktemp('kitti')
    command = [sys.executable, 'tools/create_data.py', 'kitti', '--root-path', str(kitti_sample)]
    subprocess.run([*command, '--out-dir', str(out_dir)], cwd=REPO_ROOT, check=True)
    return out_dir


@pytest.fixture(scope='session')
def nuscenes_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up nuScenes of one training and one validation scene, coarsely scanned."""
    from mmdet3d.synthetic import create_synthetic_nuscenes

    root = tmp_path_factory.mktemp('nuscenes') / 'root'
    create_synthetic_nuscenes(root, train=1, val=1, seed=2, samples=3, steps=400, workers=1)
    return root


@pytest.fixture(scope='session')
def nuscenes_data(nuscenes_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its info files."""
    from mmdet3d.datasets.nuscenes import create_nuscenes_data

    out_dir = tmp_path_factory.mktemp('nuscenes_infos')
    create_nuscenes_data(nuscenes_root, out_dir, 'v1.0-mini')
    return out_dir
