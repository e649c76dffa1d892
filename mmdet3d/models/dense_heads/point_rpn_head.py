"""The first stage of PointRCNN: every point proposes a box."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmcv.runner import BaseModule
from mmdet.core import build_bbox_coder
from mmdet.models.builder import HEADS
from torch import Tensor, nn

from mmcv_patched.precision import in_float32
from mmdet3d.core.bbox import xywhr2xyxyr
from mmdet3d.core.bbox.coders.limits import is_limited
from mmdet3d.core.post_processing import nms_bev, nms_normal_bev
from mmdet3d.models.builder import build_loss
from mmdet3d.models.dense_heads.point_targets import PointTargets, assign_points
from mmdet3d.models.layers import PointwiseLinear
from mmdet3d.models.object_weights import Truth, read_truth


@HEADS.register_module()
class PointRPNHead(BaseModule):
    """Classify points and regress from each the box around it.

    From PointRCNN (Shi et al., CVPR 2019), section 3.2, with mmdetection3d's bin-free boxes.

    Args:
        num_classes: number of classes.
        train_cfg: as ``test_cfg``, for the proposals the second stage is trained on.
        test_cfg: ``nms_cfg`` with ``use_rotate_nms``, ``iou_thr``, ``nms_pre`` and ``nms_post``,
            and ``score_thr``: proposals below it are dropped, none without it.
        pred_layer_cfg: ``in_channels``, and the widths ``cls_linear_channels`` and
            ``reg_linear_channels`` of the layers before the last.
        enlarge_width: points outside a box, but inside it when each face is moved outwards by so
            many metres, count neither as its points nor as background.
        cls_loss: config of the loss of classes, with logits and sigmoid, summed.
        bbox_loss: config of the loss of boxes, summed.
        bbox_coder: config of the coder of boxes relative to points.
        init_cfg: initialisation.
    """

    def __init__(
        self,
        num_classes: int,
        train_cfg: dict | None,
        test_cfg: dict | None,
        pred_layer_cfg: dict,
        bbox_coder: dict,
        cls_loss: dict,
        bbox_loss: dict,
        enlarge_width: float = 0.1,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.num_classes = num_classes
        self.train_cfg = train_cfg or {}
        self.test_cfg = test_cfg or {}
        self.enlarge_width = enlarge_width
        self.bbox_coder = build_bbox_coder(bbox_coder)
        self.cls_loss = build_loss(cls_loss)
        self.bbox_loss = build_loss(bbox_loss)
        width = pred_layer_cfg['in_channels']
        self.cls_layers = _make_layers([width, *pred_layer_cfg['cls_linear_channels'], num_classes])
        self.reg_layers = _make_layers(
            [width, *pred_layer_cfg['reg_linear_channels'], self.bbox_coder.code_size]
        )

    def forward(self, feat_dict: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Return box codes (B, N, code_size) and class logits (B, N, num_classes) of the points.

        Args:
            feat_dict: ``fp_features``, of shape (B, C, N).
        """
        features = feat_dict['fp_features']
        codes, logits = self.reg_layers(features), self.cls_layers(features)
        return codes.transpose(1, 2), logits.transpose(1, 2)

    @in_float32
    def loss(
        self,
        bbox_preds: Tensor,
        cls_preds: Tensor,
        points: Tensor,
        gt_bboxes_3d: Sequence[Any],
        gt_labels_3d: Sequence[Tensor],
        img_metas: Sequence[dict] | None = None,
    ) -> dict[str, Tensor]:
        """Return ``bbox_loss`` and ``semantic_loss``, both per point on an object.

        Args:
            bbox_preds: box codes of shape (B, N, code_size).
            cls_preds: class logits of shape (B, N, num_classes).
            points: positions of shape (B, N, 3) in metres.
            gt_bboxes_3d: objects of each sample.
            gt_labels_3d: their classes.
            img_metas: meta information of each sample, with the objects' weights if any.
        """
        targets = self._targets(points, read_truth(gt_bboxes_3d, gt_labels_3d, img_metas))
        positive = targets.positive.flatten()
        count = positive.sum().clamp(min=1)
        weights = targets.weights[:, None].expand_as(targets.codes)
        bbox_loss = self.bbox_loss(bbox_preds.flatten(0, 1)[positive], targets.codes, weights)
        semantic_loss = self.cls_loss(
            cls_preds.flatten(0, 1), targets.labels.flatten(), targets.label_weights.flatten()
        )
        return {'bbox_loss': bbox_loss / count, 'semantic_loss': semantic_loss / count}

    def assigned(
        self, points: Tensor, gt_bboxes_3d: Sequence[Any], gt_labels_3d: Sequence[Tensor]
    ) -> Tensor:
        """Tell which points lie on an object, bool of shape (B, N).

        Args:
            points: positions of shape (B, N, 3) in metres.
            gt_bboxes_3d: objects of each sample.
            gt_labels_3d: their classes.
        """
        return self._targets(points, read_truth(gt_bboxes_3d, gt_labels_3d)).positive

    @torch.no_grad()
    def _targets(self, points: Tensor, truths: Sequence[Truth]) -> PointTargets:
        samples = [
            assign_points(
                positions,
                truth.to(points.device),
                self.bbox_coder.encode,
                self.num_classes,
                self.enlarge_width,
            )
            for positions, truth in zip(points, truths)
        ]
        return PointTargets.stack(samples)

    @torch.no_grad()
    @in_float32
    def get_bboxes(
        self,
        points: Tensor,
        bbox_preds: Tensor,
        cls_preds: Tensor,
        input_metas: Sequence[dict],
        rescale: bool = False,
    ) -> list[tuple[Any, Tensor, Tensor, Tensor]]:
        """Return the proposals of each sample by descending score.

        Args:
            points: positions of shape (B, N, 3) in metres.
            bbox_preds: box codes of shape (B, N, code_size).
            cls_preds: class logits of shape (B, N, num_classes).
            input_metas: meta information of each sample; ``box_type_3d`` is the class of the boxes.
            rescale: without meaning here; part of the heads' interface.

        Returns:
            boxes, scores (K,), classes (K,) and the scores of all classes (K, num_classes) of each
            sample. Codes that stand for no finite box propose nothing.
        """
        return [
            self._propose(positions, codes, logits, meta['box_type_3d'])
            for positions, codes, logits, meta in zip(points, bbox_preds, cls_preds, input_metas)
        ]

    def _propose(
        self, positions: Tensor, codes: Tensor, logits: Tensor, box_type: type
    ) -> tuple[Any, Tensor, Tensor, Tensor]:
        cfg = self.train_cfg if self.training else self.test_cfg
        class_scores = logits.sigmoid()
        scores, labels = class_scores.max(dim=1)
        rows = self.bbox_coder.decode(codes, positions, labels)
        usable = ~is_limited(rows).any(dim=1)
        if cfg['score_thr'] is not None:
            usable &= scores >= cfg['score_thr']
        rows, scores, labels, class_scores = (
            each[usable] for each in (rows, scores, labels, class_scores)
        )
        boxes = box_type(rows, box_dim=rows.shape[1], origin=(0.5, 0.5, 0.5))
        nms_cfg = cfg['nms_cfg']
        suppress = nms_bev if nms_cfg['use_rotate_nms'] else nms_normal_bev
        keep = suppress(
            xywhr2xyxyr(boxes.bev),
            scores,
            nms_cfg['iou_thr'],
            pre_max_size=nms_cfg['nms_pre'],
            post_max_size=nms_cfg['nms_post'],
        )
        return boxes[keep], scores[keep], labels[keep], class_scores[keep]


def _make_layers(widths: Sequence[int]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width_in, width_out in itertools.pairwise(widths[:-1]):
        linear = PointwiseLinear(width_in, width_out, bias=False)
        layers += [linear, nn.BatchNorm1d(width_out), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, PointwiseLinear(widths[-2], widths[-1]))
