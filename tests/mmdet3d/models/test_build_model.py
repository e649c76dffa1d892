"""Configs that name what does not exist."""

import copy

import pytest
from mmcv import Config

from mmdet3d.models import build_model

CONFIG = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class_student_4x.py'


@pytest.fixture(scope='module')
def model_cfg(repo_root):
    return Config.fromfile(repo_root / CONFIG).model


@pytest.mark.parametrize(
    'path, name, message',
    [
        ('', 'VoxelNett', 'VoxelNett.* is not in the models registry: did you mean VoxelNet'),
        ('backbone', 'SECONDD', 'SECONDD.* is not in the models registry: did you mean SECOND'),
        ('bbox_head.bbox_coder', 'DeltaXYZ', 'did you mean DeltaXYZWLHRBBoxCoder'),
        ('bbox_head.anchor_generator', 'Anchor3DRange', 'did you mean Anchor3DRangeGenerator'),
        ('voxel_encoder', 'Qqqqq', 'registered are .*PillarFeatureNet'),
    ],
)
def test_a_misspelt_type_is_an_error_that_names_a_near_one(model_cfg, path, name, message):
    cfg = copy.deepcopy(model_cfg)
    node = cfg
    for part in filter(None, path.split('.')):
        node = node[part]
    node.type = name
    with pytest.raises(KeyError, match=message):
        build_model(cfg)


@pytest.mark.parametrize('section', ['', 'backbone', 'voxel_encoder', 'bbox_head', 'voxel_layer'])
def test_a_misspelt_key_is_an_error_that_names_it(model_cfg, section):
    cfg = copy.deepcopy(model_cfg)
    (cfg[section] if section else cfg).in_chanels = 3
    with pytest.raises(TypeError, match='in_chanels'):
        build_model(cfg)


def test_an_unknown_kd_cfg_key_is_an_error_that_lists_the_known_ones(model_cfg):
    cfg = copy.deepcopy(model_cfg)
    cfg.train_cfg.kd_cfg.num_voxel = 3
    with pytest.raises(ValueError, match=r"unknown keys \['num_voxel'\].*num_voxels"):
        build_model(cfg)


def test_train_cfg_both_inside_and_outside_is_an_error(model_cfg):
    with pytest.raises(ValueError, match='train_cfg stands both in the model and outside'):
        build_model(model_cfg, train_cfg={'assigner': None})
