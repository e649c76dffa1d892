"""Frames drawn by the real tool, for every data set and split, as they are and augmented."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from support.pictures import pixels_of
from support.tooling import run

from mmdet3d.datasets.files import load_info_file
from mmdet3d.datasets.pictures.browsing import changes_of

POINT_RCNN = 'configs/point_rcnn/point_rcnn_2x8_kitti-3d-3classes.py'
NUSCENES = 'configs/pointpillars/hv_pointpillars_fpn_sbn-all_4x8_2x_nus-3d.py'


@pytest.fixture
def browse(repo_root, monkeypatch, tmp_path):
    """Run the tool in this process; give the pictures it makes by their names."""

    def make(config: str | Path, *arguments: str) -> dict[str, Path]:
        command = ['browse_dataset.py', str(config), '--output-dir', str(tmp_path), *arguments]
        monkeypatch.setattr(sys, 'argv', command)
        runpy.run_path(str(repo_root / 'tools/misc/browse_dataset.py'), run_name='__main__')
        return {path.stem: path for path in sorted(tmp_path.glob('*.png'))}

    return make


def tokens(nuscenes_data: Path, split: str) -> list[str]:
    content = load_info_file(str(nuscenes_data / f'nuscenes_infos_{split}.pkl'), 'info file')
    return sorted(info['token'] for info in content['infos'])


def tokens_in_order(nuscenes_data: Path, split: str) -> list[str]:
    content = load_info_file(str(nuscenes_data / f'nuscenes_infos_{split}.pkl'), 'info file')
    return [info['token'] for info in sorted(content['infos'], key=lambda each: each['timestamp'])]


def ids(kitti_data: Path, split: str) -> list[str]:
    infos = load_info_file(str(kitti_data / f'kitti_infos_{split}.pkl'), 'info file')
    return sorted(f'{info["image"]["image_idx"]:06d}' for info in infos)


def test_the_tool_draws_the_validation_frames_of_point_rcnn(repo_root, kitti_data, tmp_path):
    where = ['--data-root', str(kitti_data), '--output-dir', str(tmp_path)]
    run(sys.executable, 'tools/misc/browse_dataset.py', POINT_RCNN, *where, root=repo_root)
    pictures = {path.stem: path for path in tmp_path.iterdir()}
    assert sorted(pictures) == ids(kitti_data, 'val')
    assert all(pixels_of(path, 'tab:green') > 20 for path in pictures.values())


def test_frames_of_nuscenes_are_named_by_their_tokens(browse, nuscenes_root, nuscenes_data):
    where = ['--data-root', str(nuscenes_root), '--infos', str(nuscenes_data)]
    pictures = browse(NUSCENES, *where)
    assert list(pictures) == tokens(nuscenes_data, 'val')
    assert all(pixels_of(path, 'tab:green') > 100 for path in pictures.values())


def test_repeated_training_frames_are_drawn_once(browse, kitti_data):
    pictures = browse(POINT_RCNN, '--split', 'train', '--data-root', str(kitti_data))
    assert list(pictures) == ids(kitti_data, 'train')


def test_balanced_training_frames_are_drawn_once(
    browse, repo_root, nuscenes_root, nuscenes_data, tmp_path
):
    wrapped = tmp_path / 'balanced.py'
    wrapped.write_text(
        f"_base_ = '{repo_root / NUSCENES}'\n"
        "data = dict(train=dict(_delete_=True, type='CBGSDataset', dataset=dict(\n"
        "    type='NuScenesDataset', data_root='x', ann_file=['x/nuscenes_infos_train.pkl',\n"
        "    'x/nuscenes_infos_val.pkl'], pipeline={{_base_.train_pipeline}})))\n"
    )
    where = ['--data-root', str(nuscenes_root), '--infos', str(nuscenes_data)]
    pictures = browse(wrapped, '--split', 'train', *where)
    wanted = tokens(nuscenes_data, 'train') + tokens(nuscenes_data, 'val')
    assert list(pictures) == sorted(wanted)


def test_frames_without_labels_are_drawn_without_boxes(browse, kitti_data):
    options = ['--data-root', str(kitti_data), '--number', '2', '--cfg-options']
    options += [f'data.test.ann_file={kitti_data}/kitti_infos_test.pkl']
    pictures = browse(POINT_RCNN, '--split', 'test', *options, 'data.test.split=testing')
    assert list(pictures) == ids(kitti_data, 'test')[:2]
    assert all(pixels_of(path, 'tab:green') == 0 for path in pictures.values())


def test_augmented_frames_are_drawn_alike_for_a_seed_and_otherwise_for_another(
    browse, kitti_data, tmp_path
):
    drawn = []
    for seed in ('0', '0', '1'):
        options = ['--aug', '--seed', seed, '--number', '2', '--data-root', str(kitti_data)]
        pictures = browse(POINT_RCNN, *options)
        assert list(pictures) == ids(kitti_data, 'train')[:2]
        assert all(pixels_of(path, 'tab:green') > 100 for path in pictures.values())
        drawn.append([path.read_bytes() for path in pictures.values()])
    assert drawn[0] == drawn[1]
    assert drawn[0][0] != drawn[2][0] and drawn[0][1] != drawn[2][1]


def test_augmented_frames_of_nuscenes_are_drawn(browse, nuscenes_root, nuscenes_data):
    where = ['--data-root', str(nuscenes_root), '--infos', str(nuscenes_data)]
    pictures = browse(NUSCENES, *where, '--aug', '--number', '1')
    assert list(pictures) == tokens_in_order(nuscenes_data, 'train')[:1]
    assert all(pixels_of(path, 'tab:green') > 100 for path in pictures.values())


def test_frames_of_validation_are_augmented_as_a_training_would(browse, kitti_data):
    options = ['--data-root', str(kitti_data), '--split', 'val', '--aug']
    assert list(browse(POINT_RCNN, *options)) == ids(kitti_data, 'val')


def test_frames_are_drawn_in_the_ways_asked_for(browse, kitti_data, kitti_sample, tmp_path):
    options = ['--data-root', str(kitti_sample), '--infos', str(kitti_data), '--cfg-options']
    pictures = browse(
        POINT_RCNN,
        '--number',
        '1',
        '--pictures',
        'camera',
        *options,
        'data.val.pts_prefix=velodyne',
    )
    assert list(pictures) == [f'{ids(kitti_data, "val")[0]}_camera']


@pytest.mark.parametrize(
    'meta, words',
    [
        ({}, 'neither flipped, turned nor scaled'),
        ({'pcd_horizontal_flip': True, 'pcd_vertical_flip': False}, 'left and right swapped'),
        ({'pcd_rotation_angle': np.pi / 2}, 'turned +90.0 deg'),
        ({'pcd_vertical_flip': True, 'pcd_scale_factor': 0.95}, 'front and back swapped, scaled'),
    ],
)
def test_what_was_done_to_a_frame_is_said(meta, words):
    assert words in changes_of(meta)
