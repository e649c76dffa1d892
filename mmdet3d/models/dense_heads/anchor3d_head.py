"""The anchor head of SECOND and PointPillars."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from mmcv.runner import BaseModule
from mmdet.core import build_assigner, build_bbox_coder, build_prior_generator
from mmdet.models.builder import HEADS
from torch import Tensor, nn

from mmcv_patched.precision import in_float32
from mmdet3d.core.bbox import limit_period, xywhr2xyxyr
from mmdet3d.core.post_processing import box3d_multiclass_nms
from mmdet3d.models.builder import build_loss
from mmdet3d.models.dense_heads.anchor_grids import AnchorGrids
from mmdet3d.models.dense_heads.anchor_targets import (
    AnchorTargets,
    ObjectRows,
    assign_single,
    direction_targets,
    interleave_sizes,
    split_levels,
    stack_samples,
)
from mmdet3d.models.dense_heads.assignment_cache import AssignmentCache
from mmdet3d.models.dense_heads.prediction_rows import best_class, flat, rows_at, top
from mmdet3d.models.interfaces import HeadOutputs
from mmdet3d.models.layers import convolve_all
from mmdet3d.models.object_weights import Truth, read_truth
from mmdet3d.models.old_heads import ConvertibleHead


@HEADS.register_module()
class Anchor3DHead(ConvertibleHead, BaseModule):
    """Classify anchors, regress boxes from them, and tell front from back.

    From "SECOND" (Sensors 2018), sections 3.1 and 3.2, with mmdetection3d's parameters.

    Args:
        num_classes: number of classes.
        in_channels: width of the input maps.
        train_cfg: ``assigner`` (one, or one per anchor size), ``pos_weight``, ``code_weight``.
        test_cfg: ``nms_pre``, ``score_thr``, ``nms_thr``, ``max_num``, ``use_rotate_nms``.
        feat_channels: width before the last convolutions, which is the input's.
        use_direction_classifier: classify the heading's direction, which the residual cannot tell.
        anchor_generator: config of the anchors.
        assigner_per_size: every assigner sees the objects of all classes.
        assign_per_class: every assigner sees the objects of its own class only.
        diff_rad_by_sin: regress the sine of the difference of headings.
        dir_offset: heading at which the first direction begins.
        dir_limit_offset: where the period of the heading is cut.
        bbox_coder: config of the coder of residuals.
        loss_cls: config of the loss of classes, with logits and sigmoid.
        loss_bbox: config of the loss of residuals.
        loss_dir: config of the loss of directions.
        init_cfg: initialisation.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        train_cfg: dict | None,
        test_cfg: dict | None,
        anchor_generator: dict,
        feat_channels: int = 256,
        use_direction_classifier: bool = True,
        assigner_per_size: bool = False,
        assign_per_class: bool = False,
        diff_rad_by_sin: bool = True,
        dir_offset: float = -np.pi / 2,
        dir_limit_offset: float = 0,
        bbox_coder: dict | None = None,
        loss_cls: dict | None = None,
        loss_bbox: dict | None = None,
        loss_dir: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg or _default_init())
        self.num_classes = num_classes
        self.in_channels = in_channels
        self.feat_channels = feat_channels
        self.train_cfg = train_cfg or {}
        self.test_cfg = test_cfg or {}
        self.use_direction_classifier = use_direction_classifier
        self.assigner_per_size = assigner_per_size
        self.assign_per_class = assign_per_class
        self.diff_rad_by_sin = diff_rad_by_sin
        self.dir_offset = dir_offset
        self.dir_limit_offset = dir_limit_offset
        self.anchor_generator = build_prior_generator(anchor_generator)
        self.num_anchors = self.anchor_generator.num_base_anchors
        self.bbox_coder = build_bbox_coder(bbox_coder or {'type': 'DeltaXYZWLHRBBoxCoder'})
        self.box_code_size = self.bbox_coder.code_size
        self.loss_cls = build_loss(loss_cls or {'type': 'FocalLoss', 'use_sigmoid': True})
        self.loss_bbox = build_loss(loss_bbox or {'type': 'SmoothL1Loss', 'loss_weight': 2.0})
        self.loss_dir = build_loss(loss_dir or {'type': 'CrossEntropyLoss', 'loss_weight': 0.2})
        self.bbox_assigner = _build_assigners(train_cfg)
        self._cache, self._grids = AssignmentCache(), AnchorGrids()
        self._init_layers()

    def _init_layers(self) -> None:
        self.conv_cls = nn.Conv2d(self.feat_channels, self.num_anchors * self.num_classes, 1)
        self.conv_reg = nn.Conv2d(self.feat_channels, self.num_anchors * self.box_code_size, 1)
        if self.use_direction_classifier:
            self.conv_dir_cls = nn.Conv2d(self.feat_channels, self.num_anchors * 2, 1)

    def forward_single(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return class logits, box residuals and direction logits of one map, (B, A * c, H, W)."""
        last = [self.conv_dir_cls] if self.use_direction_classifier else []
        scores, residuals, *directions = convolve_all([self.conv_cls, self.conv_reg, *last], x)
        return scores, residuals, directions[0] if directions else None

    def forward(self, feats: Sequence[Tensor]) -> HeadOutputs:
        """Return class logits, box residuals and direction logits, a list over maps each."""
        scores, residuals, directions = zip(*map(self.forward_single, feats))
        return HeadOutputs(list(scores), list(residuals), list(directions))

    @in_float32
    def loss(
        self,
        cls_scores: list[Tensor],
        bbox_preds: list[Tensor],
        dir_cls_preds: list[Tensor],
        gt_bboxes: list[Any],
        gt_labels: list[Tensor],
        input_metas: list[dict],
        gt_bboxes_ignore: None = None,
    ) -> dict[str, list[Tensor]]:
        """Return ``loss_cls``, ``loss_bbox`` and ``loss_dir``, a list over maps each.

        Args:
            cls_scores: class logits of each map.
            bbox_preds: box residuals of each map.
            dir_cls_preds: direction logits of each map.
            gt_bboxes: the objects of each sample, as boxes in LiDAR coordinates.
            gt_labels: their classes.
            input_metas: meta information of each sample, with the objects' weights if any.
            gt_bboxes_ignore: not supported.
        """
        levels = self._anchors(cls_scores)
        samples = self._targets(levels, read_truth(gt_bboxes, gt_labels, input_metas))
        targets = split_levels(samples, [level[..., 0].numel() for level in levels])
        num_positive = self._count_positive(targets)
        losses = [
            self._loss_single(score, residual, direction, target, num_positive)
            for score, residual, direction, target in zip(
                cls_scores, bbox_preds, dir_cls_preds, targets
            )
        ]
        return dict(zip(('loss_cls', 'loss_bbox', 'loss_dir'), map(list, zip(*losses))))

    def _anchors(self, maps: list[Tensor]) -> list[Tensor]:
        return self._grids.of(self.anchor_generator, maps)

    @staticmethod
    def _rows(level: Tensor) -> Tensor:
        """Anchors of one map as a list of rows, or of cells with their sizes and rotations."""
        return level if level.ndim == 2 else level.flatten(0, -4)

    def _targets(self, levels: list[Tensor], truths: list[Truth]) -> AnchorTargets:
        """Targets of all samples, each on all maps."""
        anchors = torch.cat([self._rows(level) for level in levels])
        rows = [ObjectRows.of(each, anchors, self.box_code_size) for each in truths]
        samples = [
            self._cache.targets(anchors, each, partial(self._targets_single, anchors, each))
            for each in rows
        ]
        return stack_samples(samples)

    def assigned(
        self, cls_scores: list[Tensor], gt_bboxes: list[Any], gt_labels: list[Tensor]
    ) -> Tensor:
        """Tell which anchors are given an object, bool of shape (B, anchors of all maps).

        Args:
            cls_scores: class logits of each map, for the sizes of the maps.
            gt_bboxes: the objects of each sample, as boxes in LiDAR coordinates.
            gt_labels: their classes.
        """
        truths = read_truth(gt_bboxes, gt_labels)
        return self._targets(self._anchors(cls_scores), truths).dir_weights > 0

    def decode(self, cls_scores: list[Tensor], rows: Tensor, codes: Tensor) -> Tensor:
        """Return the boxes, of shape (N, code_size), that residuals of some anchors stand for.

        Args:
            cls_scores: class logits of each map, for the sizes of the maps.
            rows: indices of the anchors among those of all maps, of shape (N,).
            codes: their residuals, of shape (N, code_size).
        """
        anchors = [each.reshape(-1, self.box_code_size) for each in self._anchors(cls_scores)]
        return self.bbox_coder.decode(torch.cat(anchors)[rows], codes)

    def _targets_single(self, anchors: Tensor, objects: ObjectRows) -> AnchorTargets:
        """Targets of one sample on all maps, so that each object finds its best anchor of all."""
        assign = partial(
            assign_single,
            encode=self.bbox_coder.encode,
            direction=partial(
                direction_targets,
                dir_offset=self.dir_offset,
                dir_limit_offset=self.dir_limit_offset,
            ),
            num_classes=self.num_classes,
            pos_weight=self.train_cfg.get('pos_weight', -1),
        )
        if not isinstance(self.bbox_assigner, list):
            flat = anchors.reshape(-1, self.box_code_size)
            return assign(self.bbox_assigner, flat, objects)
        per_size = []
        for i, assigner in enumerate(self.bbox_assigner):
            own = objects.of_class(i) if self.assign_per_class else objects
            flat = anchors[..., i, :, :].reshape(-1, self.box_code_size)
            per_size.append(assign(assigner, flat, own))
        return interleave_sizes(per_size, num_rotations=anchors.shape[-2])

    @staticmethod
    def _count_positive(targets: list[AnchorTargets]) -> int:
        per_level = torch.stack([(each.dir_weights > 0).sum(dim=1) for each in targets])
        return int(per_level.sum(dim=0).clamp(min=1).sum())

    def _loss_single(
        self,
        cls_score: Tensor,
        bbox_pred: Tensor,
        dir_cls_pred: Tensor | None,
        targets: AnchorTargets,
        num_positive: int,
    ) -> tuple[Tensor, Tensor, Tensor]:
        labels = targets.labels.flatten()
        loss_cls = self.loss_cls(
            flat(cls_score, self.num_classes),
            labels,
            targets.label_weights.flatten(),
            avg_factor=num_positive,
        )
        positive = targets.dir_weights.flatten() > 0
        prediction = flat(bbox_pred, self.box_code_size)[positive]
        weights = targets.bbox_weights.flatten(0, 1)[positive]
        if self.train_cfg.get('code_weight'):
            weights = weights * weights.new_tensor(self.train_cfg['code_weight'])
        target = targets.bbox_targets.flatten(0, 1)[positive]
        if self.diff_rad_by_sin:
            prediction, target = self.add_sin_difference(prediction, target)
        loss_bbox = self.loss_bbox(prediction, target, weights, avg_factor=num_positive)
        if dir_cls_pred is None:
            return loss_cls, loss_bbox, loss_bbox.new_zeros(())
        loss_dir = self.loss_dir(
            flat(dir_cls_pred, 2)[positive],
            targets.dir_targets.flatten()[positive],
            targets.dir_weights.flatten()[positive],
            avg_factor=num_positive,
        )
        return loss_cls, loss_bbox, loss_dir

    @staticmethod
    def add_sin_difference(boxes1: Tensor, boxes2: Tensor) -> tuple[Tensor, Tensor]:
        """Replace the yaws a, b by sin(a)cos(b), cos(a)sin(b), whose difference is sin(a - b)."""
        yaw1, yaw2 = boxes1[..., 6:7], boxes2[..., 6:7]
        mixed1, mixed2 = yaw1.sin() * yaw2.cos(), yaw1.cos() * yaw2.sin()
        return (
            torch.cat([boxes1[..., :6], mixed1, boxes1[..., 7:]], dim=-1),
            torch.cat([boxes2[..., :6], mixed2, boxes2[..., 7:]], dim=-1),
        )

    @in_float32
    def get_bboxes(
        self,
        cls_scores: list[Tensor],
        bbox_preds: list[Tensor],
        dir_cls_preds: list[Tensor],
        input_metas: list[dict],
        cfg: dict | None = None,
        rescale: bool = False,
    ) -> list[tuple[Any, Tensor, Tensor]]:
        """Return boxes, scores and labels of each sample.

        Args:
            cls_scores: class logits of each map.
            bbox_preds: box residuals of each map.
            dir_cls_preds: direction logits of each map.
            input_metas: meta information of each sample; ``box_type_3d`` is the class of the boxes.
            cfg: settings instead of ``test_cfg``.
            rescale: without meaning here; part of the heads' interface.
        """
        anchors = [each.reshape(-1, self.box_code_size) for each in self._anchors(cls_scores)]
        maps = [each for each in (cls_scores, bbox_preds, dir_cls_preds) if each[0] is not None]
        return [
            self._get_bboxes_single(
                *([level[i].detach() for level in each] for each in maps),
                anchors=anchors,
                input_meta=meta,
                cfg=cfg or self.test_cfg,
            )
            for i, meta in enumerate(input_metas)
        ]

    def _get_bboxes_single(
        self,
        cls_scores: list[Tensor],
        bbox_preds: list[Tensor],
        dir_cls_preds: list[Tensor] | None = None,
        *,
        anchors: list[Tensor],
        input_meta: dict,
        cfg: dict,
    ) -> tuple[Any, Tensor, Tensor]:
        decoded, class_scores, headings = [], [], []
        for i, level in enumerate(anchors):
            keep = top(best_class(cls_scores[i], self.num_classes), cfg.get('nms_pre', -1))
            class_scores.append(rows_at(cls_scores[i], self.num_classes, keep).sigmoid())
            residuals = rows_at(bbox_preds[i], self.box_code_size, keep)
            decoded.append(self.bbox_coder.decode(level[keep], residuals))
            if dir_cls_preds is not None:
                told = rows_at(dir_cls_preds[i], 2, keep).argmax(dim=1)
                headings.append(self.settle_directions(told, decoded[-1][:, 6], keep))
        boxes, scores = torch.cat(decoded), torch.cat(class_scores)
        directions = torch.cat(headings) if headings else boxes.new_zeros(len(boxes)).long()

        box_type = input_meta['box_type_3d']
        flat_boxes = xywhr2xyxyr(box_type(boxes, box_dim=self.box_code_size).bev)
        # The function expects a column for background, as heads with a softmax have one.
        scores = nn.functional.pad(scores, (0, 1))
        boxes, scores, labels, directions = box3d_multiclass_nms(
            boxes, flat_boxes, scores, cfg['score_thr'], cfg['max_num'], cfg, directions
        )
        if dir_cls_preds is not None and len(boxes):
            half = limit_period(boxes[:, 6] - self.dir_offset, self.dir_limit_offset, np.pi)
            boxes[:, 6] = half + self.dir_offset + np.pi * directions.to(boxes)
        return box_type(boxes, box_dim=self.box_code_size), scores, labels


def _default_init() -> dict:
    # The bias makes every class improbable at first, so that the many empty anchors do not swamp
    # the loss ("Focal Loss for Dense Object Detection", ICCV 2017, section 4.1).
    rare = {'type': 'Normal', 'name': 'conv_cls', 'std': 0.01, 'bias_prob': 0.01}
    return {'type': 'Normal', 'layer': 'Conv2d', 'std': 0.01, 'override': rare}


def _build_assigners(train_cfg: dict | None) -> Any:
    if train_cfg is None:
        return None
    assigner = train_cfg['assigner']
    if isinstance(assigner, (list, tuple)):
        return [build_assigner(each) for each in assigner]
    return build_assigner(assigner)
