"""Pointwise networks on rows, against their own layers."""

import pytest
import torch
from mmcv.cnn import fuse_conv_bn
from torch import nn

from mmdet3d.models.layers import PointSAModuleMSG, make_pointwise_mlp, row_layers, run_rows


def network(norm: str = 'BN2d', **options) -> nn.Sequential:
    torch.manual_seed(0)
    made = make_pointwise_mlp([5, 7, 6], {'type': norm, **options}, bias=True)
    for each in made.modules():
        if isinstance(each, nn.BatchNorm2d):
            for tensor in each.state_dict().values():
                if tensor.is_floating_point():
                    nn.init.uniform_(tensor, 0.5, 2)
    return made.eval()


def abstraction() -> PointSAModuleMSG:
    module = PointSAModuleMSG(5, [0.5, 1.0], [4, 8], [[2, 7, 6], [2, 6]])
    module.mlps[0] = network()
    return module.eval()


def cloud() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    return 2 * torch.rand(2, 30, 3), torch.randn(2, 2, 30)


@pytest.mark.parametrize('affine, fused', [(True, False), (False, False), (True, True)])
def test_rows_are_what_the_layers_give(affine, fused):
    layers = network(affine=affine)
    if fused:
        layers = fuse_conv_bn(layers)
    columns = torch.randn(2, 5, 11, 3)
    rows = run_rows(row_layers(layers), columns.permute(0, 2, 3, 1).reshape(-1, 5))
    expected = layers(columns).permute(0, 2, 3, 1).reshape(-1, 6)
    torch.testing.assert_close(rows, expected)


def test_what_is_more_than_rows_is_left_to_the_layers():
    assert row_layers(network().train()) is None
    assert row_layers(network(track_running_stats=False)) is None
    assert row_layers(network('GN', num_groups=1)) is None
    assert row_layers(nn.Sequential(nn.Conv2d(5, 6, 1))) is None


def test_who_waits_for_a_layer_sees_it_run():
    module, calls = abstraction(), []
    expected = module(*cloud())[1]
    hook = module.mlps[0].layer1.conv.register_forward_hook(lambda *args: calls.append(1))
    found = module(*cloud())[1]
    assert calls == [1]
    torch.testing.assert_close(found, expected)
    hook.remove()
    module(*cloud())
    assert calls == [1]


def test_gradients_of_evaluation_are_those_of_the_layers():
    module = abstraction().double()
    grads = []
    for hooked in (False, True):
        xyz, features = (each.double() for each in cloud())
        features.requires_grad_()
        module.zero_grad()
        hooks = [
            mlp.layer0.register_forward_hook(lambda *args: None) for mlp in module.mlps if hooked
        ]
        module(xyz, features)[1].square().sum().backward()
        grads.append([features.grad, *(each.grad for each in module.parameters())])
        for hook in hooks:
            hook.remove()
    for ours, expected in zip(*grads, strict=True):
        torch.testing.assert_close(ours, expected)


def test_a_cloud_in_blocks_is_the_cloud_at_once(monkeypatch):
    module = abstraction()
    expected = module(*cloud())[1]
    monkeypatch.setattr('mmdet3d.models.layers.groups._VALUES_AT_ONCE', 8 * 7 * 2)
    torch.testing.assert_close(module(*cloud())[1], expected)
