"""Fixtures shared by all tests."""

import importlib.util
import pickle
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


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let those who have the reference folder test as those who do not."""
    parser.addoption(
        '--without-reference',
        action='store_true',
        help='test as in a checkout that has no reference folder beside it',
    )


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
def shared_dir(pytestconfig: pytest.Config) -> Path | None:
    """The folder of reference figures and real frames beside the checkout; None without it."""
    path = REPO_ROOT.parent / 'shared'
    absent = pytestconfig.getoption('--without-reference') or not path.is_dir()
    return None if absent else path


@pytest.fixture(scope='session')
def reference_dir(shared_dir: Path | None) -> Path:
    """The reference figures; the test skips without them."""
    if shared_dir is None:
        pytest.skip('the folder of reference figures is not beside this checkout')
    return shared_dir / 'reference'


@pytest.fixture(scope='session')
def real_frames(reference_dir: Path) -> Path:
    """The folder of real frames, for tests that generated ones cannot stand in for."""
    return reference_dir.parent / 'data'


@pytest.fixture(scope='session')
def reference_weights(reference_dir: Path) -> ModuleType:
    """The module that fills networks with the weights of the reference figures."""
    file = reference_dir / 'seeded.py'
    spec = importlib.util.spec_from_file_location('reference_weights', file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope='session')
def kitti_sample(shared_dir: Path | None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine KITTI frames in KITTI's own layout; generated ones where the real ones are absent."""
    if shared_dir is not None:
        return shared_dir / 'data' / 'kitti_sample'
    from support.stand_ins import make_kitti_sample

    root = tmp_path_factory.mktemp('sample') / 'kitti'
    make_kitti_sample(root)
    return root


@pytest.fixture(scope='session')
def nuscenes_sample(
    shared_dir: Path | None,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A nuScenes key frame and its annotation; a generated one where the real one is absent."""
    if shared_dir is not None:
        return shared_dir / 'data' / 'nuscenes_sample'
    from support.stand_ins import make_nuscenes_sample

    infos = request.getfixturevalue('nuscenes_data') / 'nuscenes_infos_train.pkl'
    folder = tmp_path_factory.mktemp('sample') / 'nuscenes'
    make_nuscenes_sample(folder, pickle.loads(infos.read_bytes())['infos'][1])
    return folder


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


@pytest.fixture(scope='session')
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small PointPillars as config.py and weights.pth, and as model.onnx by the real tool."""
    from support.exported import save, small
    from support.tooling import call_here

    folder = tmp_path_factory.mktemp('deployed')
    save(small(), folder)
    files = (folder / name for name in ('config.py', 'weights.pth'))
    tool = 'tools/deployment/export_onnx.py'
    assert call_here(tool, *files, '--out', folder / 'model.onnx') == 0
    return folder
