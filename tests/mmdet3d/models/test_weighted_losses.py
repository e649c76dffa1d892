"""Weights of objects and ignored regions, in the losses of every detector."""

import numpy as np
import pytest
import torch
from mmcv import Config
from support.small_detectors import DETECTORS, batch

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.models import build_model
from mmdet3d.models.kd import parse_kd_cfg
from mmdet3d.models.object_weights import read_truth, real_objects

BOXES = LiDARInstance3DBoxes(torch.arange(21.0).reshape(3, 7))
LABELS = torch.tensor([2, 0, 1])
BOX_LOSSES = ('loss_bbox', 'loss_dir', 'bbox_loss', 'loss_corner')


def test_objects_and_ignored_regions_are_told_apart():
    metas = [{'gt_weights_3d': np.float32([0.5, 0, 1])}, {}]
    weighed, plain = read_truth([BOXES, BOXES], [LABELS, LABELS], metas)
    assert weighed.boxes.tensor.tolist() == BOXES.tensor[[0, 2]].tolist()
    assert weighed.labels.tolist() == [2, 1]
    assert weighed.weights.tolist() == [0.5, 1]
    assert weighed.ignored.tensor.tolist() == BOXES.tensor[[1]].tolist()
    assert plain.boxes is BOXES and plain.labels is LABELS
    assert plain.weights.tolist() == [1, 1, 1]
    assert len(plain.ignored) == 0
    boxes, labels = real_objects([BOXES, BOXES], [LABELS, LABELS], metas)
    assert [len(each) for each in boxes] == [len(each) for each in labels] == [2, 3]


@pytest.mark.parametrize('metas', [None, (), [{}]])
def test_without_metas_every_object_weighs_one(metas):
    (truth,) = read_truth([BOXES], [LABELS], metas)
    assert truth.boxes is BOXES and truth.weights.tolist() == [1, 1, 1]


@pytest.fixture(params=DETECTORS)
def detector(repo_root, request):
    """A small detector in training, and a batch of two cars for it, the second without points."""
    path, small, box_dim, car = DETECTORS[request.param]
    cfg = Config.fromfile(repo_root / 'configs' / path)
    cfg.merge_from_dict(small(4))
    torch.manual_seed(0)
    model = build_model(cfg.model)
    model.init_weights()
    data = batch(box_dim, car)
    car_box = data['gt_bboxes_3d'][0].tensor
    other = car_box + torch.tensor([0, -12.0, *[0] * (box_dim - 2)])
    data['gt_bboxes_3d'] = [LiDARInstance3DBoxes(torch.cat([car_box, other]), box_dim=box_dim)]
    data['gt_labels_3d'] = [torch.tensor([car, car])]
    # Points of the second car, so that it trains a detector on points too.
    on_other = data['points'][0][-20:] + torch.tensor([0, -12.0, 0, 0])
    data['points'] = [torch.cat([data['points'][0], on_other])]
    return model.train(), data


def step(model, data, weights=None) -> tuple[dict, dict]:
    """Train a step: the losses of the log, and the gradients."""
    torch.manual_seed(1)
    np.random.seed(1)
    metas = [{**meta} for meta in data['img_metas']]
    if weights is not None:
        metas[0]['gt_weights_3d'] = np.array(weights, dtype=np.float32)
    model.zero_grad()
    out = model.train_step({**data, 'img_metas': metas}, None)
    out['loss'].backward()
    return out['log_vars'], {name: p.grad.clone() for name, p in model.named_parameters()}


def test_weights_of_one_change_nothing_to_the_digit(detector):
    plain, gradients = step(*detector)
    weighed, others = step(*detector, weights=[1, 1])
    assert weighed == plain
    assert all(torch.equal(others[name], each) for name, each in gradients.items())


def test_an_ignored_object_trains_no_box_and_leaves_the_others(detector):
    model, data = detector
    half, _ = step(model, data, weights=[1, 0])
    alone = dict(data, gt_bboxes_3d=[data['gt_bboxes_3d'][0][:1]])
    alone['gt_labels_3d'] = [data['gt_labels_3d'][0][:1]]
    background, _ = step(model, alone)
    for name in {'loss_bbox', 'loss_dir', 'bbox_loss'} & set(half) - _second_stage(model):
        assert half[name] == background[name]
    classes = 'semantic_loss' if 'semantic_loss' in half else 'loss_cls'
    assert half[classes] < background[classes]


def _second_stage(model) -> set[str]:
    """Losses on proposals, whose sample depends on the regions."""
    return {'loss_bbox', 'loss_corner', 'loss_cls'} if hasattr(model, 'roi_head') else set()


def test_a_frame_of_ignored_regions_alone_has_finite_losses(detector):
    losses, gradients = step(*detector, weights=[0, 0])
    assert all(np.isfinite(value) for value in losses.values())
    assert all(each.isfinite().all() for each in gradients.values())
    assert all(losses[name] == 0 for name in BOX_LOSSES if name in losses)


def test_a_frame_without_objects_has_finite_losses(detector):
    model, data = detector
    empty = dict(data, gt_bboxes_3d=[data['gt_bboxes_3d'][0][:0]])
    empty['gt_labels_3d'] = [data['gt_labels_3d'][0][:0]]
    losses, gradients = step(model, empty, weights=[])
    assert all(np.isfinite(value) for value in losses.values())
    assert all(each.isfinite().all() for each in gradients.values())


def test_boxes_weigh_in_proportion(detector):
    whole, _ = step(*detector)
    quarter, _ = step(*detector, weights=[0.25, 0.25])
    for name in set(BOX_LOSSES) & set(whole):
        assert whole[name] > 0 or name in ('loss_bbox', 'loss_corner')
        assert quarter[name] == pytest.approx(whole[name] / 4, rel=1e-5)


def test_a_step_that_changed_the_boxes_alone_is_spoken_of(detector):
    with pytest.raises(ValueError, match='2 gt_bboxes_3d but 3 gt_weights_3d: a step of the pipe'):
        step(*detector, weights=[1, 1, 1])


def test_distillation_asks_for_the_real_objects_alone(detector):
    model, data = detector
    seen = []

    class Loss(torch.nn.Module):
        def forward(self, student, teacher, batch):
            seen.append(batch.assigned())
            return student.cls_scores[0].sum() * 0

    terms = {'head': {'feature': 'head_outputs', 'loss': {'type': 'HeadLogits'}}}
    model.kd_terms = parse_kd_cfg({'terms': terms}, model.kd_features, model.kd_types)
    model.kd_losses = {'head': Loss()}
    with torch.no_grad():
        info = model.train_step(data, None, is_teacher=True, last='head_outputs')
    counts = []
    for weights in (None, [1, 0], [0, 0]):
        metas = [dict(data['img_metas'][0])]
        if weights is not None:
            metas[0]['gt_weights_3d'] = np.float32(weights)
        model(**{**data, 'img_metas': metas}, teacher_info=info)
        counts.append(int(seen[-1].sum()))
    assert counts[0] > counts[1] > counts[2] == 0
