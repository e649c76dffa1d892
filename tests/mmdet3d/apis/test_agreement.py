"""What a config says of its data is compared with its model, before anything is built."""

import json
import warnings

import pytest
from mmcv import Config
from support.wrong_configs import FPN, PILLARS, POINTS, SECOND

from mmdet3d.apis.agreement import check_agreement
from mmdet3d.apis.class_names import check_checkpoint_classes
from mmdet3d.apis.settings import check_training, fill_in_settings
from mmdet3d.models import build_model
from mmdet3d.utils.config import load_config

TRAIN = 'data.train.dataset'
NAMES = ['Cyclist', 'Pedestrian', 'Car']  # in another order than the shipped ones

# A shipped config, the key that is changed, its new value, and the other key that is named.
WRONG = [
    (PILLARS, f'{TRAIN}.classes', NAMES, f'{TRAIN}.pipeline.2.db_sampler.classes'),
    (PILLARS, f'{TRAIN}.pipeline.2.db_sampler.classes', NAMES, f'{TRAIN}.classes'),
    (PILLARS, f'{TRAIN}.pipeline.2.db_sampler.classes.0', 'Pedestrain', f'{TRAIN}.classes'),
    (PILLARS, f'{TRAIN}.pipeline.8.class_names', NAMES, f'{TRAIN}.classes'),
    (PILLARS, 'data.val.classes', NAMES, f'{TRAIN}.classes'),
    (PILLARS, 'data.test.classes', ['Car'], f'{TRAIN}.classes'),
    (PILLARS, 'data.test.pipeline.1.transforms.3.class_names', NAMES, 'data.test.classes'),
    (PILLARS, 'model.bbox_head.num_classes', 4, f'{TRAIN}.classes'),
    (PILLARS, 'model.bbox_head.num_classes', 2, f'{TRAIN}.classes'),
    (FPN, 'model.pts_bbox_head.num_classes', 11, 'data.train.classes'),
    (FPN, 'data.train.pipeline.7.classes', ['car'], 'data.train.classes'),
    (POINTS, 'model.rpn_head.num_classes', 2, f'{TRAIN}.classes'),
    (PILLARS, f'{TRAIN}.pipeline.0.use_dim', 3, 'db_sampler.points_loader.use_dim'),
    (PILLARS, f'{TRAIN}.pipeline.0.use_dim', [0, 1, 2], 'db_sampler.points_loader.use_dim'),
    (PILLARS, 'data.test.pipeline.0.use_dim', 3, 'model.voxel_encoder.in_channels'),
    (PILLARS, 'model.voxel_encoder.in_channels', 5, f'{TRAIN}.pipeline'),
    (FPN, 'model.pts_voxel_encoder.in_channels', 5, 'data.train.pipeline'),
    (FPN, 'data.val.pipeline.1.use_dim', [0, 1, 2], 'model.pts_voxel_encoder.in_channels'),
    (SECOND, 'data.test.pipeline.0.use_dim', 3, 'model.voxel_encoder.num_features'),
    (POINTS, 'model.backbone.in_channels', 5, f'{TRAIN}.pipeline'),
    (POINTS, 'data.test.pipeline.1.transforms.3.num_points', 2048, 'model.backbone.num_points'),
    (PILLARS, 'model.bbox_head.bbox_coder.code_size', 9, f'{TRAIN}.type'),
    (FPN, 'data.train.with_velocity', False, 'model.pts_bbox_head.bbox_coder.code_size'),
    (PILLARS, f'{TRAIN}.pipeline.5.point_cloud_range', [-70, -40, -3, 0, 40, 1],
     'model.voxel_layer.point_cloud_range'),
]  # fmt: skip

# Likewise, what may be so.
RIGHT = [
    (PILLARS, f'{TRAIN}.pipeline.5.point_cloud_range', [0, -20, -3, 40, 20, 1]),
    (PILLARS, f'{TRAIN}.pipeline.6.point_cloud_range', [0, -20, -9, 40, 20, 9]),
    (PILLARS, f'{TRAIN}.pipeline.2.db_sampler.sample_groups', {'_delete_': True, 'Car': 3}),
    (PILLARS, f'{TRAIN}.filter_empty_gt', False),
    (POINTS, 'data.train.dataset.pipeline.9.num_points', 4096),
    (FPN, 'data.val.samples_per_gpu', 2),
    (FPN, 'data.val_dataloader', {'samples_per_gpu': 2, 'pin_memory': True}),
]  # fmt: skip


@pytest.mark.parametrize('config, key, value, other', WRONG)
def test_two_settings_that_disagree_are_named(repo_root, config, key, value, other):
    cfg = load_config(repo_root / config, {key: value})
    with pytest.raises(ValueError) as error:
        check_agreement(cfg)
    message = str(error.value)
    assert key.removesuffix('.0.use_dim').removesuffix('.1.use_dim').removesuffix('.0') in message
    assert other in message and '\n' not in message


@pytest.mark.parametrize('config, key, value', RIGHT)
def test_what_fits_is_neither_refused_nor_warned_of(repo_root, config, key, value):
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        check_agreement(load_config(repo_root / config, {key: value}))


def test_a_filter_beyond_the_voxels_is_warned_of(repo_root):
    key = f'{TRAIN}.pipeline.5.point_cloud_range'
    cfg = load_config(repo_root / PILLARS, {key: [0, -60, -3, 90, 60, 1]})
    with pytest.warns(UserWarning, match=rf'{key}=.* reaches beyond model.voxel_layer'):
        check_agreement(cfg)


def test_a_misspelt_name_in_a_filter_of_sampled_objects_is_refused(repo_root):
    prepare = {'filter_by_min_points': {'Pedestrain': 5}}
    cfg = load_config(repo_root / PILLARS)
    cfg.data.train.dataset.pipeline[2].db_sampler.prepare = prepare
    with pytest.raises(ValueError, match=r'names Pedestrain.* did you mean Pedestrian'):
        check_agreement(cfg)


def test_what_is_not_used_is_not_judged(repo_root):
    check_agreement(load_config(repo_root / PILLARS, {'data.train.dataset.classes': []}), ('test',))


def test_every_shipped_config_passes(repo_root):
    for path in sorted((repo_root / 'configs').rglob('*.py')):
        if '_base_' not in path.parts:
            check_everything(load_config(path))


def test_every_original_config_passes(reference_dir):
    for each in json.loads((reference_dir / 'resolved_configs.json').read_text()).values():
        check_everything(Config(each['resolved']))


def check_everything(cfg):
    fill_in_settings(cfg)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        check_training(cfg, use_kd=False)
        check_agreement(cfg)
    build_model(cfg.model)


def test_a_checkpoint_of_the_same_classes_in_another_order_is_refused():
    check_checkpoint_classes('x.pth', ('Car', 'Van'), ['Car', 'Van'])
    check_checkpoint_classes('x.pth', None, ['Car'])
    with pytest.raises(ValueError, match=r"x.pth was trained on .*'Van', 'Car'.* another order"):
        check_checkpoint_classes('x.pth', ('Van', 'Car'), ['Car', 'Van'])
    with pytest.warns(UserWarning, match=r"x.pth was trained on the classes \['Bus'\]"):
        check_checkpoint_classes('x.pth', ('Bus',), ['Car'])
