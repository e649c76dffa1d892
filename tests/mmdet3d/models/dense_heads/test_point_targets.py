"""Which object each point lies on."""

import math

import numpy as np
import pytest
import torch

from mmdet3d.core.bbox import LiDARInstance3DBoxes, PointXYZWHLRBBoxCoder
from mmdet3d.models.dense_heads.point_targets import PointTargets, assign_points
from mmdet3d.models.object_weights import read_truth

CODER = PointXYZWHLRBBoxCoder(mean_size=[[3.9, 1.6, 1.56], [0.8, 0.6, 1.73]])
BOXES = [[10.0, 0, -1, 4, 2, 2, 0.5], [10.5, 0, -1, 4, 2, 2, 0.5], [20, 5, -1, 1, 1, 2, 0]]
LABELS = [0, 1, -1]


def inside(box: list[float], point: torch.Tensor, margin: float) -> bool:
    dx, dy, dz = (point - torch.tensor(box[:3])).tolist()
    cos, sin = math.cos(box[6]), math.sin(box[6])
    along, across = cos * dx + sin * dy, cos * dy - sin * dx
    half = [size / 2 + margin for size in box[3:6]]
    return abs(along) < half[0] and abs(across) < half[1] and abs(dz - box[5] / 2) <= half[2]


def assign(points: torch.Tensor, boxes=BOXES, labels=LABELS, weights=None) -> PointTargets:
    boxes = LiDARInstance3DBoxes(torch.tensor(boxes).reshape(-1, 7))
    metas = [{} if weights is None else {'gt_weights_3d': np.float32(weights)}]
    (truth,) = read_truth([boxes], [torch.tensor(labels).long()], metas)
    return assign_points(points, truth, CODER.encode, 3, margin=0.2)


def test_points_get_the_class_of_the_first_box_around_them_or_none():
    generator = torch.Generator().manual_seed(0)
    points = torch.tensor([7.0, -3, -2]) + torch.tensor([15.0, 9, 4]) * torch.rand(
        2000, 3, generator=generator
    )
    targets = assign(points)
    owners = []
    for i, point in enumerate(points):
        owner = next((j for j in (0, 1) if inside(BOXES[j], point, 0)), None)
        close = any(inside(BOXES[j], point, 0.2) for j in (0, 1))
        assert targets.positive[i] == (owner is not None)
        assert targets.labels[i] == (3 if owner is None else LABELS[owner])
        assert targets.label_weights[i] == (owner is not None or not close)
        owners += [] if owner is None else [owner]
    assert set(owners) == {0, 1}
    rows = torch.tensor(BOXES)[owners]
    rows[:, 2] += rows[:, 5] / 2
    kept = points[targets.positive]
    decoded = CODER.decode(targets.codes, kept, targets.labels[targets.positive])
    torch.testing.assert_close(decoded, rows, rtol=1e-4, atol=1e-4)


def test_without_objects_every_point_is_background():
    targets = assign(torch.rand(5, 3), boxes=[], labels=[])
    assert targets.labels.tolist() == [3] * 5
    assert targets.label_weights.tolist() == [1] * 5
    assert not targets.positive.any()
    assert targets.codes.shape == (0, 8)


def test_the_targets_of_a_batch_are_stacked_and_their_codes_listed():
    points = torch.tensor([[10.0, 0, 0], [50, 0, 0]])
    stacked = PointTargets.stack([assign(points), assign(points.flip(0))])
    assert stacked.positive.tolist() == [[True, False], [False, True]]
    assert stacked.labels.tolist() == [[0, 3], [3, 0]]
    assert stacked.codes.shape == (2, 8)


@pytest.mark.parametrize('labels', [[0, 1, 2], [0, -1, -1]])
def test_points_weigh_as_their_object_and_nothing_in_or_at_an_ignored_region(labels):
    """The second box, which the first overlaps, is ignored, and so is the third."""
    generator = torch.Generator().manual_seed(0)
    points = torch.tensor([7.0, -3, -2]) + torch.tensor([15.0, 10, 4]) * torch.rand(
        4000, 3, generator=generator
    )
    targets = assign(points, labels=labels, weights=[0.25, 0, 0])
    seen = set()
    for i, point in enumerate(points):
        on_object = inside(BOXES[0], point, 0)
        close = any(inside(box, point, 0.2) for box in BOXES)
        expected = 0.25 if on_object else float(not close)
        assert targets.positive[i] == on_object
        assert targets.labels[i] == (0 if on_object else 3)
        assert targets.label_weights[i] == expected
        seen.add((on_object, inside(BOXES[1], point, 0), inside(BOXES[2], point, 0)))
    assert {(True, True, False), (False, True, False), (False, False, True)} <= seen
    assert targets.weights.tolist() == [0.25] * int(targets.positive.sum())
