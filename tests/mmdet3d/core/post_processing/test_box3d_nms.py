"""Suppression for each class, against a plain greedy version with exact polygons."""

import numpy as np
import pytest
import torch
from mmcv import ConfigDict
from shapely import affinity
from shapely.geometry import box as rectangle

from mmdet3d.core.bbox import LiDARInstance3DBoxes, xywhr2xyxyr
from mmdet3d.core.post_processing import box3d_multiclass_nms

THRESHOLD = 0.2


def detections(seed, count=40, classes=3):
    rng = np.random.default_rng(seed)
    rows = rng.uniform(-4, 4, (count, 7)).astype(np.float32)
    rows[:, 3:6] = rng.uniform(0.5, 4, (count, 3))
    boxes = LiDARInstance3DBoxes(rows)
    scores = torch.tensor(rng.random((count, classes + 1)).astype(np.float32))
    return boxes.tensor, xywhr2xyxyr(boxes.bev), scores


def footprint(row, rotated):
    x1, y1, x2, y2, yaw = row
    return affinity.rotate(rectangle(x1, y1, x2, y2), yaw if rotated else 0, use_radians=True)


def plain_nms(rows, scores, score_thr, rotated):
    """(index, label) of every box that no better kept box of its class overlaps too much."""
    shapes = [footprint(row, rotated) for row in rows.tolist()]
    kept = []
    for label in range(scores.shape[1] - 1):
        mine = []
        for index in scores[:, label].argsort(descending=True).tolist():
            overlaps = [
                shapes[index].intersection(shapes[other]).area
                / shapes[index].union(shapes[other]).area
                for other in mine
            ]
            if scores[index, label] > score_thr and max(overlaps, default=0) <= THRESHOLD:
                mine.append(index)
        kept += [(index, label) for index in mine]
    return kept


def config(rotated):
    return ConfigDict(use_rotate_nms=rotated, nms_thr=THRESHOLD)


@pytest.mark.parametrize('rotated', [True, False])
@pytest.mark.parametrize('seed', range(5))
def test_keeps_what_the_plain_version_keeps(rotated, seed):
    boxes, rows, scores = detections(seed)
    expected = plain_nms(rows, scores, 0.3, rotated)
    found, best, labels = box3d_multiclass_nms(boxes, rows, scores, 0.3, 500, config(rotated))
    index, label = torch.tensor(expected).unbind(1)
    assert 3 < len(index) < 100
    torch.testing.assert_close(found, boxes[index])
    torch.testing.assert_close(best, scores[index, label])
    assert torch.equal(labels, label)


def test_max_num_keeps_the_best_of_all_classes():
    boxes, rows, scores = detections(0)
    _, every, _ = box3d_multiclass_nms(boxes, rows, scores, 0.0, 500, config(True))
    found, best, labels = box3d_multiclass_nms(boxes, rows, scores, 0.0, 5, config(True))
    assert found.shape == (5, 7) and labels.shape == (5,)
    torch.testing.assert_close(best, every.sort(descending=True).values[:5])


def test_extras_follow_their_boxes():
    boxes, rows, scores = detections(1)
    number = torch.arange(40)
    images = torch.rand(40, 4)
    result = box3d_multiclass_nms(
        boxes, rows, scores, 0.3, 6, config(True), number, number + 100, images
    )
    found, _, _, directions, attributes, found_images = result
    torch.testing.assert_close(found, boxes[directions])
    assert torch.equal(attributes, directions + 100)
    torch.testing.assert_close(found_images, images[directions])
    assert len(box3d_multiclass_nms(boxes, rows, scores, 0.3, 6, config(True), number)) == 4
    only_images = box3d_multiclass_nms(
        boxes, rows, scores, 0.3, 6, config(True), mlvl_bboxes2d=images
    )
    assert only_images[3].shape == (6, 4)


@pytest.mark.parametrize('count, threshold', [(40, 2.0), (0, 0.1)])
def test_nothing_left_gives_empty_tensors(count, threshold):
    boxes, rows, scores = detections(2, count)
    found, best, labels, directions = box3d_multiclass_nms(
        boxes, rows, scores, threshold, 10, config(True), torch.zeros(count, dtype=torch.long)
    )
    assert found.shape == (0, 7) and best.shape == (0,) and directions.shape == (0,)
    assert labels.dtype == torch.long and labels.shape == (0,)


def test_background_is_no_class():
    boxes, rows, _ = detections(3, 2, classes=1)
    scores = torch.tensor([[0.9, 0.0], [0.0, 0.9]])
    found, _, labels = box3d_multiclass_nms(boxes, rows, scores, 0.1, 10, config(False))
    torch.testing.assert_close(found, boxes[:1])
    assert labels.tolist() == [0]


def test_bad_arguments_are_named():
    boxes, rows, scores = detections(0)
    with pytest.raises(KeyError, match='nms_thr'):
        box3d_multiclass_nms(boxes, rows, scores, 0.1, 10, dict(use_rotate_nms=True))
    with pytest.raises(ValueError, match=r'\(40, 1\)'):
        box3d_multiclass_nms(boxes, rows, scores[:, :1], 0.1, 10, config(True))


@pytest.mark.gpu
def test_gpu_keeps_what_the_cpu_keeps():
    data = detections(4)
    expected = box3d_multiclass_nms(*data, 0.3, 20, config(True))
    found = box3d_multiclass_nms(*(item.to('cuda') for item in data), 0.3, 20, config(True))
    for ours, theirs in zip(found, expected):
        torch.testing.assert_close(ours.cpu(), theirs)
