"""Normalisations merged into the layers before them change nothing that a detector says."""

import pytest
import torch
from mmcv import Config
from support import shrink
from support.made_up_clouds import made_up_cloud
from support.small_detectors import DETECTORS
from support.weights import seed_weights
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from mmdet3d.models import build_model, fuse_normalisations

SECOND = 'second/hv_second_secfpn_6x8_80e_kitti-3d-3class_student_4x.py'


def make(repo_root, config, options):
    cfg = Config.fromfile(repo_root / 'configs' / config)
    cfg.merge_from_dict(options)
    cfg.model.train_cfg = None
    return seed_weights(build_model(cfg.model)).eval()


def norms(model):
    return [each for each in model.modules() if isinstance(each, _BatchNorm)]


def relative(found, expected):
    return ((found - expected).abs().max() / expected.abs().max()).item()


@pytest.mark.parametrize('kind', ['pillars', 'MVXFasterRCNN', 'second'])
def test_a_fused_detector_predicts_the_same(repo_root, kind):
    columns = 4
    if kind == 'second':
        options = {**shrink.small_second_scene(), **shrink.second_widths(4)}
        model = make(repo_root, SECOND, options)
    else:
        config, options, *_ = DETECTORS['VoxelNet' if kind == 'pillars' else kind]
        model = make(repo_root, config, options(8))
        columns = model.voxel_encoder.in_channels if kind == 'MVXFasterRCNN' else 4
    points = torch.from_numpy(made_up_cloud('fusing'))
    points = nn.functional.pad(points, (0, columns - 4))
    with torch.no_grad():
        expected = model.extract_feat([points], last='head_outputs')['head_outputs']
        assert norms(model)
        fused = fuse_normalisations(model).extract_feat([points], last='head_outputs')
    assert not norms(model)
    for found, before in zip(fused['head_outputs'], expected):
        assert relative(found[0], before[0]) < 1e-4


def test_a_fused_point_rcnn_proposes_the_same(repo_root):
    config, options, *_ = DETECTORS['PointRCNN']
    model = make(repo_root, config, options(8))
    points = torch.from_numpy(made_up_cloud('fusing'))[:600]
    with torch.no_grad():
        expected = model.extract_feat([points])['fp_features']
        found = fuse_normalisations(model).extract_feat([points])['fp_features']
    assert not norms(model)
    assert relative(found, expected) < 1e-4


@pytest.mark.parametrize(
    ('layer', 'shape'),
    [
        (nn.ConvTranspose2d(6, 8, 2, stride=2, groups=2, bias=False), (2, 6, 5, 4)),
        (nn.Conv1d(6, 8, 1), (2, 6, 9)),
        (nn.Linear(6, 8), (5, 6)),
    ],
    ids=['transposed', '1d', 'linear'],
)
def test_layers_of_each_kind_absorb(layer, shape):
    norm = {3: nn.BatchNorm1d, 4: nn.BatchNorm2d, 2: nn.BatchNorm1d}[len(shape)](8)
    net = seed_weights(nn.Sequential(layer, norm, nn.ReLU())).eval()
    x = torch.randn(shape)
    expected = net(x)
    torch.testing.assert_close(fuse_normalisations(net)(x), expected)
    assert not norms(net)


def test_a_normalisation_that_follows_no_layer_stays():
    net = nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU(), nn.BatchNorm2d(3)).eval()
    x = torch.randn(1, 3, 2, 2)
    expected = net(x)
    assert torch.equal(fuse_normalisations(net)(x), expected)
    assert len(norms(net)) == 1


def test_a_network_in_training_is_not_fused():
    with pytest.raises(ValueError, match='evaluation mode'):
        fuse_normalisations(nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)))
