"""Record figures of networks and of the distillation loss, for checkouts without the reference.

    PYTHONPATH=.:tests python -m support.record_figures

writes tests/figures, in the form of the reference figures. Record only where the tests pass with
the reference figures: then this project's agree with mmdetection3d, and so do the new ones.
"""

import json
from pathlib import Path

import numpy as np
import torch
from mmcv import Config

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.models import build_model
from support.cropping import crop
from support.kd_cases import CASES, loss_and_gradients
from support.made_up_clouds import BOXES, LABELS, made_up_cloud
from support.weights import seed_weights, seeded_tensor

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / 'tests' / 'figures'
METAS = {'box_type_3d': LiDARInstance3DBoxes}
PILLARS = 'pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class.py'
SECOND = 'second/hv_second_secfpn_6x8_80e_kitti-3d-3class.py'
NUSCENES = 'pointpillars/hv_pointpillars_fpn_sbn-all_4x8_2x_nus-3d.py'
POINT_RCNN = 'point_rcnn/point_rcnn_2x8_kitti-3d-3classes.py'


def main() -> None:
    """Record the figures of all networks and of the loss."""
    torch.set_num_threads(1)
    # Of several names these give scores far enough apart that their order is the same anywhere.
    records = {
        'forward_pointpillars_teacher': voxelnet(PILLARS, ['third', 'a']),
        'forward_second_teacher': voxelnet(SECOND, ['third']),
        'forward_pointpillars_fpn_nus_teacher': mvx(NUSCENES),
        'forward_point_rcnn_teacher': point_rcnn(POINT_RCNN, 'third'),
        'kd_losses': {case: loss_and_gradients(case, seeded_tensor) for case in CASES},
    }
    FOLDER.mkdir(exist_ok=True)
    for name, record in records.items():
        (FOLDER / f'{name}.json').write_text(f'{json.dumps(record)}\n')


def build(config: str) -> torch.nn.Module:
    """A detector with the weights of the recorded figures."""
    return seed_weights(build_model(Config.fromfile(ROOT / 'configs' / config).model))


def summary(tensor: torch.Tensor, samples: int = 16) -> dict:
    """What :func:`support.agreement.assert_agrees` compares."""
    flat = tensor.detach().flatten()
    index = np.linspace(0, len(flat) - 1, samples).astype(int)
    return {
        'shape': list(tensor.shape),
        'mean': flat.mean().item(),
        'std': flat.std().item(),
        'absmax': flat.abs().max().item(),
        'sample_index': index.tolist(),
        'sample': flat[index].tolist(),
    }


def gradient_norms(model: torch.nn.Module) -> dict[str, float]:
    """The norm of every gradient by the parameter's name."""
    parameters = model.named_parameters()
    return {name: p.grad.norm().item() for name, p in parameters if p.grad is not None}


def objects(frames: int) -> tuple[list[LiDARInstance3DBoxes], list[torch.Tensor]]:
    """The ground truth of as many made-up clouds."""
    return [LiDARInstance3DBoxes(BOXES)] * frames, [torch.tensor(LABELS)] * frames


@torch.no_grad()
def voxel_stages(model: torch.nn.Module, clouds: list[torch.Tensor], prefix: str = '') -> dict:
    """The stages of a voxel network in eval mode, whose parts carry a prefix."""
    features = model.eval().extract_feat(clouds)
    order = np.lexsort(features['coors'].numpy().T[::-1])
    encoder, head = (getattr(model, f'{prefix}{part}') for part in ('middle_encoder', 'bbox_head'))
    canvas = encoder(features['voxel_features'], features['coors'], len(clouds))
    predictions = zip(('cls_score', 'bbox_pred', 'dir_cls_preds'), head(features['neck_features']))
    return {
        'num_voxels': features['coors'][:, 0].bincount().tolist(),
        'num_points_in_voxels_sum': features['num_points'].sum().item(),
        'coors_sorted_first5': features['coors'][order][:5].tolist(),
        'voxel_features_sorted_by_coor': summary(features['voxel_features'][order]),
        'middle_encoder': summary(canvas),
        'backbone': [summary(level) for level in features['backbone_features']],
        'neck': [summary(level) for level in features['neck_features']],
        **{name: [summary(level) for level in levels] for name, levels in predictions},
    }


def voxelnet(config: str, frames: list[str]) -> dict:
    """PointPillars or SECOND on clouds of these names."""
    model = build(config)
    limits = model.voxel_layer.point_cloud_range
    clouds = [torch.from_numpy(crop(made_up_cloud(name), limits)) for name in frames]
    stages = voxel_stages(model, clouds)
    for name in ('cls_score', 'bbox_pred', 'dir_cls_preds'):
        (stages[name],) = stages[name]
    with torch.no_grad():
        found = model.simple_test(clouds, [METAS] * len(frames))
    boxes, labels = objects(len(frames))
    losses = model.train().forward_train(clouds, [{}] * len(frames), boxes, labels)
    sum(sum(each) for each in losses.values()).backward()
    return {
        'config': config,
        'frames': frames,
        'num_points_after_range_crop': [len(cloud) for cloud in clouds],
        **stages,
        'detections': [detections(each) for each in found],
        'gt_boxes': [BOXES.tolist()] * len(frames),
        'gt_labels': [LABELS] * len(frames),
        'train_losses': {name: [each.item() for each in loss] for name, loss in losses.items()},
        'train_grad_norms': gradient_norms(model),
    }


def detections(found: dict, count: int | None = None) -> dict:
    """The surest detections of a cloud."""
    boxes = found['boxes_3d'].tensor[:count]
    scores, labels = found['scores_3d'][:count], found['labels_3d'][:count]
    return {'boxes': boxes.tolist(), 'scores': scores.tolist(), 'labels': labels.tolist()}


def mvx(config: str) -> dict:
    """PointPillars-FPN on a cloud whose points have no time lag."""
    model = build(config)
    points = crop(made_up_cloud('sweep'), model.pts_voxel_layer.point_cloud_range)
    points[:, 3] = 0
    clouds = [torch.from_numpy(points)]
    stages = voxel_stages(model, clouds, 'pts_')
    with torch.no_grad():
        (found,) = model.simple_test(clouds, [METAS])
    best = detections(found['pts_bbox'], 60)
    best['top60_boxes'] = best.pop('boxes')
    return {
        'config': config,
        'num_points': len(points),
        **stages,
        'num_voxels': sum(stages['num_voxels']),
        'detections': {'count': len(found['pts_bbox']['boxes_3d']), **best},
    }


def point_rcnn(config: str, frame: str) -> dict:
    """PointRCNN on the cloud of this name."""
    model = build(config)
    limits = Config.fromfile(ROOT / 'configs' / config).point_cloud_range
    cloud = torch.from_numpy(crop(made_up_cloud(frame), limits)[:16384])
    return {
        'config': config,
        'frames': [frame],
        **_two_stages(model.eval(), cloud),
        'gt_boxes': BOXES.tolist(),
        'gt_labels': LABELS,
        **_first_stage_training(model.train(), cloud),
    }


@torch.no_grad()
def _two_stages(model: torch.nn.Module, cloud: torch.Tensor) -> dict:
    features = model.extract_feat([cloud])
    codes, logits = model.rpn_head(features)
    ((boxes, scores, _, _),) = model.rpn_head.get_bboxes(features['fp_xyz'], codes, logits, [METAS])
    (found,) = model.simple_test([cloud], [METAS])
    return {
        'fp_features': summary(features['fp_features']),
        'fp_xyz': summary(features['fp_xyz']),
        'rpn_bbox_preds': summary(codes),
        'rpn_cls_preds': summary(logits),
        'proposals': {
            'n': len(boxes),
            'first20_boxes': boxes.tensor[:20].tolist(),
            'first20_scores': scores[:20].tolist(),
        },
        'detections': {'count': len(found['boxes_3d']), **detections(found, 50)},
    }


def _first_stage_training(model: torch.nn.Module, cloud: torch.Tensor) -> dict:
    features = model.extract_feat([cloud])
    predictions = model.rpn_head(features)
    losses = model.rpn_head.loss(*predictions, features['fp_xyz'], *objects(1))
    sum(losses.values()).backward()
    return {
        'rpn_train_losses': {name: loss.item() for name, loss in losses.items()},
        'rpn_train_grad_norms': gradient_norms(model),
    }


if __name__ == '__main__':
    main()
