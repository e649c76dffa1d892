import numpy as np
import pytest
import torch

from mmdet3d.models.interfaces import HeadOutputs
from mmdet3d.models.kd import KDBatch
from mmdet3d.models.kd.losses import HeadLogits
from mmdet3d.models.kd.outputs import flatten_outputs

CLASSES, ANCHORS = 2, 3


def on_maps(seed: int) -> HeadOutputs:
    """Predictions of 3 anchors a cell on two maps of two clouds, in double precision."""
    draw = torch.Generator().manual_seed(seed)
    levels = [
        [torch.randn(2, ANCHORS * width, *size, generator=draw, dtype=torch.float64) for size in
         ((2, 3), (1, 2))]
        for width in (CLASSES, 7, 2)
    ]  # fmt: skip
    return HeadOutputs(*levels)


def by_hand(student: HeadOutputs, teacher: HeadOutputs, chosen) -> dict[str, float]:
    """Walk through every cell and anchor; ``chosen`` says of teacher logits whether they count."""
    sums, count = dict(cls=0.0, box=0.0, dir=0.0), 0
    for level in range(2):
        sizes = student.cls_scores[level].shape
        for sample, y, x, anchor in np.ndindex(sizes[0], *sizes[2:], ANCHORS):
            (s, t), (s_box, t_box), (s_dir, t_dir) = (
                [
                    maps[level][sample, anchor * width : (anchor + 1) * width, y, x].numpy()
                    for maps in pair
                ]
                for width, pair in zip((CLASSES, 7, 2), zip(student, teacher))
            )
            if not chosen(t):
                continue
            count += 1
            p, q = 1 / (1 + np.exp(-s)), 1 / (1 + np.exp(-t))
            sums['cls'] += (abs(q - p) ** 2 * -(q * np.log(p) + (1 - q) * np.log(1 - p))).sum()
            apart = s_box - t_box
            apart[6] = np.sin(apart[6])
            near = abs(apart) < 1 / 9
            sums['box'] += np.where(near, apart**2 * 9 / 2, abs(apart) - 1 / 18).sum()
            ours, theirs = (np.exp(each) / np.exp(each).sum() for each in (s_dir, t_dir))
            sums['dir'] += (theirs * np.log(theirs / ours)).sum()
    assert count
    return {name: total / count for name, total in sums.items()}


@pytest.mark.parametrize('part', ['cls', 'box', 'dir'])
def test_each_part_is_a_mean_over_the_teachers_confident_anchors(part):
    student, teacher = on_maps(1), on_maps(2)
    weights = {f'{name}_weight': 0.0 for name in ('cls', 'box', 'dir')} | {f'{part}_weight': 3.0}
    loss = HeadLogits(CLASSES, CLASSES, score_thr=0.6, **weights)(student, teacher, KDBatch())
    expected = by_hand(student, teacher, lambda t: (1 / (1 + np.exp(-t))).max() >= 0.6)
    assert loss.item() == pytest.approx(3 * expected[part], rel=1e-9)


def test_the_gradient_is_that_of_the_formula():
    student, teacher = on_maps(1), on_maps(2)
    for level in (*student.cls_scores, *student.bbox_preds, *student.dir_cls_preds):
        level.requires_grad_()
    loss = HeadLogits(CLASSES, CLASSES, score_thr=0.6)

    def value(*levels: torch.Tensor) -> torch.Tensor:
        return loss(HeadOutputs(levels[:2], levels[2:4], levels[4:]), teacher, KDBatch())

    levels = (*student.cls_scores, *student.bbox_preds, *student.dir_cls_preds)
    assert torch.autograd.gradcheck(value, levels, atol=1e-6)


def test_of_assigned_anchors_only_those_count():
    student, teacher = on_maps(1), on_maps(2)
    rows = flatten_outputs(teacher, CLASSES).scores
    assigned = rows[..., 0] > 1
    loss = HeadLogits(CLASSES, CLASSES, where='assigned', box_weight=0, dir_weight=0)
    found = loss(student, teacher, KDBatch(assigned=lambda: assigned))
    expected = by_hand(student, teacher, lambda t: t[0] > 1)
    assert found.item() == pytest.approx(expected['cls'], rel=1e-9)
    with pytest.raises(ValueError, match=r'KDBatch\.assigned'):
        loss(student, teacher, KDBatch())


def test_points_have_the_cosine_and_sine_of_their_heading_and_no_direction():
    def on_points(seed: int) -> HeadOutputs:
        draw = torch.Generator().manual_seed(seed)
        return HeadOutputs(
            [torch.randn(2, 5, CLASSES, generator=draw)], [torch.randn(2, 5, 8, generator=draw)]
        )

    student, teacher = on_points(1), on_points(2)
    loss = HeadLogits(CLASSES, CLASSES, score_thr=0, cls_weight=0, box_weight=1)
    apart = (student.bbox_preds[0] - teacher.bbox_preds[0]).abs()
    expected = torch.where(apart < 1 / 9, apart**2 * 4.5, apart - 1 / 18).sum() / 10
    torch.testing.assert_close(loss(student, teacher, KDBatch()), expected)


def test_a_teacher_that_sees_nothing_costs_nothing_and_stays_in_the_graph():
    student, teacher = on_maps(1), on_maps(2)
    student.cls_scores[0].requires_grad_()
    loss = HeadLogits(CLASSES, CLASSES, score_thr=1.0)(student, teacher, KDBatch())
    loss.backward()
    assert loss == 0 and not student.cls_scores[0].grad.any()


def test_another_place_is_an_error():
    with pytest.raises(ValueError, match="where='everywhere': allowed are confident, assigned"):
        HeadLogits(2, 2, where='everywhere')
