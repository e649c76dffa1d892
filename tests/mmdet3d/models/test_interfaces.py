"""The shipped parts offer what the detectors ask of them."""

import pytest
from mmcv import Config

from mmdet3d.models import build_model
from mmdet3d.models.interfaces import Head, MiddleEncoder, Neck, VoxelEncoder

CONFIGS = {
    'VoxelNet with pillars': 'pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class.py',
    'VoxelNet with voxels': 'second/hv_second_secfpn_6x8_80e_kitti-3d-3class.py',
    'MVXFasterRCNN': 'pointpillars/hv_pointpillars_fpn_sbn-all_4x8_2x_nus-3d.py',
}


@pytest.fixture(scope='module', params=CONFIGS)
def model(repo_root, request):
    return build_model(Config.fromfile(repo_root / 'configs' / CONFIGS[request.param]).model)


def test_every_part_fits_its_interface(model):
    assert isinstance(model.voxel_encoder, VoxelEncoder)
    assert isinstance(model.middle_encoder, MiddleEncoder)
    assert isinstance(model.bbox_head, Head)
    # mmdet's FPN tells its widths in its own way.
    assert isinstance(model.neck, Neck) or type(model.neck).__module__.startswith('mmdet.')


def test_a_network_names_the_widths_of_all_that_it_publishes(model):
    widths = model.feature_widths()
    assert list(widths) == list(model.kd_features)
    levels = widths['neck_features']
    assert levels[0] == model.bbox_head.in_channels
    assert widths['head_outputs'] == model.bbox_head.num_classes
