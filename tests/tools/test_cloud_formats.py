"""Data sets whose clouds are not raw floats, through the real tools and data sets."""

import pickle
import shutil
import sys
from pathlib import Path

import numpy as np
import torch
from support import shrink
from support.cloud_files import named, write_pcd
from support.tooling import run

from mmdet3d.apis import init_model
from mmdet3d.datasets import build_dataset
from mmdet3d.datasets.kitti.frames import FrameJob, convert_frame
from mmdet3d.datasets.point_files import read_points
from mmdet3d.utils.config import load_config

CONFIG = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class_student_16x.py'
SMALL = {**shrink.small_scene(), **shrink.widths(4), 'model.test_cfg.score_thr': 0.0}
XYZI = ['x', 'y', 'z', 'intensity']


def as_pcd(cloud: Path, folder: Path) -> None:
    """Write a raw cloud as PCD, with columns in another order."""
    folder.mkdir(parents=True, exist_ok=True)
    points = read_points(cloud)[:, [3, 0, 1, 2]]
    write_pcd(folder / f'{cloud.stem}.pcd', named(points, ['i', 'x', 'y', 'z']))


def detections(root: Path, data: Path, checkpoint: Path, out: Path) -> list[dict]:
    options = {**SMALL, **shrink.data(str(data))}
    run(
        *(sys.executable, 'tools/test.py', CONFIG, str(checkpoint), '--out', str(out)),
        *('--data-root', str(data), '--cfg-options', *shrink.as_arguments(options)),
        root=root,
    )
    return pickle.loads(out.read_bytes())


def test_the_tool_tests_on_pcd_clouds_as_on_raw_ones(repo_root, kitti_data, tmp_path):
    cfg = load_config(CONFIG)
    cfg.merge_from_dict(SMALL)
    torch.manual_seed(0)
    torch.save({'state_dict': init_model(cfg).state_dict()}, tmp_path / 'weights.pth')
    data = tmp_path / 'data'
    data.mkdir()
    for infos in kitti_data.glob('*.pkl'):
        shutil.copy(infos, data)
    clouds = 'training/velodyne_reduced'
    for cloud in (kitti_data / clouds).glob('*.bin'):
        as_pcd(cloud, data / clouds)
    raw = detections(repo_root, kitti_data, tmp_path / 'weights.pth', tmp_path / 'raw.pkl')
    pcd = detections(repo_root, data, tmp_path / 'weights.pth', tmp_path / 'pcd.pkl')
    assert sum(len(each['scores_3d']) for each in raw) > 0
    for one, other in zip(raw, pcd, strict=True):
        assert one['scores_3d'].tolist() == other['scores_3d'].tolist()


def test_raw_kitti_frames_may_be_pcd(kitti_sample, tmp_path):
    root = tmp_path / 'kitti'
    for kind in ('calib', 'label_2'):
        shutil.copytree(kitti_sample / 'training' / kind, root / 'training' / kind)
    as_pcd(kitti_sample / 'training/velodyne/000008.bin', root / 'training/velodyne')
    results = [
        convert_frame(FrameJob(each, tmp_path / name, 'training', 8))
        for each, name in ((kitti_sample, 'raw'), (root, 'pcd'))
    ]
    assert results[0].num_points[0] == results[1].num_points[0]
    reduced = [
        read_points(tmp_path / name / 'training/velodyne_reduced/000008.bin')
        for name in ('raw', 'pcd')
    ]
    # Without an image its size is assumed, so a few points at the edge may differ.
    assert abs(len(reduced[0]) - len(reduced[1])) < 0.01 * len(reduced[0])


def test_a_data_set_of_ones_own_may_list_clouds_of_any_format(tmp_path):
    rng = np.random.default_rng(0)
    points = (rng.uniform(size=(50, 4)) * [40, 10, 2, 1]).astype(np.float32)
    np.save(tmp_path / 'a.npy', points)
    write_pcd(tmp_path / 'b.pcd', named(points, XYZI), 'ascii')
    points.tofile(tmp_path / 'c.bin')
    names = ['a.npy', 'b.pcd', 'c.bin']
    infos = [{'sample_idx': i, 'pts_path': name} for i, name in enumerate(names)]
    (tmp_path / 'infos.pkl').write_bytes(pickle.dumps(infos))
    dataset = build_dataset(
        {
            'type': 'Custom3DDataset',
            'data_root': str(tmp_path),
            'ann_file': str(tmp_path / 'infos.pkl'),
            'classes': ['Car'],
            'test_mode': True,
            'pipeline': [
                {'type': 'LoadPointsFromFile', 'coord_type': 'LIDAR', 'load_dim': 4, 'use_dim': 4},
                {'type': 'DefaultFormatBundle3D', 'class_names': ['Car']},
                {'type': 'Collect3D', 'keys': ['points']},
            ],
        }
    )
    for frame in dataset:
        np.testing.assert_array_equal(frame['points'].data, points)
