"""Shipped configs with one key of the model changed: the error names it and the other one."""

import re

import pytest
from mmcv import Config
from support.wrong_configs import FPN, PILLARS, PILLARS_CAR, POINTS, SECOND

from mmdet3d.models import build_model
from mmdet3d.utils.config import load_config

ASSIGNER = {'type': 'MaxIoUAssigner', 'pos_iou_thr': 0.5, 'neg_iou_thr': 0.3}

# A shipped config, the key that is changed, its new value, and the other key that is named.
WRONG = [
    (PILLARS, 'voxel_layer.point_cloud_range', [0, -39.68, -2, 69.12, 39.68, 2],
     'voxel_encoder.point_cloud_range'),
    (PILLARS, 'voxel_encoder.point_cloud_range', [0, -40, -3, 70.4, 40, 1],
     'voxel_layer.point_cloud_range'),
    (PILLARS, 'voxel_encoder.voxel_size', [0.2, 0.2, 4], 'voxel_layer.voxel_size'),
    (PILLARS, 'voxel_encoder.feat_channels', [32], 'middle_encoder.in_channels'),
    (PILLARS, 'middle_encoder.output_shape', [496, 448], 'voxel_layer.point_cloud_range'),
    (PILLARS, 'middle_encoder.output_shape', [432, 496], 'voxel_layer.voxel_size'),
    (PILLARS, 'middle_encoder.in_channels', 32, 'voxel_encoder.feat_channels'),
    (PILLARS, 'backbone.in_channels', 32, 'middle_encoder.in_channels'),
    (PILLARS, 'backbone.out_channels', [64, 128, 128], 'neck.in_channels'),
    (PILLARS, 'backbone.layer_strides', [2, 2, 1], 'neck.upsample_strides'),
    (PILLARS, 'neck.upsample_strides', [1, 2, 2], 'backbone.layer_strides'),
    (PILLARS, 'neck.in_channels', [64, 128, 512], 'backbone.out_channels'),
    (PILLARS, 'neck.out_channels', [128, 128, 64], 'bbox_head.in_channels'),
    (PILLARS, 'bbox_head.in_channels', 256, 'neck.out_channels'),
    (PILLARS, 'bbox_head.feat_channels', 256, 'neck.out_channels'),
    (PILLARS, 'bbox_head.num_classes', 2, 'train_cfg.assigner'),
    (PILLARS, 'bbox_head.num_classes', 4, 'train_cfg.assigner'),
    (PILLARS_CAR, 'bbox_head.anchor_generator',
     {'ranges': [[0, -39.68, -1.78, 69.12, 39.68, -1.78]] * 2, 'sizes': [[3.9, 1.6, 1.56]] * 2,
      'custom_values': [0]}, 'bbox_head.bbox_coder.code_size'),
    (PILLARS, 'train_cfg.assigner', [ASSIGNER] * 2, 'bbox_head.anchor_generator.sizes'),
    (PILLARS, 'bbox_head.anchor_generator.reshape_out', True, 'train_cfg.assigner'),
    (PILLARS, 'bbox_head.anchor_generator.scales', [1, 2], 'neck.out_channels'),
    (PILLARS, 'bbox_head.anchor_generator.custom_values', [0, 0], 'bbox_head.bbox_coder.code_size'),
    (PILLARS, 'bbox_head.bbox_coder.code_size', 9, 'bbox_head.anchor_generator.custom_values'),
    (PILLARS, 'train_cfg.code_weight', [1.0] * 9, 'bbox_head.bbox_coder.code_size'),
    (PILLARS, 'bbox_head.anchor_generator.ranges.2', [0, -40, -1.78, 70.4, 40, -1.78],
     'voxel_layer.point_cloud_range'),
    (PILLARS, 'bbox_head.anchor_generator.ranges.0', [0, -39.68, 1.78, 69.12, 39.68, 1.78],
     'voxel_layer.point_cloud_range'),
    (PILLARS_CAR, 'bbox_head.anchor_generator.ranges.0', [0, -39.68, -1.78, 76, 39.68, -1.78],
     'voxel_layer.point_cloud_range'),
    (SECOND, 'middle_encoder.sparse_shape', [41, 1600, 1280], 'voxel_layer.point_cloud_range'),
    (SECOND, 'middle_encoder.sparse_shape', [41, 1600, 1600], 'voxel_layer.voxel_size'),
    (SECOND, 'middle_encoder.sparse_shape', [21, 1600, 1408], 'voxel_layer.voxel_size'),
    (SECOND, 'middle_encoder.in_channels', 5, 'voxel_encoder.num_features'),
    (SECOND, 'middle_encoder.output_channels', 64, 'backbone.in_channels'),
    (SECOND, 'voxel_encoder.num_features', 5, 'middle_encoder.in_channels'),
    (SECOND, 'neck.upsample_strides', [1, 1], 'backbone.layer_strides'),
    (SECOND, 'bbox_head.anchor_generator.ranges.0', [0, -39.68, -0.6, 69.12, 39.68, -0.6],
     'voxel_layer.point_cloud_range'),
    (FPN, 'pts_voxel_layer.point_cloud_range', [-50, -50, -5, 50, 50, 11],
     'pts_voxel_encoder.point_cloud_range'),
    (FPN, 'pts_voxel_encoder.feat_channels', [64, 32], 'pts_middle_encoder.in_channels'),
    (FPN, 'pts_neck.num_outs', 4, 'pts_bbox_head.anchor_generator.scales'),
    (FPN, 'pts_neck.out_channels', 128, 'pts_bbox_head.in_channels'),
    (FPN, 'pts_bbox_head.anchor_generator.scales', [1, 2], 'pts_neck.num_outs'),
    (FPN, 'pts_bbox_head.bbox_coder.code_size', 7, 'pts_bbox_head.anchor_generator.custom_values'),
    (FPN, 'train_cfg.pts.code_weight', [1.0] * 7, 'pts_bbox_head.bbox_coder.code_size'),
    (FPN, 'pts_bbox_head.anchor_generator.ranges.0', [-51.2, -51.2, -1.8, 51.2, 51.2, -1.8],
     'pts_voxel_layer.point_cloud_range'),
    (POINTS, 'backbone.in_channels', 5, 'neck.fp_channels'),
    (POINTS, 'backbone.sa_channels', [[[16, 32], [32, 64]], [[64, 128], [64, 128]],
     [[128, 256], [128, 256]], [[256, 256], [256, 512]]], 'neck.fp_channels'),
    (POINTS, 'backbone.out_indices', [0, 1, 2], 'neck.fp_channels'),
    (POINTS, 'neck.fp_channels', [[1536, 512], [800, 512], [608, 256], [257, 128]],
     'backbone.sa_channels'),
    (POINTS, 'neck.fp_channels', [[1536, 512], [768, 512], [608, 256], [257, 64]],
     'rpn_head.pred_layer_cfg.in_channels'),
    (POINTS, 'rpn_head.num_classes', 2, 'rpn_head.bbox_coder.mean_size'),
    (POINTS, 'rpn_head.pred_layer_cfg.in_channels', 64, 'neck.fp_channels'),
    (POINTS, 'roi_head.bbox_head.in_channels', 4, 'roi_head.type'),
    (POINTS, 'roi_head.bbox_head.mlp_channels', [128, 64], 'neck.fp_channels'),
    (POINTS, 'roi_head.bbox_head.pred_layer_cfg.in_channels', 256,
     'roi_head.bbox_head.sa_channels'),
    (POINTS, 'roi_head.point_roi_extractor.roi_layer.num_sampled_points', 64,
     'roi_head.bbox_head.num_points'),
]  # fmt: skip

# Likewise, what is as right as the shipped value.
RIGHT = [
    (SECOND, 'middle_encoder.sparse_shape', [42, 1600, 1408]),
    (PILLARS, 'neck.upsample_strides', [2, 4, 8]),
    (PILLARS, 'bbox_head.anchor_generator.type', 'Anchor3DRangeGenerator'),
    # mmdetection3d's SECFPN for nuScenes has these on a map of half a metre.
    (FPN, 'pts_bbox_head.anchor_generator',
     {'_delete_': True, 'type': 'Anchor3DRangeGenerator', 'scales': [1, 2, 4],
      'ranges': [[-49.6, -49.6, -1.80032795, 49.6, 49.6, -1.80032795]], 'custom_values': [0, 0]}),
    (PILLARS, 'voxel_layer.max_voxels', 16000),
    (POINTS, 'train_cfg', None),
    (PILLARS, 'test_cfg', None),
]  # fmt: skip


def changed(repo_root, config, key, value):
    return load_config(repo_root / config, {f'model.{key}': value}).model


def node_of(node, parts):
    for part in parts:
        node = node[int(part)] if part.isdigit() else node[part]
    return node


@pytest.mark.parametrize('config, key, value, other', WRONG)
def test_two_settings_that_disagree_are_named_with_their_values(
    repo_root, config, key, value, other
):
    named = re.sub(r'\.ranges\.(\d)$', r'.ranges[\1]', key)
    with pytest.raises(ValueError) as error:
        build_model(changed(repo_root, config, key, value))
    message = str(error.value)
    assert f'model.{named}' in message and f'model.{other}' in message
    assert '\n' not in message


@pytest.mark.parametrize('config, key, value', RIGHT)
def test_what_fits_is_not_refused(repo_root, config, key, value):
    build_model(changed(repo_root, config, key, value))


def test_pillars_above_each_other_are_refused(repo_root):
    cfg = changed(repo_root, PILLARS, 'voxel_layer.voxel_size', [0.16, 0.16, 2])
    cfg.voxel_encoder.voxel_size = [0.16, 0.16, 2]
    with pytest.raises(ValueError, match=r'middle_encoder.output_shape.*2 pillars stand above'):
        build_model(cfg)


def test_a_range_that_the_strides_do_not_divide_says_what_it_has_to_be(repo_root):
    limits = [0, -39.68, -3, 68.48, 39.68, 1]  # 428 pillars along x
    cfg = changed(repo_root, PILLARS, 'voxel_layer.point_cloud_range', limits)
    cfg.voxel_encoder.point_cloud_range = limits
    cfg.middle_encoder.output_shape = [496, 428]
    with pytest.raises(ValueError, match='voxels along x and y divide by 8'):
        build_model(cfg)


@pytest.mark.parametrize(
    'config, key, message',
    [
        (PILLARS, 'test_cfg.scorethr', r'model.test_cfg has scorethr.* did you mean score_thr'),
        (PILLARS, 'train_cfg.pos_weigth', r'model.train_cfg has pos_weigth.* mean pos_weight'),
        (FPN, 'test_cfg.pts.scorethr', r'model.test_cfg.pts has scorethr'),
        (POINTS, 'test_cfg.rcnn.nms_thrs', r'model.test_cfg.rcnn has nms_thrs.* mean nms_thr'),
        (POINTS, 'train_cfg.rpn.nms_cfg.iou_thrs', r'train_cfg.rpn.nms_cfg has iou_thrs'),
        (PILLARS, 'bbox_heads', r'model has bbox_heads, which VoxelNet .* did you mean bbox_head'),
        (PILLARS, 'voxel_layer.voxel_sizes', r'voxel_layer has voxel_sizes.* mean voxel_size'),
        (PILLARS, 'bbox_head.anchor_generator.scale', r'bbox_head.anchor_generator has scale'),
        (FPN, 'pts_necks', r'model has pts_necks.* did you mean pts_neck'),
        (SECOND, 'train_cfg.assigner.1.pos_iou_thrs', r'assigner.1 has pos_iou_thrs'),
    ],
)  # fmt: skip
def test_a_key_that_nothing_reads_is_named_with_a_near_one(repo_root, config, key, message):
    *above, last = key.split('.')
    cfg = Config.fromfile(repo_root / config).model
    node_of(cfg, above)[last] = 0.5
    with pytest.raises(TypeError, match=message):
        build_model(cfg)


@pytest.mark.parametrize(
    'config, section, name, kind',
    [
        (PILLARS, '', 'backbone', 'VoxelNet'),
        (PILLARS, 'middle_encoder', 'output_shape', 'PointPillarsScatter'),
        (POINTS, 'neck', 'fp_channels', 'PointNetFPNeck'),
        (PILLARS, 'bbox_head.anchor_generator', 'ranges', 'AlignedAnchor3DRangeGenerator'),
    ],
)
def test_a_key_that_is_missing_is_named(repo_root, config, section, name, kind):
    cfg = Config.fromfile(repo_root / config).model
    del node_of(cfg, filter(None, section.split('.')))[name]
    with pytest.raises(TypeError, match=f'{name}') as error:
        build_model(cfg)
    assert kind in str(error.value)


def test_a_published_range_of_one_place_is_warned_of(repo_root):
    """As mmdetection3d's SECFPN config for Lyft has it; its weights were trained that way."""
    cfg = load_config(repo_root / PILLARS_CAR).model
    cfg.bbox_head.anchor_generator.ranges = [[0, -39.68, -1.78, 0, -39.68, -1.78]]
    meant = r'\[0, -39.68, -1.78, 69.12, 39.68, -1.78\] is meant'
    with pytest.warns(UserWarning, match=rf'all anchors stand on one place.*{meant}'):
        build_model(cfg)


@pytest.mark.parametrize(
    'config, key, value, message',
    [
        (PILLARS, 'test_cfg.nms_thr', 'abc', r"test_cfg.nms_thr='abc': expected a number from 0"),
        (PILLARS, 'test_cfg.score_thr', '0.1', r"test_cfg.score_thr='0.1': expected a number"),
        (PILLARS, 'test_cfg.max_num', 0, r'test_cfg.max_num=0: expected a whole number'),
        (PILLARS, 'test_cfg.nms_pre', 2.5, r'test_cfg.nms_pre=2.5: expected a whole number'),
        (FPN, 'test_cfg.pts.use_rotate_nms', 'yes', r"use_rotate_nms='yes': expected True or"),
        (POINTS, 'test_cfg.rpn.nms_cfg.iou_thr', -0.1, r'rpn.nms_cfg.iou_thr=-0.1: expected'),
        (POINTS, 'train_cfg.rcnn.cls_pos_thr', '1', r"train_cfg.rcnn.cls_pos_thr='1': expected"),
        (PILLARS, 'train_cfg.assigner.0.pos_iou_thr', 1.5, r'assigner.0.pos_iou_thr=1.5: expected'),
        (SECOND, 'train_cfg.assigner.2.neg_iou_thr', 0.9, r'2.neg_iou_thr=0.9 is above .*=0.6'),
        (FPN, 'train_cfg.pts.assigner.min_pos_iou', None, r'min_pos_iou=None: expected'),
    ],
)
def test_a_value_of_a_phase_that_cannot_be_is_named(repo_root, config, key, value, message):
    cfg = load_config(repo_root / config).model
    *above, last = key.split('.')
    node_of(cfg, above)[last] = value
    with pytest.raises(ValueError, match=message):
        build_model(cfg)
