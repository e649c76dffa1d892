import numpy as np
import pytest
import torch

from mmdet3d.models.interfaces import HeadOutputs
from mmdet3d.models.kd import KDBatch
from mmdet3d.models.kd.losses import Consistency

FAR = [50.0, 0, 0, 4, 2, 1, 0]
OURS = [[10.0, 0, 0, 4, 2, 1, 0.1], [20.0, 5, 0, 4, 2, 1, 0.0], FAR]
THEIRS = [[10.1, 0.05, 0.2, 4.2, 2, 1, 0.1 + np.pi], [30.0, 5, 0, 4, 2, 1, 0.0], FAR]
CONFIDENT, UNSURE = [2.0, -3.0], [-2.0, -3.0]


def outputs(boxes: list, scores: list) -> HeadOutputs:
    codes = torch.tensor([boxes], dtype=torch.float64, requires_grad=True)
    return HeadOutputs([torch.tensor([scores], dtype=torch.float64, requires_grad=True)], [codes])


def batch() -> KDBatch:
    """Codes are boxes already."""
    return KDBatch(decode=lambda sample, rows, codes, labels: codes)


def smooth_l1(values) -> np.ndarray:
    size = abs(np.asarray(values))
    return np.where(size < 1, size**2 / 2, size - 0.5)


def test_boxes_of_one_object_are_drawn_together_and_turned_around_is_alike():
    student = outputs(OURS, [CONFIDENT, CONFIDENT, UNSURE])
    teacher = outputs(THEIRS, [[1.0, -1.0], CONFIDENT, UNSURE])
    loss = Consistency(2, 2, box_weight=2.0, cls_weight=0.5)(student, teacher, batch())
    apart = np.subtract(OURS[0], THEIRS[0])
    apart[6] = np.sin(apart[6])
    ours, theirs = (1 / (1 + np.exp(-np.array(each))) for each in (CONFIDENT, [1.0, -1.0]))
    expected = 2 * smooth_l1(apart).mean() + 0.5 * smooth_l1(ours - theirs).sum()
    assert loss.item() == pytest.approx(expected, rel=1e-9)


def test_the_gradient_pulls_the_matched_box_alone():
    student = outputs(OURS, [CONFIDENT, CONFIDENT, UNSURE])
    teacher = outputs(THEIRS, [[1.0, -1.0], CONFIDENT, UNSURE])
    Consistency(2, 2)(student, teacher, batch()).backward()
    pulled = student.bbox_preds[0].grad[0]
    np.testing.assert_allclose(
        pulled[0, :3], np.subtract(OURS[0], THEIRS[0])[:3] / 7, rtol=1e-6, atol=1e-9
    )
    assert not pulled[1:].any()
    assert teacher.bbox_preds[0].grad is None


def test_the_pairs_of_all_clouds_count_alike():
    one = outputs(OURS[:1], [CONFIDENT]), outputs(THEIRS[:1], [CONFIDENT])
    two = [
        HeadOutputs([torch.cat([each.cls_scores[0]] * 2)], [torch.cat([each.bbox_preds[0]] * 2)])
        for each in one
    ]
    loss = Consistency(2, 2)
    torch.testing.assert_close(loss(*two, batch()), loss(*one, batch()))


@pytest.mark.parametrize('theirs', [UNSURE, [-9.0, -9.0]])
def test_nothing_in_common_costs_nothing_and_stays_in_the_graph(theirs):
    student = outputs(OURS, [CONFIDENT] * 3)
    loss = Consistency(2, 2)(student, outputs(THEIRS, [theirs] * 3), batch())
    loss.backward()
    assert loss == 0 and not student.bbox_preds[0].grad.any()


def test_a_detector_that_does_not_decode_is_an_error():
    student = outputs(OURS, [CONFIDENT] * 3)
    with pytest.raises(ValueError, match=r'KDBatch\.decode'):
        Consistency(2, 2)(student, student, KDBatch())
