"""Voxelisation against a dictionary-based one, and across backends.

models/test_voxelnet_parity.py compares the voxels of real frames with the reference figures.
"""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support.cropping import crop

from mmdet3d.on_cpu import voxelize as voxelize_cpu
from mmdet3d.ops import Voxelization, voxelization
from mmdet3d.ops.on_device import voxelize as voxelize_torch

PILLARS = dict(voxel_size=[0.16, 0.16, 4], point_cloud_range=[0, -39.68, -3, 69.12, 39.68, 1])
SECOND = dict(voxel_size=[0.05, 0.05, 0.1], point_cloud_range=[0, -40, -3, 70.4, 40, 1])
SMALL_SIZE, SMALL_RANGE = [0.5, 0.25, 1.0], [0.0, -1.0, -1.0, 2.0, 1.0, 1.0]


def read_frame(kitti_sample: Path, index: str, bounds: list[float]) -> torch.Tensor:
    path = kitti_sample / 'training' / 'velodyne' / f'{index}.bin'
    points = np.fromfile(path, dtype=np.float32).reshape(-1, 4)
    return torch.from_numpy(crop(points, bounds))


def by_dictionary(points, voxel_size, bounds, max_points, max_voxels):
    """The definition, one point after the other, in float32."""
    low, size = np.float32(bounds[:3]), np.float32(voxel_size)
    grid = np.round(np.subtract(bounds[3:], bounds[:3]) / np.asarray(voxel_size))
    voxels = {}
    for point in points.numpy():
        cell = np.floor((point[:3] - low) / size)
        if not ((cell >= 0) & (cell < grid)).all():
            continue
        key = tuple(int(c) for c in cell[::-1])
        if key not in voxels and len(voxels) == max_voxels:
            continue
        held = voxels.setdefault(key, [])
        if len(held) < max_points:
            held.append(point)
    filled = np.zeros((len(voxels), max_points, points.shape[1]), dtype=np.float32)
    for row, held in zip(filled, voxels.values()):
        row[: len(held)] = held
    coors = np.array(list(voxels), dtype=np.int32).reshape(-1, 3)
    counts = np.array([len(held) for held in voxels.values()], dtype=np.int32)
    return filled, coors, counts


def assign_in_torch(points, voxel_size, bounds, grid, max_points, max_voxels):
    """The path of other devices, on whatever device the points are."""
    return voxelize_torch.assign_points(
        points[:, :3],
        points.new_tensor(bounds[:3]),
        points.new_tensor(voxel_size),
        torch.tensor(grid, device=points.device),
        max_points,
        max_voxels,
    )


def assign_in_numba(points, voxel_size, bounds, grid, max_points, max_voxels):
    found = voxelize_cpu.assign_points(
        np.ascontiguousarray(points[:, :3].numpy()),
        np.array(bounds[:3], dtype=np.float32),
        np.array(voxel_size, dtype=np.float32),
        np.array(grid),
        max_points,
        max_voxels,
    )
    return tuple(torch.from_numpy(array) for array in found)


def random_points(seed: int, count: int) -> torch.Tensor:
    """Points in and around the small range, many of them on the borders of voxels."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(-1.3, 2.3, (count, 4))
    on_border = rng.random((count, 3)) < 0.3
    points[:, :3] = np.where(on_border, np.round(points[:, :3] * 4) / 4, points[:, :3])
    return torch.from_numpy(points.astype(np.float32))


@given(
    seed=st.integers(0, 2**31),
    count=st.integers(0, 120),
    max_points=st.integers(1, 4),
    max_voxels=st.integers(1, 70),
)
@settings(max_examples=150, deadline=None)
def test_both_backends_follow_the_definition(seed, count, max_points, max_voxels):
    points = random_points(seed, count)
    limits = (max_points, max_voxels)
    expected = by_dictionary(points, SMALL_SIZE, SMALL_RANGE, *limits)

    found = voxelization(points, SMALL_SIZE, SMALL_RANGE, *limits)
    for have, want in zip(found, expected):
        np.testing.assert_array_equal(have.numpy(), want)

    arguments = (points, SMALL_SIZE, SMALL_RANGE, [4, 8, 2], *limits)
    for have, want in zip(assign_in_torch(*arguments), assign_in_numba(*arguments)):
        assert have.dtype == want.dtype
        assert torch.equal(have, want)


@pytest.mark.parametrize('limits', [(32, 40000), (2, 500)])
def test_both_backends_agree_on_a_frame(kitti_sample, limits):
    points = read_frame(kitti_sample, '000134', PILLARS['point_cloud_range'])
    arguments = (points, *PILLARS.values(), [432, 496, 1], *limits)
    for have, want in zip(assign_in_torch(*arguments), assign_in_numba(*arguments)):
        assert torch.equal(have, want)


def test_cells_are_computed_in_single_precision():
    size, bounds = [0.1, 1.0, 1.0], [0.0, 0.0, 0.0, 100.0, 1.0, 1.0]
    x = np.arange(1000, dtype=np.float32) * np.float32(0.1)
    in_single = np.floor(x / np.float32(0.1)).astype(int)
    in_double = np.floor(x.astype(np.float64) / 0.1).astype(int)
    assert (in_single != in_double).any(), 'the two precisions have to differ for this test'

    points = torch.from_numpy(np.stack([x, x * 0 + 0.5, x * 0 + 0.5], axis=1))
    _, coors, _ = voxelization(points, size, bounds, 50, 1000)
    assert set(coors[:, 2].tolist()) == set(in_single[in_single < 1000].tolist())


def test_points_of_open_voxels_are_kept_once_the_limit_is_reached():
    points = torch.tensor([[0.1, 0.1, 0, 1], [0.9, 0.1, 0, 2], [0.2, 0.1, 0, 3]])
    voxels, coors, counts = voxelization(points, SMALL_SIZE, SMALL_RANGE, 5, max_voxels=1)
    assert voxels[0, :, 3].tolist() == [1, 3, 0, 0, 0]
    assert coors.tolist() == [[1, 4, 0]]
    assert counts.tolist() == [2]


def test_points_that_are_not_finite_are_dropped():
    points = torch.tensor([[0.1, 0.1, 0.1]]).repeat(5, 1)
    points[0, 0], points[1, 1], points[2, 2] = float('nan'), float('inf'), -float('inf')
    points[3] = 3e38
    expected = ([[1, 4, 0]], [1])
    _, coors, counts = voxelization(points, SMALL_SIZE, SMALL_RANGE)
    assert (coors.tolist(), counts.tolist()) == expected
    _, coors, counts = assign_in_torch(points, SMALL_SIZE, SMALL_RANGE, [4, 8, 2], 35, 20000)
    assert (coors.tolist(), counts.tolist()) == expected


@pytest.mark.parametrize('points', [torch.zeros(0, 5), torch.full((7, 5), 99.0)])
def test_a_cloud_without_points_in_range_gives_empty_outputs(points):
    voxels, coors, counts = voxelization(points, SMALL_SIZE, SMALL_RANGE, 6)
    assert voxels.shape == (0, 6, 5)
    assert coors.shape == (0, 3) and coors.dtype == torch.int32
    assert counts.shape == (0,) and counts.dtype == torch.int32


@pytest.mark.parametrize('dtype', [torch.float16, torch.float32, torch.float64])
def test_voxels_have_the_dtype_and_need_no_gradient_of_the_points(dtype):
    points = random_points(0, 50)[:, :3].to(dtype, copy=True).requires_grad_()
    voxels, _, counts = voxelization(points, SMALL_SIZE, SMALL_RANGE, 8)
    assert voxels.dtype == dtype
    assert not voxels.requires_grad
    assert 0 < int(counts.sum()) <= 50


def test_training_and_testing_have_their_own_number_of_voxels():
    layer = Voxelization(SMALL_SIZE, SMALL_RANGE, max_num_points=3, max_voxels=(2, 5))
    points = random_points(1, 200)
    assert len(layer.train()(points)[0]) == 2
    assert len(layer.eval()(points)[0]) == 5


def test_one_number_of_voxels_serves_training_and_testing():
    layer = Voxelization(SMALL_SIZE, SMALL_RANGE, max_num_points=3, max_voxels=4)
    points = random_points(1, 200)
    assert len(layer.train()(points)[0]) == len(layer.eval()(points)[0]) == 4


def test_the_layer_publishes_its_grid_and_has_no_state():
    layer = Voxelization(**SECOND, max_num_points=5)
    assert layer.grid_size.tolist() == [1408, 1600, 40]
    assert layer.pcd_shape == [1, 1600, 1408]
    assert not layer.state_dict()
    assert 'max_num_points=5' in repr(layer)


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        (dict(max_num_points=-1), 'max_num_points must be at least 1, got -1'),
        (dict(max_voxels=0), 'max_voxels must be at least 1, got 0'),
        (dict(max_voxels=(4, -1)), 'max_voxels must be at least 1, got -1'),
        (dict(max_voxels=(4, 5, 6)), r'\(train, test\) pair'),
        (dict(voxel_size=[0.3, 0.25, 1]), r'voxel_size \[0.3, 0.25, 1\] and point_cloud_range'),
        (dict(voxel_size=[0.5, 0.25]), 'expected 3 sizes'),
        (dict(voxel_size=[0.5, 0.25, 0]), 'must be positive'),
        (dict(voxel_size=[4000, 0.25, 1]), 'whole number of voxels'),
        (dict(point_cloud_range=[2, -1, -1, 0, 1, 1]), 'above lower ones'),
        (dict(point_cloud_range=[0, -1, -1, float('nan'), 1, 1]), 'above lower ones'),
    ],
)
def test_settings_that_cannot_work_are_refused_at_construction(changes, message):
    settings = dict(voxel_size=SMALL_SIZE, point_cloud_range=SMALL_RANGE, max_num_points=3)
    with pytest.raises(ValueError, match=message):
        Voxelization(**{**settings, **changes})


@pytest.mark.parametrize('shape', [(5,), (5, 2), (1, 5, 4)])
def test_points_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r'points must have shape \(N, C\)'):
        voxelization(torch.zeros(shape), SMALL_SIZE, SMALL_RANGE)


def test_points_that_are_not_floats_are_refused():
    with pytest.raises(TypeError, match=r'points must be a floating-point .* got torch.int64'):
        voxelization(torch.zeros(5, 3, dtype=torch.long), SMALL_SIZE, SMALL_RANGE)


@pytest.mark.gpu
@pytest.mark.parametrize('setting', [PILLARS, SECOND])
def test_the_gpu_gives_the_voxels_of_the_cpu(kitti_sample, setting):
    points = read_frame(kitti_sample, '000134', setting['point_cloud_range'])
    layer = Voxelization(**setting, max_num_points=5, max_voxels=3000)
    for have, want in zip(layer(points.to('cuda')), layer(points)):
        assert have.is_cuda and have.dtype == want.dtype
        assert torch.equal(have.cpu(), want)


@pytest.mark.parametrize('cells_per_point', [0, 10**9])
@pytest.mark.parametrize('dtype', [torch.float16, torch.float32, torch.float64])
def test_either_table_of_cells_gives_the_same_voxels(monkeypatch, cells_per_point, dtype):
    torch.manual_seed(0)
    points = (4 * torch.rand(300, 4) - 1).to(dtype)
    points[7, 1], points[8, 2] = torch.nan, torch.inf
    monkeypatch.setattr(voxelize_cpu, '_CELLS_PER_POINT', cells_per_point)
    found = voxelization(points, SMALL_SIZE, SMALL_RANGE, 3, 20)
    expected = by_dictionary(points.float(), SMALL_SIZE, SMALL_RANGE, 3, 20)
    assert found[0].dtype == dtype
    for ours, theirs in zip(found, expected):
        np.testing.assert_array_equal(ours.float(), theirs)
