"""Networks as mmdetection3d had them before v1.0: old anchors, decoded as the old code did."""

import math
from pathlib import Path
from typing import Any

import torch
from mmcv import Config
from torch import Tensor, nn

from mmdet3d.core.bbox import xywhr2xyxyr
from mmdet3d.core.post_processing import box3d_multiclass_nms
from mmdet3d.datasets.old_boxes import new_boxes
from mmdet3d.models import HEADS, Anchor3DHead, build_model
from mmdet3d.models.dense_heads.prediction_rows import flat, top
from support import shrink, shrink_nuscenes
from support.weights import seed_weights

PILLARS = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class.py'
SECOND = 'configs/second/hv_second_secfpn_6x8_80e_kitti-3d-3class.py'
NUSCENES = 'configs/pointpillars/hv_pointpillars_fpn_sbn-all_4x8_2x_nus-3d.py'
DETECTORS = {
    PILLARS: ('bbox_head', {**shrink.small_scene(), **shrink.widths(4)}),
    SECOND: ('bbox_head', {**shrink.small_second_scene(), **shrink.second_widths(2)}),
    NUSCENES: ('pts_bbox_head', {**shrink_nuscenes.small_scene(), **shrink_nuscenes.widths(4)}),
}


def wrap(values: Tensor, offset: float, period: float) -> Tensor:
    """Wrap into [-offset * period, (1 - offset) * period)."""
    return values - torch.floor(values / period + offset) * period


@HEADS.register_module()
class OldAnchor3DHead(Anchor3DHead):
    """A head whose anchors are (x, y, z, w, l, h, yaw), the yaw clockwise from minus y."""

    def judge_origin(self, origin: Any) -> None:
        """Its own weights are no surprise to it."""

    def _get_bboxes_single(
        self, cls_scores, bbox_preds, dir_cls_preds=None, *, anchors, input_meta, cfg
    ):
        """Decode as v0.x did, make new boxes of the old ones, and suppress as v1.0 does."""
        boxes, scores, bins = [], [], []
        for i, level in enumerate(anchors):
            score = flat(cls_scores[i], self.num_classes).sigmoid()
            keep = top(score.amax(dim=1), cfg['nms_pre'])
            boxes.append(old_decode(level[keep], flat(bbox_preds[i], self.box_code_size)[keep]))
            scores.append(score[keep])
            bins.append(flat(dir_cls_preds[i], 2)[keep].argmax(dim=1))
        old, scores, bins = torch.cat(boxes), torch.cat(scores), torch.cat(bins)
        yaw = wrap(old[:, 6] - self.dir_offset, self.dir_limit_offset, math.pi)
        old[:, 6] = yaw + self.dir_offset + math.pi * bins
        if self.dir_limit_offset == 1:
            old[:, 6] -= math.pi  # which the data set did, when it wrote the detections of KITTI
        boxes = torch.from_numpy(new_boxes(old.numpy()))
        box_type = input_meta['box_type_3d']
        flat_boxes = xywhr2xyxyr(box_type(boxes, box_dim=self.box_code_size).bev)
        found = box3d_multiclass_nms(
            boxes,
            flat_boxes,
            nn.functional.pad(scores, (0, 1)),
            cfg['score_thr'],
            cfg['max_num'],
            cfg,
        )
        return box_type(found[0], box_dim=self.box_code_size), *found[1:3]


def old_decode(anchors: Tensor, codes: Tensor) -> Tensor:
    """Boxes (x, y, z, w, l, h, yaw, ...) of the offsets from old anchors."""
    x, y, z, wide, long, high, yaw, *rest = anchors.unbind(1)
    dx, dy, dz, d_wide, d_long, d_high, dyaw, *drest = codes.unbind(1)
    diagonal = (wide**2 + long**2).sqrt()
    height = high * d_high.exp()
    middle = z + high / 2 + dz * high
    ends = [first + second for first, second in zip(rest, drest)]
    placed = [x + dx * diagonal, y + dy * diagonal, middle - height / 2]
    return torch.stack(
        [*placed, wide * d_wide.exp(), long * d_long.exp(), height, yaw + dyaw, *ends], dim=1
    )


def old_config(model_cfg: Any, key: str, **anchors: Any) -> Any:
    """Turn the head of a model's config to the old convention.

    Args:
        model_cfg: the model's section of a config, which is changed and returned.
        key: of the head, 'bbox_head' or 'pts_bbox_head'.
        **anchors: what else was otherwise in the old anchors.
    """
    head = model_cfg[key]
    head.type = 'OldAnchor3DHead'
    sizes = head.anchor_generator.sizes
    head.anchor_generator.update(sizes=[[each[1], each[0], each[2]] for each in sizes], **anchors)
    if 'dir_offset' in head:
        head.dir_offset, head.dir_limit_offset = -head.dir_offset, 0
    else:
        head.dir_offset, head.dir_limit_offset = 0, 1
    return model_cfg


def old_network(model_cfg: Any) -> nn.Module:
    """Build what :func:`old_config` says, with weights, ready to detect."""
    model_cfg.train_cfg = None
    model = seed_weights(build_model(model_cfg)).eval()
    head = getattr(model, 'pts_bbox_head', None)
    if head is not None:
        # The maps of this neck are large: all scores would be 1, and all sizes at their limits.
        head.conv_cls.weight.data *= 0.1
        head.conv_reg.weight.data *= 0.25
    return model


def old_weights(model: nn.Module) -> dict[str, Tensor]:
    """Its weights as spconv 1 and the training of that time saved them."""
    return {
        key: value.permute(1, 2, 3, 4, 0).contiguous() if value.ndim == 5 else value
        for key, value in model.state_dict().items()
    }


def old_text(model_cfg: Any) -> str:
    """The config as checkpoints of that time carry it."""
    model_cfg = model_cfg.to_dict()
    head = model_cfg.get('bbox_head') or model_cfg['pts_bbox_head']
    head['type'] = 'Anchor3DHead'
    return f'configs/a.py\nvoxel_size = [1, 2]\nmodel = {model_cfg!r}\n'


def save_old(path: Path, model: nn.Module, **meta: Any) -> Path:
    """Save such a checkpoint."""
    torch.save({'state_dict': old_weights(model), 'meta': meta, 'optimizer': {}}, path)
    return path


def as_old(cfg: Config, key: str, **anchors: Any) -> tuple[nn.Module, str]:
    """Return a config's detector as it was before v1.0, with weights, and the config's text."""
    model_cfg = old_config(Config(cfg.to_dict()).model, key, **anchors)
    model = old_network(model_cfg)
    model.cfg = cfg
    return model, old_text(model_cfg)
