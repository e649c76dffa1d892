"""Overlaps of boxes against exact polygons, and membership of points against plain geometry."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mmdet.core.bbox.iou_calculators import build_iou_calculator
from shapely.geometry import Polygon

from mmdet3d.core.bbox import (
    BboxOverlapsNearest3D,
    Box3DMode,
    CameraInstance3DBoxes,
    LiDARInstance3DBoxes,
    bbox_overlaps_3d,
    bbox_overlaps_nearest_3d,
    build_assigner,
)


def random_rows(seed, count=6):
    rng = np.random.default_rng(seed)
    rows = rng.uniform(-1.5, 1.5, (count, 7))
    rows[:, 3:6] = rng.uniform(0.5, 4, (count, 3))
    rows[:, 6] = rng.uniform(-6, 6, count)
    return rows


def exact_overlaps(first, second, mode):
    """Volumes from the footprints of the corners, which do not depend on the operators."""

    def solid(corners, up_axis):
        plane = [axis for axis in range(3) if axis != up_axis]
        footprint = Polygon(corners[[0, 3, 7, 4] if up_axis == 2 else [0, 1, 5, 4]][:, plane])
        return footprint, corners[:, up_axis].min(), corners[:, up_axis].max()

    result = np.zeros((len(first), len(second)))
    for i, a in enumerate(first.corners.double().numpy()):
        for j, b in enumerate(second.corners.double().numpy()):
            (pa, la, ha), (pb, lb, hb) = solid(a, first.YAW_AXIS), solid(b, first.YAW_AXIS)
            shared = pa.intersection(pb).area * max(0, min(ha, hb) - max(la, lb))
            va, vb = pa.area * (ha - la), pb.area * (hb - lb)
            result[i, j] = shared / (va if mode == 'iof' else va + vb - shared)
    return result


@pytest.mark.parametrize('cls', [LiDARInstance3DBoxes, CameraInstance3DBoxes])
@pytest.mark.parametrize('mode', ['iou', 'iof'])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_overlaps_match_exact_polygons(cls, mode, seed):
    first, second = cls(random_rows(seed)), cls(random_rows(seed + 1, 4))
    overlaps = cls.overlaps(first, second, mode)
    np.testing.assert_allclose(overlaps.numpy(), exact_overlaps(first, second, mode), atol=1e-4)


@pytest.mark.parametrize('cls', [LiDARInstance3DBoxes, CameraInstance3DBoxes])
def test_a_box_overlaps_itself_fully(cls):
    boxes = cls(random_rows(0, 50))
    diagonal = cls.overlaps(boxes, boxes).diagonal()
    torch.testing.assert_close(diagonal, torch.ones(50), atol=1e-5, rtol=0)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_overlaps_do_not_depend_on_the_frame(seed):
    first, second = random_rows(seed), random_rows(seed + 1)
    lidar = bbox_overlaps_3d(torch.tensor(first), torch.tensor(second), coordinate='lidar')
    as_camera = [
        torch.tensor(Box3DMode.convert(rows, Box3DMode.LIDAR, Box3DMode.CAM))
        for rows in (first, second)
    ]
    torch.testing.assert_close(bbox_overlaps_3d(*as_camera), lidar, atol=1e-5, rtol=0)


def test_stacked_boxes_overlap_by_their_shared_height():
    low = LiDARInstance3DBoxes([[0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 0.3]])
    high = LiDARInstance3DBoxes([[0.0, 0.0, 1.5, 2.0, 2.0, 2.0, 0.3]])
    assert LiDARInstance3DBoxes.height_overlaps(low, high).item() == pytest.approx(0.5)
    assert LiDARInstance3DBoxes.overlaps(low, high).item() == pytest.approx(1 / 7)
    assert LiDARInstance3DBoxes.overlaps(low, high, 'iof').item() == pytest.approx(1 / 4)


def test_nearest_overlaps_round_the_yaw():
    straight = torch.tensor([[0.0, 0.0, 0.0, 4.0, 2.0, 1.0, 0.1]])
    crosswise = torch.tensor([[0.0, 0.0, 5.0, 4.0, 2.0, 1.0, 1.5]])
    assert bbox_overlaps_nearest_3d(straight, crosswise).item() == pytest.approx(4 / 12)
    assert bbox_overlaps_nearest_3d(straight, crosswise, 'iof').item() == pytest.approx(1 / 2)
    pair = torch.cat([straight, crosswise])
    aligned = BboxOverlapsNearest3D()(pair, pair, is_aligned=True)
    torch.testing.assert_close(aligned, torch.ones(2))


@pytest.mark.parametrize('kind', ['BboxOverlapsNearest3D', 'BboxOverlaps3D'])
@pytest.mark.parametrize('coordinate', ['lidar', 'camera'])
def test_calculators_build_from_a_config(kind, coordinate):
    calculator = build_iou_calculator(dict(type=kind, coordinate=coordinate))
    rows = torch.tensor(random_rows(0)).float()
    overlaps = calculator(rows, rows)
    torch.testing.assert_close(overlaps.diagonal(), torch.ones(6), atol=1e-5, rtol=0)
    assert calculator(rows[:0], rows).shape == (0, 6)
    assert calculator(rows, rows[:0]).shape == (6, 0)
    assert coordinate in repr(calculator)


def test_assigner_of_mmdet_matches_the_box_to_its_anchor():
    assigner = build_assigner(
        dict(
            type='MaxIoUAssigner',
            iou_calculator=dict(type='BboxOverlapsNearest3D'),
            pos_iou_thr=0.6,
            neg_iou_thr=0.45,
            min_pos_iou=0.45,
            ignore_iof_thr=-1,
        )
    )
    anchors = torch.tensor([[x, 0.0, -1.8, 3.9, 1.6, 1.56, 0.0] for x in (0.0, 10.0, 11.8, 20.0)])
    truth = torch.tensor([[10.2, 0.1, -1.7, 4.1, 1.7, 1.5, 3.1]])
    result = assigner.assign(anchors, truth, gt_labels=torch.tensor([2]))
    assert result.gt_inds.tolist() == [0, 1, 0, 0]
    assert result.labels.tolist() == [-1, 2, -1, -1]


@pytest.mark.parametrize('cls', [LiDARInstance3DBoxes, CameraInstance3DBoxes])
def test_points_in_boxes_agree_with_the_corner_frame(cls):
    """A point is inside where its coordinates along the three edges are within the edges."""
    boxes = cls(random_rows(5))
    points = torch.tensor(np.random.default_rng(6).uniform(-4, 4, (500, 4))).float()
    corners = boxes.corners
    edges = torch.stack([corners[:, i] - corners[:, 0] for i in (4, 3, 1)], dim=1)
    offsets = points[:, None, :3] - corners[None, :, 0]
    along = torch.einsum('mnd,ned->mne', offsets, edges) / edges.square().sum(dim=2)
    expected = ((along > 0) & (along < 1)).all(dim=2)
    assert expected.any(dim=0).all()
    found = boxes.points_in_boxes_all(points)
    assert found.shape == (500, 6) and torch.equal(found.bool(), expected)
    first = torch.where(expected.any(dim=1), expected.int().argmax(dim=1), -1)
    assert torch.equal(boxes.points_in_boxes_part(points).long(), first)
    assert torch.equal(boxes.points_in_boxes_part(points[None]).long(), first)
    second = boxes.points_in_boxes_all(points, boxes_override=boxes.tensor[1:2])
    assert torch.equal(second.bool(), expected[:, 1:2])


@pytest.mark.parametrize(
    'call, error, message',
    [
        (lambda a, b: a.overlaps(a, b, 'giou'), ValueError, 'giou'),
        (lambda a, b: bbox_overlaps_3d(a.tensor, b.tensor, 'giou'), ValueError, 'giou'),
        (lambda a, b: bbox_overlaps_3d(a.tensor, b.tensor[:, :6]), ValueError, 'at least 7'),
        (lambda a, b: a.overlaps(a, b.convert_to(Box3DMode.CAM)), TypeError, 'CameraInstance'),
        (lambda a, b: a.overlaps(a.tensor, b), TypeError, 'Tensor'),
        (lambda a, b: BboxOverlapsNearest3D('depth'), ValueError, "'depth'"),
    ],
)
def test_bad_overlap_arguments_are_named(call, error, message):
    boxes = LiDARInstance3DBoxes(random_rows(0))
    with pytest.raises(error, match=message):
        call(boxes, boxes)


@pytest.mark.gpu
def test_boxes_on_the_gpu_agree_with_the_cpu():
    boxes = LiDARInstance3DBoxes(random_rows(0))
    on_gpu = boxes.to('cuda')
    expected = LiDARInstance3DBoxes.overlaps(boxes, boxes)
    found = LiDARInstance3DBoxes.overlaps(on_gpu, on_gpu)
    assert found.device.type == 'cuda'
    torch.testing.assert_close(found.cpu(), expected, atol=1e-5, rtol=0)
    on_gpu.rotate(0.5)
    on_gpu.flip('vertical')
    boxes.rotate(0.5)
    boxes.flip('vertical')
    torch.testing.assert_close(on_gpu.corners.cpu(), boxes.corners, atol=1e-5, rtol=1e-5)
    points = torch.rand(100, 3) * 4 - 2
    found = on_gpu.points_in_boxes_part(points.to('cuda')).cpu()
    assert torch.equal(found, boxes.points_in_boxes_part(points))
