"""Batch normalisation does as torch's, however a map lies in memory."""

import copy

import pytest
import torch
from mmcv.cnn import ConvModule, build_norm_layer
from torch import nn

from mmdet3d.models.layers import BatchNorm2d, NaiveSyncBatchNorm2d


@pytest.mark.parametrize('options', [{}, {'momentum': None}, {'momentum': 0.01, 'eps': 1e-3}])
@pytest.mark.parametrize('kind', [BatchNorm2d, NaiveSyncBatchNorm2d])
def test_a_map_with_its_channels_last_is_tracked_as_by_torch(kind, options):
    torch.manual_seed(0)
    ours, torchs = kind(5, **options), nn.BatchNorm2d(5, **options).double()
    for _ in range(2):
        x = torch.randn(2, 5, 7, 6).contiguous(memory_format=torch.channels_last)
        found, expected = ours(x), torchs(x.double())
        torch.testing.assert_close(found.double(), expected, rtol=0, atol=1e-5)
        assert found.is_contiguous(memory_format=torch.channels_last)
    for name, value in ours.state_dict().items():
        torch.testing.assert_close(
            value.double(), torchs.state_dict()[name].double(), rtol=1e-6, atol=1e-7
        )
    torch.testing.assert_close(
        ours.eval()(x).double(), torchs.eval()(x.double()), rtol=0, atol=1e-5
    )


@pytest.mark.parametrize('options', [{'affine': False}, {'track_running_stats': False}])
def test_layers_without_weights_or_statistics_work(options):
    torch.manual_seed(0)
    x = torch.randn(2, 5, 7, 6).contiguous(memory_format=torch.channels_last)
    found, expected = BatchNorm2d(5, **options)(x), nn.BatchNorm2d(5, **options)(x.contiguous())
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


def test_a_single_value_per_channel_is_refused():
    x = torch.randn(1, 5, 1, 1).contiguous(memory_format=torch.channels_last)
    with pytest.raises(ValueError, match='more than 1 value'):
        BatchNorm2d(5)(x)


def test_configs_get_it_under_the_usual_names():
    for name in ('BN', 'BN2d'):
        assert type(build_norm_layer({'type': name}, 4)[1]) is BatchNorm2d
    assert ConvModule(3, 4, 1, norm_cfg={'type': 'BN'}).norm_name == 'bn'


@pytest.mark.parametrize('memory_format', [torch.contiguous_format, torch.channels_last])
def test_low_precision_is_normalised_too(memory_format):
    torch.manual_seed(0)
    x = torch.randn(2, 5, 7, 6).contiguous(memory_format=memory_format)
    norm = BatchNorm2d(5)
    expected = copy.deepcopy(norm)(x)
    with torch.autocast('cpu', torch.bfloat16):
        found = norm(x.bfloat16())
    torch.testing.assert_close(found.float(), expected, rtol=0.02, atol=0.02)
