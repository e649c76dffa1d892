"""PointRCNN against mmdetection3d's figures on a real frame with seeded weights.

Without the reference folder, against this project's on a made-up frame.
"""

import copy

import pytest
import torch
from mmcv import Config
from support.cropping import crop

from mmdet3d.core.bbox import LiDARInstance3DBoxes, xywhr2xyxyr
from mmdet3d.ops import nms_bev

CONFIG = 'point_rcnn/point_rcnn_2x8_kitti-3d-3classes.py'
METAS = [{'box_type_3d': LiDARInstance3DBoxes}]


@pytest.fixture(scope='module')
def reference(figures):
    return figures('forward_point_rcnn_teacher')


@pytest.fixture(scope='module')
def model(build_filled):
    return build_filled(CONFIG)


@pytest.fixture(scope='module')
def cloud(read_frame, reference, repo_root):
    (frame,) = reference['frames']
    limits = Config.fromfile(repo_root / 'configs' / CONFIG).point_cloud_range
    return torch.from_numpy(crop(read_frame(frame), limits)[:16384])


@pytest.fixture(scope='module')
def tested(model, cloud) -> dict:
    """What every stage of a forward pass gives, in eval mode."""
    model.eval()
    with torch.no_grad():
        features = model.extract_feat([cloud])
        codes, logits = model.rpn_head(features)
        (proposals,) = model.rpn_head.get_bboxes(features['fp_xyz'], codes, logits, METAS)
        (detections,) = model.simple_test([cloud], METAS)
    return {
        **features,
        'rpn_bbox_preds': codes,
        'rpn_cls_preds': logits,
        'proposals': proposals,
        'detections': detections,
    }


# The reference allows 1e-2 here, for choices among neighbours; all of ours are the same.
@pytest.mark.parametrize('name', ['fp_xyz', 'fp_features', 'rpn_bbox_preds', 'rpn_cls_preds'])
def test_features_of_the_first_stage_agree(reference, tested, name, rtol=1e-3):
    figures, tensor = reference[name], tested[name]
    assert list(tensor.shape) == figures['shape']
    flat = tensor.flatten()
    scale = figures['absmax']
    torch.testing.assert_close(
        flat[figures['sample_index']],
        torch.tensor(figures['sample']),
        rtol=rtol,
        atol=rtol * 0.01 * scale,
    )
    assert flat.mean().item() == pytest.approx(figures['mean'], rel=rtol, abs=1e-6)
    assert flat.std().item() == pytest.approx(figures['std'], rel=rtol)
    assert flat.abs().max().item() == pytest.approx(scale, rel=rtol)


def test_proposals_agree(reference, tested):
    boxes, scores, labels, class_scores = tested['proposals']
    expected = reference['proposals']
    assert len(boxes) == len(labels) == expected['n']
    best = torch.tensor(expected['first20_scores'])
    torch.testing.assert_close(scores[:20], best, rtol=1e-4, atol=0)
    rows = torch.tensor(expected['first20_boxes'])
    torch.testing.assert_close(boxes.tensor[:20], rows, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(class_scores.amax(dim=1), scores)
    assert (class_scores.argmax(dim=1) == labels).all()


def test_detections_agree_once_equal_scores_are_visited_in_the_references_order(
    reference, model, tested
):
    """The seeded proposals are all empty, so that all their scores are equal.

    Which of them survive then depends on the order that an unstable sort gives them. It is known of
    the reference's first fifty, and they settle its whole list.
    """
    expected = reference['detections']
    scores = torch.tensor(expected['scores'])
    assert tested['detections']['scores_3d'].unique().tolist() == pytest.approx([scores[0].item()])
    proposals, _, labels, _ = tested['proposals']
    with torch.no_grad():
        _, residuals = model.roi_head.bbox_head(torch.zeros(1, 512, 133))
        residuals = residuals.expand(len(proposals), -1)
        boxes = model.roi_head.bbox_head._refine(proposals.tensor, residuals)
    rows = torch.tensor(expected['boxes'])
    first = torch.cdist(rows.double(), boxes.double()).argmin(dim=1)
    torch.testing.assert_close(boxes[first], rows, rtol=1e-3, atol=2e-3)
    assert labels[first].tolist() == expected['labels']
    order = torch.cat([first, torch.tensor(sorted(set(range(len(boxes))) - set(first.tolist())))])
    bev = xywhr2xyxyr(LiDARInstance3DBoxes(boxes[order]).bev)
    keep = nms_bev(bev, torch.ones(len(order)), model.test_cfg.rcnn.nms_thr)
    assert keep[:50].tolist() == list(range(50))
    assert abs(len(keep) - expected['count']) <= 2


def test_losses_and_gradients_of_the_first_stage_agree(reference, model, cloud):
    boxes = [LiDARInstance3DBoxes(torch.tensor(reference['gt_boxes']))]
    labels = [torch.tensor(reference['gt_labels'])]
    model = copy.deepcopy(model).train()  # training changes the statistics of normalisation
    features = model.extract_feat([cloud])
    predictions = model.rpn_head(features)
    losses = model.rpn_head.loss(*predictions, features['fp_xyz'], boxes, labels)
    found = {name: loss.item() for name, loss in losses.items()}
    assert found == pytest.approx(reference['rpn_train_losses'], rel=1e-3)
    sum(losses.values()).backward()
    norms = {
        name: p.grad.norm().item() for name, p in model.named_parameters() if p.grad is not None
    }
    expected = reference['rpn_train_grad_norms']
    assert norms.keys() == expected.keys()
    # Normalisation takes these biases away again: all that is left of their gradient is rounding.
    without_effect = {name for name in norms if name.endswith('conv.bias')}
    for name in without_effect:
        assert norms[name] < 1e-3 * norms[name.replace('bias', 'weight')]
    for each in (norms, expected):
        for name in without_effect:
            each.pop(name)
    assert norms == pytest.approx(expected, rel=1e-3)
