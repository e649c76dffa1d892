"""Detections in one cloud by the real demo, of every format of clouds."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from support.cloud_files import named, write_pcd, write_ply
from support.pictures import pixels_of
from support.teachers import kitti_teacher, nuscenes_teacher, point_rcnn_teacher
from support.tooling import call_here, run

TOOL = 'demo/pcd_demo.py'
NAMES = ['x', 'y', 'z', 'intensity']


@pytest.fixture(scope='module')
def cloud(kitti_data) -> np.ndarray:
    """A frame of KITTI, of shape (N, 4)."""
    path = kitti_data / 'training/velodyne_reduced/000008.bin'
    return np.fromfile(path, dtype=np.float32).reshape(-1, 4)


@pytest.fixture(scope='module')
def detector(tmp_path_factory) -> list[str]:
    """Config and checkpoint of a detector for KITTI."""
    return named_in(kitti_teacher(tmp_path_factory.mktemp('run')))


def named_in(folder: Path) -> list[str]:
    (config,) = folder.glob('*.py')
    return [str(config), str(folder / 'latest.pth')]


def write(cloud: np.ndarray, path: Path) -> Path:
    writers = {
        '.bin': lambda: cloud.tofile(path),
        '.npy': lambda: np.save(path, cloud),
        '.ply': lambda: write_ply(path, named(cloud, NAMES)),
        '.pcd': lambda: write_pcd(path, named(cloud, NAMES)),
    }
    writers[path.suffix]()
    return path


@pytest.mark.parametrize('suffix', ['.bin', '.npy', '.ply', '.pcd'])
def test_clouds_of_every_format_give_a_picture_a_list_and_a_page(cloud, detector, tmp_path, suffix):
    file = write(cloud, tmp_path / f'cloud{suffix}')
    out = tmp_path / 'out'
    assert call_here(TOOL, file, *detector, '--out', out, '--score-thr', '0.2') == 0
    assert {path.name for path in out.iterdir()} == {'cloud.png', 'cloud.json', 'cloud.html'}
    found = json.loads((out / 'cloud.json').read_text())
    assert found and all(each['score'] >= 0.2 and len(each['box']) == 7 for each in found)
    assert {each['class'] for each in found} <= {'Pedestrian', 'Cyclist', 'Car'}
    assert [each['score'] for each in found] == sorted((e['score'] for e in found), reverse=True)
    assert pixels_of(out / 'cloud.png', 'tab:red') > 100
    assert f'detections ({len(found)})' in (out / 'cloud.html').read_text()


def test_commands_of_mmdetection3d_work_from_any_folder(cloud, detector, tmp_path, repo_root):
    file = write(cloud, tmp_path / 'cloud.bin')
    options = ['--device', 'cpu', '--score-thr', '0.5', '--out-dir', 'made', '--show']
    printed = run(
        sys.executable, str(repo_root / TOOL), file.name, *detector, *options, root=tmp_path
    )
    assert 'warning: --show changes nothing' in printed
    assert 'made/cloud.html' in printed
    assert len(list((tmp_path / 'made').iterdir())) == 3


def test_a_detector_without_voxels_works_too(cloud, tmp_path):
    detector = named_in(point_rcnn_teacher(tmp_path / 'run'))
    file = write(cloud, tmp_path / 'cloud.npy')
    assert call_here(TOOL, file, *detector, '--out', tmp_path / 'out', '--score-thr', '0') == 0
    assert (tmp_path / 'out/cloud.html').is_file()


def test_detections_of_nuscenes_have_velocities(nuscenes_root, tmp_path):
    detector = named_in(nuscenes_teacher(tmp_path / 'run'))
    file = next((nuscenes_root / 'samples/LIDAR_TOP').glob('*.bin'))
    assert call_here(TOOL, file, *detector, '--out', tmp_path / 'out') == 0
    found = json.loads((tmp_path / f'out/{file.stem}.json').read_text())
    assert found and all(len(each['box']) == 9 for each in found)


def test_clouds_in_which_nothing_is_found_are_drawn(cloud, detector, tmp_path):
    file = write(cloud, tmp_path / 'cloud.bin')
    assert call_here(TOOL, file, *detector, '--out', tmp_path, '--score-thr', '1.1') == 0
    assert json.loads((tmp_path / 'cloud.json').read_text()) == []


@pytest.mark.parametrize(
    'name, content, said',
    [
        ('none.bin', None, 'none.bin does not exist'),
        ('cloud.las', b'LASF', 'cloud.las'),
        ('cloud.ply', b'no header', 'cloud.ply'),
        ('cloud.bin', b'123', 'cloud.bin'),
    ],
)
def test_clouds_that_cannot_be_read_end_in_one_line(detector, tmp_path, capfd, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert call_here(TOOL, tmp_path / name, *detector, '--out', tmp_path / 'out') == 1
    *_, line = capfd.readouterr().err.splitlines()
    assert line.startswith('error: ') and said in line


def test_a_checkpoint_that_carries_its_config_is_enough(cloud, deployed, tmp_path):
    file = write(cloud, tmp_path / 'cloud.bin')
    assert call_here(TOOL, file, deployed / 'weights.pth', '--out', tmp_path / 'out') == 0
    assert json.loads((tmp_path / 'out' / 'cloud.json').read_text())
