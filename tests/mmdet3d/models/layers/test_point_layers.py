"""Set abstraction and feature propagation against loops over points."""

import pytest
import torch

from mmdet3d.models.layers import (
    LAYERS,
    PointFPModule,
    PointSAModule,
    PointSAModuleMSG,
    PointwiseLinear,
    RoIPointPool3d,
    build_layer,
    make_pointwise_mlp,
)


def points(count: int, channels: int = 4, batch: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(count)
    xyz = 2 * torch.rand(batch, count, 3, generator=generator)
    return xyz, torch.randn(batch, channels, count, generator=generator)


def furthest(xyz: torch.Tensor, count: int) -> list[int]:
    chosen = [0]
    while len(chosen) < count:
        distance = torch.cdist(xyz, xyz[chosen]).amin(dim=1)
        chosen.append(int(distance.argmax()) if len(chosen) < len(xyz) else 0)
    return chosen


def in_shell(xyz: torch.Tensor, centre: torch.Tensor, low: float, high: float, count: int) -> list:
    distance = (xyz - centre).norm(dim=1)
    inside = (distance == 0) | ((distance >= low) & (distance < high))
    found = inside.nonzero().flatten().tolist()[:count]
    return found + [found[0]] * (count - len(found))


@pytest.mark.parametrize('dilated', [False, True])
@pytest.mark.parametrize('normalize', [False, True])
@pytest.mark.parametrize('pool', ['max', 'avg'])
@pytest.mark.parametrize('use_xyz', [True, False])
def test_set_abstraction_is_what_its_definition_says(dilated, normalize, pool, use_xyz):
    torch.manual_seed(0)
    radii, samples = [0.5, 1.0], [3, 6]
    module = PointSAModuleMSG(
        num_point=5,
        radii=radii,
        sample_nums=samples,
        mlp_channels=[[4, 8], [4, 6, 7]],
        dilated_group=dilated,
        use_xyz=use_xyz,
        normalize_xyz=normalize,
        pool_mod=pool,
    ).eval()
    xyz, features = points(30)
    centres, found, indices = module(xyz, features)
    assert found.shape == (2, module.out_channels, 5) == (2, 15, 5)
    for cloud in range(2):
        assert indices[cloud].tolist() == furthest(xyz[cloud], 5)
        for j, index in enumerate(indices[cloud].tolist()):
            centre = xyz[cloud, index]
            assert torch.equal(centres[cloud, j], centre)
            scales = []
            for i, mlp in enumerate(module.mlps):
                low = radii[i - 1] if dilated and i else 0.0
                group = in_shell(xyz[cloud], centre, low, radii[i], samples[i])
                offsets = (xyz[cloud, group] - centre) / (radii[i] if normalize else 1)
                rows = [offsets] * use_xyz + [features[cloud, :, group].t()]
                each = mlp(torch.cat(rows, dim=1).t()[None, :, None])[0, :, 0]
                scales.append(each.amax(dim=1) if pool == 'max' else each.mean(dim=1))
            torch.testing.assert_close(found[cloud, :, j], torch.cat(scales), rtol=1e-4, atol=1e-5)


def test_one_group_of_all_points_keeps_their_positions():
    torch.manual_seed(0)
    module = PointSAModule(mlp_channels=[4, 8]).eval()
    xyz, features = points(10)
    centres, found, indices = module(xyz, features)
    assert centres is indices is None
    rows = torch.cat([xyz.transpose(1, 2), features], dim=1)
    expected = module.mlps[0](rows[:, :, None]).amax(dim=3)
    torch.testing.assert_close(found, expected)


def test_a_single_scale_is_one_of_several():
    torch.manual_seed(0)
    single = PointSAModule(mlp_channels=[4, 8], num_point=5, radius=0.7, num_sample=6)
    several = PointSAModuleMSG(5, radii=[0.7], sample_nums=[6], mlp_channels=[[4, 8]])
    several.load_state_dict(single.state_dict())
    xyz, features = points(30)
    for one, other in zip(single.eval()(xyz, features), several.eval()(xyz, features)):
        assert torch.equal(one, other)


@pytest.mark.parametrize('count', [1, 3, 8])
def test_fewer_points_than_centres_are_all_centres(count):
    module = PointSAModule(mlp_channels=[4, 8], num_point=8, radius=0.7, num_sample=6)
    xyz, features = points(count)
    centres, found, indices = module.eval()(xyz, features)
    assert centres.shape == (2, 8, 3)
    assert sorted(set(indices[0].tolist())) == list(range(count))
    assert (indices[:, count:] == 0).all()
    assert torch.equal(found[:, :, count:], found[:, :, :1].expand(-1, -1, 8 - count))


def test_duplicates_change_no_maximum():
    module = PointSAModule(mlp_channels=[4, 8], num_point=10, radius=0.7, num_sample=64).eval()
    xyz, features = points(10)
    _, once, chosen = module(xyz, features)
    _, twice, again = module(xyz.repeat(1, 3, 1), features.repeat(1, 1, 3))
    assert torch.equal(chosen, again)
    torch.testing.assert_close(once, twice)


def test_features_are_interpolated_by_inverse_distance():
    torch.manual_seed(0)
    module = PointFPModule([6 + 4, 5]).eval()
    target, own = points(20)
    source, given = points(7, channels=6)
    target[:, 0] = source[:, 3]
    found = module(target, source, own, given)
    for cloud in range(2):
        distance, nearest = torch.cdist(target[cloud], source[cloud]).topk(3, largest=False)
        weights = 1 / (distance + 1e-8)
        weights = weights / weights.sum(dim=1, keepdim=True)
        assert weights[0].amax() > 0.999
        carried = (given[cloud][:, nearest] * weights).sum(dim=2)
        expected = module.mlps(torch.cat([carried, own[cloud]])[None, :, :, None])[0, :, :, 0]
        torch.testing.assert_close(found[cloud], expected, rtol=1e-4, atol=1e-4)


def test_gradients_reach_features_through_every_layer():
    abstraction = PointSAModule(mlp_channels=[4, 8], num_point=5, radius=1.0, num_sample=6)
    propagation = PointFPModule([8 + 4, 5])
    for module in (abstraction, propagation):
        module.double().eval()
    xyz, features = (each.double() for each in points(12, batch=1))
    features.requires_grad_()

    def network(features):
        centres, coarse, _ = abstraction(xyz, features)
        return propagation(xyz, centres, features, coarse)

    assert torch.autograd.gradcheck(network, (features,))


@pytest.mark.parametrize('bias', [True, False])
def test_a_pointwise_linear_layer_is_a_linear_layer(bias):
    layer = PointwiseLinear(4, 5, bias=bias)
    features = torch.randn(2, 4, 7)
    expected = torch.nn.functional.linear(features.transpose(1, 2), layer.weight, layer.bias)
    torch.testing.assert_close(layer(features), expected.transpose(1, 2))
    assert layer(features).is_contiguous()


def test_a_pointwise_network_takes_one_or_two_trailing_axes(recwarn):
    narrow = make_pointwise_mlp([4, 5, 6], {'type': 'BN1d'}, bias=True)
    assert narrow(torch.randn(2, 4, 7)).shape == (2, 6, 7)
    assert narrow.layer0.conv.bias is not None
    wide = make_pointwise_mlp([4, 5], {'type': 'BN2d'})
    assert wide(torch.randn(2, 4, 7, 3)).shape == (2, 5, 7, 3)
    assert wide.layer0.conv.bias is None
    assert not recwarn.list


def test_layers_are_built_by_name():
    layer = build_layer({'type': 'RoIPointPool3d', 'num_sampled_points': 7})
    assert layer.num_sampled_points == 7
    assert set(LAYERS.module_dict) == {'PointSAModule', 'PointSAModuleMSG', 'RoIPointPool3d'}
    with pytest.raises(ValueError, match='has to be positive, got 0'):
        RoIPointPool3d(num_sampled_points=0)
