"""Proposals of few points are computed from those alone."""

import pytest
import torch

from mmdet3d.models.builder import build_head
from mmdet3d.models.roi_heads.bbox_heads.repeated_points import lengths

SLOTS = 24


def proposals(*counts: int) -> torch.Tensor:
    """Return the points of proposals that hold so many, (R, SLOTS, 5 + 4); zeros for none."""
    generator = torch.Generator().manual_seed(0)
    rows = torch.rand(len(counts), SLOTS, 9, generator=generator)
    slot = torch.arange(SLOTS)
    for roi, count in enumerate(counts):
        rows[roi] = rows[roi, slot % count] if count else 0
    return rows


@pytest.fixture(scope='module')
def head():
    torch.manual_seed(0)
    widths = dict(in_channels=8, cls_conv_channels=(4,), reg_conv_channels=(4,))
    built = build_head(
        dict(
            type='PointRCNNBboxHead',
            num_classes=1,
            in_channels=5,
            mlp_channels=[4, 4],
            pred_layer_cfg=widths,
            num_points=(8, 4, -1),
            radius=(0.4, 0.6, 100),
            num_samples=(6, 6, 6),
            sa_channels=((4, 4), (4, 4), (4, 8)),
        )
    )
    return built.eval()


def test_lengths_are_powers_of_two_that_hold_every_point():
    counts = [0, 1, 2, 3, 4, 5, 9, 17, SLOTS]
    assert lengths(proposals(*counts)).tolist() == [1, 1, 2, 4, 4, 8, 16, SLOTS, SLOTS]


def test_a_point_at_the_place_of_the_first_is_no_repetition():
    rows = proposals(SLOTS, SLOTS, 6)
    rows[0, 3, :3] = rows[0, 0, :3]
    rows[1, 3] = rows[1, 0]
    rows[2, 7] += 1
    assert lengths(rows).tolist() == [SLOTS] * 3


def test_proposals_of_few_points_are_as_if_all_repetitions_were_computed(head):
    rows = proposals(3, 0, SLOTS, 1, 7, 0, 20, 8, 5, 2, 0)
    with torch.no_grad():
        found = head(rows)
        expected = head._forward_chunk(rows)
    for ours, whole in zip(found, expected):
        torch.testing.assert_close(ours, whole)
    empty = found[0][[1, 5, 10]]
    assert len(empty.unique()) == 1


def test_a_mean_over_groups_sees_every_repetition(head, monkeypatch):
    for module in head.SA_modules:
        monkeypatch.setattr(module, 'pool_mod', 'avg')
    rows = proposals(3, SLOTS, 7)
    with torch.no_grad():
        for ours, whole in zip(head(rows), head._forward_chunk(rows)):
            torch.testing.assert_close(ours, whole)


def test_no_proposals_give_nothing(head):
    scores, residuals = head(proposals())
    assert scores.shape == (0,) and residuals.shape == (0, head.bbox_coder.code_size)
