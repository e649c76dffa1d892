"""PointPillars and SECOND against mmdetection3d's figures on real frames, weights seeded.

Without the reference folder, against this project's on made-up frames.
"""

import copy

import numpy as np
import pytest
import torch
from support.agreement import assert_agrees
from support.cropping import crop

from mmdet3d.core.bbox import LiDARInstance3DBoxes


@pytest.fixture(scope='module', params=['pointpillars', 'second'])
def reference(figures, request):
    return figures(f'forward_{request.param}_teacher')


@pytest.fixture(scope='module')
def model(build_filled, reference):
    return build_filled(reference['config'])


@pytest.fixture(scope='module')
def clouds(read_frame, reference, model):
    limits = model.voxel_layer.point_cloud_range
    return [torch.from_numpy(crop(read_frame(frame), limits)) for frame in reference['frames']]


@pytest.fixture(scope='module')
def features(model, clouds):
    with torch.no_grad():
        return model.eval().extract_feat(clouds)


def test_voxels_and_their_features_agree(reference, clouds, features):
    assert [len(cloud) for cloud in clouds] == reference['num_points_after_range_crop']
    coors = features['coors']
    assert coors[:, 0].bincount().tolist() == reference['num_voxels']
    assert features['num_points'].sum().item() == reference['num_points_in_voxels_sum']
    order = np.lexsort(coors.numpy().T[::-1])
    assert coors[order][:5].tolist() == reference['coors_sorted_first5']
    expected = reference['voxel_features_sorted_by_coor']
    assert_agrees(features['voxel_features'][order], expected)
    mean = features['voxel_features'].double().mean().item()
    assert mean == pytest.approx(expected['mean'], rel=1e-5)


def test_maps_and_predictions_agree(reference, model, features):
    with torch.no_grad():
        canvas = model.middle_encoder(
            features['voxel_features'], features['coors'], len(reference['frames'])
        )
        predictions = model.bbox_head(features['neck_features'])
    assert_agrees(canvas, reference['middle_encoder'])
    for level, figures in zip(features['backbone_features'], reference['backbone'], strict=True):
        assert_agrees(level, figures)
    assert_agrees(features['neck_features'][0], reference['neck'][0])
    for (level,), name in zip(predictions, ('cls_score', 'bbox_pred', 'dir_cls_preds')):
        assert_agrees(level, reference[name])


def test_detections_agree(reference, model, clouds):
    metas = [{'box_type_3d': LiDARInstance3DBoxes} for _ in clouds]
    with torch.no_grad():
        detections = model.eval().simple_test(clouds, metas)
    for found, expected in zip(detections, reference['detections'], strict=True):
        scores = torch.tensor(expected['scores'])
        torch.testing.assert_close(found['scores_3d'], scores, rtol=1e-3, atol=1e-4)
        assert found['labels_3d'].tolist() == expected['labels']
        boxes = torch.tensor(expected['boxes'])
        torch.testing.assert_close(found['boxes_3d'].tensor, boxes, rtol=1e-3, atol=2e-3)


@pytest.mark.usefixtures('one_thread')
def test_losses_and_every_gradient_agree(reference, model, clouds):
    # The gradients of torch's batch norm over many rows depend on the number of threads on a CPU,
    # by up to seven thousandths in SECOND's encoder; the figures are those of one thread.
    boxes = [LiDARInstance3DBoxes(torch.tensor(each)) for each in reference['gt_boxes']]
    labels = [torch.tensor(each) for each in reference['gt_labels']]
    model = copy.deepcopy(model).train()  # training changes the statistics of normalisation
    losses = model.forward_train(clouds, [{}] * len(clouds), boxes, labels)
    for name, expected in reference['train_losses'].items():
        assert [each.item() for each in losses[name]] == pytest.approx(expected, rel=1e-3)
    sum(sum(each) for each in losses.values()).backward()
    norms = {name: p.grad.norm().item() for name, p in model.named_parameters()}
    assert norms == pytest.approx(reference['train_grad_norms'], rel=1e-3)
