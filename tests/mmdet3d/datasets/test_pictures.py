"""Pictures of frames: what is in view, what is drawn, and what they are called."""

import pickle

import numpy as np
import pytest
import torch
from mmcv import Config
from PIL import Image
from support.pictures import pixels_of

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.datasets import Custom3DDataset
from mmdet3d.datasets.pictures import draw_frame, frame_name, view_of
from mmdet3d.utils.config import load_config

BOX = [20, 4, -1.6, 4, 1.7, 1.5, 0.3]
LOAD_6 = dict(type='LoadPointsFromFile', coord_type='LIDAR', load_dim=6, use_dim=6)


@pytest.fixture
def dataset(tmp_path) -> Custom3DDataset:
    """Two frames of points of six columns, the first of them with an object."""
    cloud = np.random.default_rng(0).uniform(-1, 1, (500, 6)).astype(np.float32)
    (cloud * [30, 30, 1, 1, 1, 1]).astype(np.float32).tofile(tmp_path / 'cloud.bin')
    annos = {'gt_bboxes_3d': [BOX], 'gt_names': ['Car']}
    infos = [
        {'sample_idx': 7, 'pts_path': 'cloud.bin', 'annos': annos},
        {'sample_idx': '../drive/8', 'pts_path': 'cloud.bin'},
    ]
    (tmp_path / 'infos.pkl').write_bytes(pickle.dumps(infos))
    steps = [LOAD_6, dict(type='PointsRangeFilter', point_cloud_range=[0, 0, 0, 1, 1, 1])]
    return Custom3DDataset(str(tmp_path), str(tmp_path / 'infos.pkl'), steps, test_mode=True)


def detections(score: float) -> dict:
    boxes = LiDARInstance3DBoxes(torch.tensor([BOX]))
    return dict(boxes_3d=boxes, scores_3d=torch.tensor([score]), labels_3d=torch.tensor([0]))


@pytest.mark.parametrize(
    'name, expected',
    [
        (
            'pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class',
            (0, -39.68, 69.12, 39.68),
        ),
        ('quickstart/pointpillars_3class', (0, -20.48, 40.96, 20.48)),
        ('point_rcnn/point_rcnn_2x8_kitti-3d-3classes', (0, -40, 70.4, 40)),
        ('pointpillars/hv_pointpillars_fpn_sbn-all_4x8_2x_nus-3d', (-50, -50, 50, 50)),
    ],
)
def test_the_view_is_the_range_of_the_detector(dataset, name, expected):
    assert view_of(load_config(f'configs/{name}.py'), dataset) == expected


def test_without_a_range_the_data_set_suggests_the_view(dataset):
    cfg = Config(dict(model=dict(type='X'), data=dict(test=dict(type='Y'))))
    assert view_of(cfg, dataset) == dataset.VIEW


def test_points_of_any_number_of_columns_are_drawn_as_they_are_loaded(dataset, tmp_path):
    draw_frame(dataset, 1, {}, tmp_path / 'all.png')
    # The filter after the loading leaves no point.
    nothing = [LOAD_6, dict(type='PointsRangeFilter', point_cloud_range=[0, 0, 50, 1, 1, 51])]
    nothing += [dict(type='DefaultFormatBundle3D', class_names=(), with_label=False)]
    draw_frame(dataset, 1, {}, tmp_path / 'none.png', pipeline=nothing)
    inked = [
        int((np.asarray(Image.open(tmp_path / name).convert('L')) < 250).sum())
        for name in ('all.png', 'none.png')
    ]
    assert inked[0] > inked[1] + 200


def test_ground_truth_is_drawn_where_it_is_known(dataset, tmp_path):
    for index, drawn in ((0, True), (1, False)):
        draw_frame(dataset, index, {}, tmp_path / 'frame.png')
        assert (pixels_of(tmp_path / 'frame.png', 'tab:green') > 20) == drawn


@pytest.mark.parametrize('reported', [lambda found: found, lambda found: {'pts_bbox': found}])
def test_detections_below_the_least_score_are_left_out(dataset, tmp_path, reported):
    drawn = []
    for score in (0.2, 0.4):
        draw_frame(
            dataset, 1, {'a': reported(detections(score))}, tmp_path / 'x.png', least_score=0.3
        )
        drawn.append(pixels_of(tmp_path / 'x.png', 'tab:red'))
    # The legend has the colour in any case.
    assert 0 < drawn[0] < drawn[1] - 20


def test_names_are_numbers_of_six_digits_or_tokens_that_stay_in_their_folder(dataset):
    assert frame_name(dataset, 0) == '000007'
    assert '/' not in frame_name(dataset, 1)
