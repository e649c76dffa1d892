"""PointPillars-FPN against mmdetection3d's figures on a real nuScenes sweep, weights seeded.

Without the reference folder, against this project's on a made-up cloud.
"""

import numpy as np
import pytest
import torch
from support.agreement import assert_agrees
from support.cropping import crop

from mmdet3d.core.bbox import LiDARInstance3DBoxes


@pytest.fixture(scope='module')
def reference(figures):
    return figures('forward_pointpillars_fpn_nus_teacher')


@pytest.fixture(scope='module')
def model(build_filled, reference):
    return build_filled(reference['config']).eval()


@pytest.fixture(scope='module')
def cloud(read_sweep, model):
    points = read_sweep()
    points[:, 3] = 0  # the lag of the key frame's own points
    return torch.from_numpy(crop(points, model.pts_voxel_layer.point_cloud_range))


@pytest.fixture(scope='module')
def features(model, cloud):
    with torch.no_grad():
        return model.extract_feat([cloud])


def test_voxels_and_their_features_agree(reference, cloud, features):
    assert len(cloud) == reference['num_points']
    assert len(features['coors']) == reference['num_voxels']
    order = np.lexsort(features['coors'].numpy().T[::-1])
    assert_agrees(features['voxel_features'][order], reference['voxel_features_sorted_by_coor'])


def test_maps_and_predictions_agree(reference, model, features):
    with torch.no_grad():
        canvas = model.pts_middle_encoder(features['voxel_features'], features['coors'], 1)
        predictions = model.pts_bbox_head(features['neck_features'])
    assert_agrees(canvas, reference['middle_encoder'])
    stages = [features['backbone_features'], features['neck_features'], *predictions]
    names = ['backbone', 'neck', 'cls_score', 'bbox_pred', 'dir_cls_preds']
    for maps, name in zip(stages, names, strict=True):
        for level, figures in zip(maps, reference[name], strict=True):
            assert_agrees(level, figures)


@pytest.fixture(scope='module')
def predicted(model, features):
    """Boxes, logits and directions at every anchor of all maps."""
    head = model.pts_bbox_head
    with torch.no_grad():
        scores, residuals, directions = (
            torch.cat([level[0].movedim(0, -1).reshape(-1, width) for level in maps])
            for maps, width in zip(head(features['neck_features']), (10, 9, 2), strict=True)
        )
    sizes = [level.shape[-2:] for level in features['neck_features']]
    anchors = torch.cat(head.anchor_generator.grid_anchors(sizes))
    boxes = head.bbox_coder.decode(anchors, residuals).nan_to_num()
    return boxes, scores, directions.argmax(1)


def test_every_reference_detection_is_predicted(reference, model, predicted):
    # The seeded network's scores are 1 in float32 at thousands of anchors, so that which of these
    # are kept, and in which order, is no one's to say: look for the reference's among all.
    boxes, logits, directions = predicted
    kept = torch.tensor(reference['detections']['top60_boxes']).nan_to_num()  # one is infinite
    labels = torch.tensor(reference['detections']['labels'])
    columns = [0, 1, 2, 3, 4, 5, 7, 8]
    scale = kept[:, columns].abs().clamp(min=1)
    errors = torch.stack(
        [
            ((boxes[:, columns] - box) / each).abs().amax(1)
            for box, each in zip(kept[:, columns], scale)
        ]
    )
    error, anchor = errors.min(1)
    assert error.max() < 1e-3
    expected_scores = torch.tensor(reference['detections']['scores'])
    assert logits[anchor, labels].sigmoid() == pytest.approx(expected_scores, rel=1e-3)
    turned = kept[:, 6] - boxes[anchor, 6]
    assert ((turned / torch.pi).round() * torch.pi - turned).abs().max() < 1e-3
    half = (kept[:, 6] - model.pts_bbox_head.dir_offset) / torch.pi
    assert half.floor().tolist() == directions[anchor].tolist()


def test_as_many_detections_are_kept(reference, model, cloud):
    with torch.no_grad():
        (found,) = model.simple_test([cloud], [{'box_type_3d': LiDARInstance3DBoxes}])
    assert len(found['pts_bbox']['boxes_3d']) == reference['detections']['count']
    assert found['pts_bbox']['boxes_3d'].tensor.shape[1] == 9
    assert (found['pts_bbox']['scores_3d'] == 1).all()
