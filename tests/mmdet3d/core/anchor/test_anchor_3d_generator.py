"""Anchors at positions computed by hand."""

import pytest
import torch

from mmdet3d.core.anchor import (
    AlignedAnchor3DRangeGenerator,
    Anchor3DRangeGenerator,
    build_prior_generator,
)

RANGE = [0.0, -4.0, -1.78, 12.0, 4.0, -1.78]
CAR = [3.9, 1.6, 1.56]
WALKER = [0.8, 0.6, 1.73]


def test_outermost_anchors_lie_on_the_borders():
    generator = Anchor3DRangeGenerator([RANGE], [CAR], rotations=[0.0, 1.57], reshape_out=False)
    anchors = generator.grid_anchors([(3, 4)])[0]
    assert anchors.shape == (1, 3, 4, 1, 2, 7)
    torch.testing.assert_close(anchors[0, 0, :, 0, 0, 0], torch.tensor([0.0, 4, 8, 12]))
    torch.testing.assert_close(anchors[0, :, 0, 0, 0, 1], torch.tensor([-4.0, 0, 4]))
    assert torch.equal(anchors[..., 2], torch.full((1, 3, 4, 1, 2), -1.78))
    torch.testing.assert_close(anchors[0, 1, 2, 0, 1], torch.tensor([8.0, 0, -1.78, *CAR, 1.57]))


def test_aligned_anchors_lie_in_the_middle_of_the_cells():
    generator = AlignedAnchor3DRangeGenerator(ranges=[RANGE], sizes=[CAR], reshape_out=False)
    anchors = generator.grid_anchors([(4, 3)])[0]
    torch.testing.assert_close(anchors[0, 0, :, 0, 0, 0], torch.tensor([2.0, 6, 10]))
    torch.testing.assert_close(anchors[0, :, 0, 0, 0, 1], torch.tensor([-3.0, -1, 1, 3]))
    assert torch.equal(anchors[..., 2], torch.full((1, 4, 3, 1, 2), -1.78))


def test_aligned_to_corners_starts_at_the_border():
    generator = AlignedAnchor3DRangeGenerator(align_corner=True, ranges=[RANGE], reshape_out=False)
    anchors = generator.grid_anchors([(4, 3)])[0]
    torch.testing.assert_close(anchors[0, 0, :, 0, 0, 0], torch.tensor([0.0, 4, 8]))
    torch.testing.assert_close(anchors[0, :, 0, 0, 0, 1], torch.tensor([-4.0, -2, 0, 2]))


def test_three_dimensional_grids_spread_along_z():
    space = [0.0, 0.0, -2.0, 4.0, 4.0, 2.0]
    plain = Anchor3DRangeGenerator([space], reshape_out=False).grid_anchors([(3, 1, 1)])[0]
    torch.testing.assert_close(plain[:, 0, 0, 0, 0, 2], torch.tensor([-2.0, 0, 2]))
    aligned = AlignedAnchor3DRangeGenerator(ranges=[space], reshape_out=False)
    aligned = aligned.grid_anchors([(2, 1, 1)])[0]
    torch.testing.assert_close(aligned[:, 0, 0, 0, 0, 2], torch.tensor([-1.0, 1]))


def test_each_size_has_its_range():
    low = [*RANGE[:2], -0.6, *RANGE[3:5], -0.6]
    generator = Anchor3DRangeGenerator([low, RANGE], [WALKER, CAR], reshape_out=False)
    anchors = generator.grid_anchors([(2, 2)])[0]
    assert anchors.shape == (1, 2, 2, 2, 2, 7) and generator.num_base_anchors == 4
    for index, (size, z) in enumerate([(WALKER, -0.6), (CAR, -1.78)]):
        group = anchors[:, :, :, index]
        expected = torch.tensor([z, *size]).expand(1, 2, 2, 2, 4)
        torch.testing.assert_close(group[..., 2:6], expected)


def test_one_range_serves_all_sizes():
    shared = Anchor3DRangeGenerator([RANGE], [WALKER, CAR], size_per_range=False)
    paired = Anchor3DRangeGenerator([RANGE], [WALKER, CAR])
    anchors = shared.grid_anchors([(2, 3)])[0]
    assert anchors.shape == (2 * 3 * 2 * 2, 7)
    torch.testing.assert_close(anchors, paired.grid_anchors([(2, 3)])[0])


def test_flat_anchors_run_over_x_then_y():
    """Row, column, size, rotation: the order in which a head's output is flattened."""
    generator = AlignedAnchor3DRangeGenerator(ranges=[RANGE], sizes=[WALKER, CAR])
    flat = generator.grid_anchors([(4, 3)])[0]
    row, column, size, rotation = 2, 1, 1, 1
    anchor = flat[((row * 3 + column) * 2 + size) * 2 + rotation]
    torch.testing.assert_close(anchor, torch.tensor([6.0, 1, -1.78, *CAR, 1.5707963]))


def test_levels_scale_the_sizes_and_carry_custom_values():
    config = dict(
        type='AlignedAnchor3DRangeGenerator',
        ranges=[[-50, -50, -1.8, 50, 50, -1.8]],
        scales=[1, 2, 4],
        sizes=[[2.5981, 0.866, 1.0], [0.4, 0.4, 1]],
        custom_values=[0, 0.5],
        rotations=[0, 1.57],
        reshape_out=True,
    )
    generator = build_prior_generator(config)
    levels = generator.grid_anchors([(8, 8), (4, 4), (2, 2)], device='cpu')
    assert generator.num_levels == 3
    assert [level.shape for level in levels] == [(256, 9), (64, 9), (16, 9)]
    for scale, level in zip([1, 2, 4], levels):
        torch.testing.assert_close(level[2, 3:6], torch.tensor([0.4, 0.4, 1.0]) * scale)
        assert torch.equal(level[:, 7:], torch.tensor([0, 0.5]).expand(len(level), 2))


def test_kitti_grid_has_a_known_number_of_anchors():
    generator = AlignedAnchor3DRangeGenerator(
        ranges=[[0, -39.68, -0.6, 69.12, 39.68, -0.6]] * 2
        + [[0, -39.68, -1.78, 69.12, 39.68, -1.78]],
        sizes=[WALKER, [1.76, 0.6, 1.73], CAR],
        rotations=[0, 1.57],
        reshape_out=False,
    )
    anchors = generator.grid_anchors([(248, 216)])[0]
    assert anchors.shape == (1, 248, 216, 3, 2, 7)
    first, last = anchors[0, 0, 0, 0, 0], anchors[0, -1, -1, 2, 1]
    torch.testing.assert_close(first, torch.tensor([0.16, -39.52, -0.6, *WALKER, 0]))
    torch.testing.assert_close(last, torch.tensor([68.96, 39.52, -1.78, *CAR, 1.57]))


@pytest.mark.parametrize(
    'options, message',
    [
        (dict(ranges=[RANGE[:5]]), 'ranges must be a list of lists of 6'),
        (dict(ranges=RANGE), 'ranges must be'),
        (dict(ranges=[]), 'ranges must be'),
        (dict(ranges=[RANGE], sizes=[[1, 2]]), 'sizes must be a list of lists of 3'),
        (dict(ranges=[RANGE] * 3, sizes=[CAR, CAR]), r'2 sizes go with \[1, 2\] ranges.*got 3'),
        (dict(ranges=[RANGE] * 2, sizes=[CAR] * 2, size_per_range=False), r'\[1\] ranges'),
        (dict(ranges=[RANGE], scales=[]), 'must not be empty'),
        (dict(ranges=[RANGE], rotations=[]), 'must not be empty'),
    ],
)
def test_bad_configs_fail_at_construction(options, message):
    with pytest.raises(ValueError, match=message):
        Anchor3DRangeGenerator(**options)


def test_levels_have_to_match():
    with pytest.raises(ValueError, match='1 scales need as many feature maps, got 2'):
        Anchor3DRangeGenerator([RANGE]).grid_anchors([(2, 2), (1, 1)])


@pytest.mark.gpu
def test_anchors_on_the_gpu_agree_with_the_cpu():
    generator = AlignedAnchor3DRangeGenerator(ranges=[RANGE], sizes=[WALKER, CAR])
    on_gpu = generator.grid_anchors([(40, 30)], device='cuda')[0]
    assert on_gpu.device.type == 'cuda'
    torch.testing.assert_close(on_gpu.cpu(), generator.grid_anchors([(40, 30)])[0])
