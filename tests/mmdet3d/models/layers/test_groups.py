"""Groups of points as rows: with all their members, and without those that are repeated."""

import pytest
import torch

from mmdet3d.models.layers.groups import Groups, _Block


@pytest.mark.parametrize('mode', ['max', 'avg'])
def test_members_that_fill_a_group_up_share_a_row(mode):
    torch.manual_seed(0)
    points = torch.tensor([[4, 4, 4, 4], [0, 3, 0, 0], [5, 1, 2, 5], [9, 8, 7, 6]])
    centres, features = torch.rand(4, 3), torch.randn(10, 5)
    every, distinct = _Block.of_all(points, centres), _Block.of_distinct(points, centres)
    assert len(every.points) == 16
    assert distinct.points.tolist() == [4, 0, 3, 5, 1, 2, 9, 8, 7, 6]
    for block in (every, distinct):
        rows = torch.cat([features[block.points], block.centres], dim=1)
        expected = torch.cat([features[points], centres[:, None].expand(4, 4, 3)], dim=2)
        expected = expected.amax(dim=1) if mode == 'max' else expected.mean(dim=1)
        torch.testing.assert_close(block.pool(rows, mode), expected)


@pytest.mark.parametrize('unit', [None, 0.5])
def test_rows_are_seen_from_their_centres_as_groups_are(unit):
    torch.manual_seed(0)
    points, centres = torch.rand(2, 6, 3), torch.rand(2, 2, 3)
    groups = Groups(points, centres, torch.randint(6, (2, 2, 4)), unit)
    (block,) = groups.blocks(width=1)
    offsets = groups.seen_from_centres(block)[block.places]
    expected = groups.offsets().permute(0, 2, 3, 1).flatten(0, 1)
    torch.testing.assert_close(offsets, expected)
