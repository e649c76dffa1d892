"""Gathering features by point and by group against plain indexing, with their gradients."""

import pytest
import torch

from mmdet3d.ops import gather_points, group_points


def random_features(shape=(2, 5, 7), dtype=torch.float32) -> torch.Tensor:
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(0))


def random_indices(shape: tuple, limit: int) -> torch.Tensor:
    return torch.randint(0, limit, shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize('dtype', [torch.int32, torch.int64])
def test_points_and_groups_get_the_features_of_their_own_cloud(dtype):
    features, indices = random_features(), random_indices((2, 4, 3), 7).to(dtype)
    groups, points = group_points(features, indices), gather_points(features, indices[..., 0])
    assert groups.shape == (2, 5, 4, 3)
    assert points.shape == (2, 5, 4)
    for cloud in range(2):
        for i in range(4):
            first = indices[cloud, i, 0].item()
            assert torch.equal(points[cloud, :, i], features[cloud, :, first])
            for j in range(3):
                taken = indices[cloud, i, j].item()
                assert torch.equal(groups[cloud, :, i, j], features[cloud, :, taken])


def test_gradients_are_those_of_the_definition():
    features = random_features(dtype=torch.float64).requires_grad_()
    indices = random_indices((2, 4, 3), 7)
    assert torch.autograd.gradcheck(lambda x: group_points(x, indices), features)
    assert torch.autograd.gradcheck(lambda x: gather_points(x, indices[..., 1]), features)


def test_a_point_taken_often_collects_all_its_gradients():
    features = torch.zeros(1, 1, 3, requires_grad=True)
    group_points(features, torch.tensor([[[0, 0, 2], [2, 2, 0]]])).sum().backward()
    assert features.grad.tolist() == [[[3, 0, 3]]]


@pytest.mark.parametrize('dtype', [torch.float16, torch.float32, torch.float64])
def test_the_result_has_the_dtype_of_the_features(dtype):
    features = random_features(dtype=dtype).transpose(1, 2)
    indices = random_indices((2, 4, 3), 5)
    assert group_points(features, indices).dtype == dtype
    assert torch.equal(group_points(features, indices), group_points(features.clone(), indices))


@pytest.mark.parametrize(
    ('features', 'indices'),
    [
        ((0, 5, 7), (0, 4, 3)),
        ((2, 0, 7), (2, 4, 3)),
        ((2, 5, 0), (2, 0, 3)),
        ((2, 5, 7), (2, 4, 0)),
    ],
)
def test_empty_inputs_give_empty_results(features, indices):
    features, indices = torch.zeros(features, requires_grad=True), torch.zeros(indices).long()
    groups = group_points(features, indices)
    assert groups.shape == (*features.shape[:2], *indices.shape[1:])
    groups.sum().backward()
    assert not features.grad.any()
    points = gather_points(features, indices[:, :, :1].flatten(1))
    assert points.shape[:2] == features.shape[:2]


@pytest.mark.parametrize('index', [-1, 7])
def test_an_index_out_of_bounds_is_an_error(index):
    indices = torch.full((2, 4, 3), index)
    with pytest.raises(RuntimeError, match=f'index {index} is out of bounds'):
        group_points(random_features(), indices)


def test_arguments_of_another_kind_are_refused():
    features, indices = random_features(), random_indices((2, 4, 3), 7)
    with pytest.raises(ValueError, match=r'indices must have shape \(2, M, S\), got \(2, 4\)'):
        group_points(features, indices[..., 0])
    with pytest.raises(ValueError, match=r'indices must have shape \(2, M\), got \(2, 4, 3\)'):
        gather_points(features, indices)
    with pytest.raises(ValueError, match='indices on meta and others on cpu'):
        group_points(features, indices.to('meta'))
    for operator, fitting in ((group_points, indices), (gather_points, indices[..., 0])):
        with pytest.raises(ValueError, match=r'features must have shape \(B, C, N\), got \(5, 7\)'):
            operator(features[0], fitting)
        with pytest.raises(TypeError, match=r'indices must be an int32 or int64 .* torch.float32'):
            operator(features, fitting.float())
        with pytest.raises(TypeError, match=r'indices must be an int32 or int64 .* got list'):
            operator(features, fitting.tolist())
        with pytest.raises(TypeError, match='features must be a floating-point'):
            operator(features.long(), fitting)


@pytest.mark.gpu
def test_the_gpu_gives_the_features_and_gradients_of_the_cpu():
    indices, here = random_indices((2, 400, 3), 700), random_features((2, 50, 700))
    there = here.to('cuda').requires_grad_()
    here = here.requires_grad_()
    have, want = group_points(there, indices.to('cuda')), group_points(here, indices)
    assert torch.equal(have.cpu(), want)
    have.square().sum().backward()
    want.square().sum().backward()
    torch.testing.assert_close(there.grad.cpu(), here.grad)
