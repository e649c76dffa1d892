"""The second stage of PointRCNN: score and refine a proposal from the points in it."""

from collections.abc import Sequence
from typing import Any

import torch
from mmcv.cnn import ConvModule
from mmcv.runner import BaseModule
from mmdet.core import build_bbox_coder
from mmdet.models.builder import HEADS
from torch import Tensor, nn

from mmcv_patched.precision import in_float32
from mmdet3d.core.bbox import LiDARInstance3DBoxes, rotation_3d_in_axis, xywhr2xyxyr
from mmdet3d.core.post_processing import nms_bev, nms_normal_bev
from mmdet3d.models.builder import build_loss
from mmdet3d.models.layers import (
    build_layer,
    is_watched,
    make_pointwise_mlp,
    row_layers,
    run_rows,
)
from mmdet3d.models.roi_heads.bbox_heads.corner_loss import corner_loss
from mmdet3d.models.roi_heads.bbox_heads.repeated_points import lengths
from mmdet3d.models.roi_heads.bbox_heads.roi_targets import RoITargets

# On a CPU, more than these at a time make tensors that the allocator gives back to the system after
# every layer: half of the time then goes into fetching the pages anew.
_ROIS_AT_ONCE = 8


@HEADS.register_module()
class PointRCNNBboxHead(BaseModule):
    """PointNet++ on the points of each proposal, then a score and a refined box.

    From PointRCNN (Shi et al., CVPR 2019), section 3.3, with mmdetection3d's bin-free boxes.

    Args:
        num_classes: 1: a proposal's class is that of the first stage.
        in_channels: how many leading columns of a point (position, score, depth) are local.
        mlp_channels: widths of the network on these columns.
        pred_layer_cfg: ``in_channels`` and the widths ``cls_conv_channels`` and
            ``reg_conv_channels`` of the layers before the last. A ``bias`` is accepted for
            mmdetection3d's configs and has no effect: these layers are normalised.
        num_points: how many centres each set abstraction keeps; -1 makes one group of all.
        radius: their radii in metres.
        num_samples: how many points they take around a centre.
        sa_channels: widths of their networks.
        bbox_coder: config of the coder of residuals.
        sa_cfg: config of the set abstractions.
        norm_cfg: normalisation of the layers before the last.
        loss_bbox: config of the loss of residuals, summed.
        loss_cls: config of the loss of scores, with logits and sigmoid, summed.
        with_corner_loss: also compare the corners of the boxes.
        init_cfg: initialisation, by default Xavier's.

    Raises:
        ValueError: if ``num_classes`` is not 1 or the set abstractions differ in number.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        mlp_channels: Sequence[int],
        pred_layer_cfg: dict,
        num_points: Sequence[int] = (128, 32, -1),
        radius: Sequence[float] = (0.2, 0.4, 100),
        num_samples: Sequence[int] = (64, 64, 64),
        sa_channels: Sequence[Sequence[int]] = ((128, 128, 128), (128, 128, 256), (256, 256, 512)),
        bbox_coder: dict | None = None,
        sa_cfg: dict | None = None,
        norm_cfg: dict | None = None,
        loss_bbox: dict | None = None,
        loss_cls: dict | None = None,
        with_corner_loss: bool = True,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg or {'type': 'Xavier', 'layer': ['Conv2d', 'Conv1d']})
        if num_classes != 1:
            raise ValueError(f'num_classes={num_classes}: it has to be 1, for all classes alike')
        if not len(num_points) == len(radius) == len(num_samples) == len(sa_channels):
            raise ValueError(
                f'num_points={list(num_points)}, radius={list(radius)}, '
                f'num_samples={list(num_samples)} and sa_channels={list(sa_channels)} have to '
                'describe the same number of set abstractions'
            )
        self.in_channels = in_channels
        self.with_corner_loss = with_corner_loss
        self.bbox_coder = build_bbox_coder(bbox_coder or {'type': 'DeltaXYZWLHRBBoxCoder'})
        self.loss_bbox = build_loss(
            loss_bbox or {'type': 'SmoothL1Loss', 'beta': 1 / 9, 'reduction': 'sum'}
        )
        self.loss_cls = build_loss(
            loss_cls or {'type': 'CrossEntropyLoss', 'use_sigmoid': True, 'reduction': 'sum'}
        )
        widths = [in_channels, *mlp_channels]
        self.xyz_up_layer = nn.Sequential(
            *(ConvModule(widths[i], widths[i + 1], 1) for i in range(len(mlp_channels)))
        )
        self.merge_down_layer = ConvModule(2 * widths[-1], widths[-1], 1)
        self.SA_modules = nn.ModuleList()
        width = widths[-1]
        for i, channels in enumerate(sa_channels):
            module = build_layer(
                sa_cfg or {'type': 'PointSAModule'},
                num_point=None if num_points[i] == -1 else num_points[i],
                radius=radius[i],
                num_sample=num_samples[i],
                mlp_channels=[width, *channels],
            )
            self.SA_modules.append(module)
            width = module.out_channels
        self._init_branches(pred_layer_cfg, norm_cfg or {'type': 'BN1d'})

    def _init_branches(self, cfg: dict, norm_cfg: dict) -> None:
        cls_widths = [cfg['in_channels'], *cfg['cls_conv_channels']]
        reg_widths = [cfg['in_channels'], *cfg['reg_conv_channels']]
        self.cls_convs = make_pointwise_mlp(cls_widths, norm_cfg)
        self.reg_convs = make_pointwise_mlp(reg_widths, norm_cfg)
        self.conv_cls = nn.Conv1d(cls_widths[-1], 1, 1)
        self.conv_reg = nn.Conv1d(reg_widths[-1], self.bbox_coder.code_size, 1)

    def init_weights(self) -> None:
        """Initialise; at first the refinement is next to none."""
        super().init_weights()
        nn.init.normal_(self.conv_reg.weight, std=0.001)

    def forward(self, feats: Tensor) -> tuple[Tensor, Tensor]:
        """Return score logits (R,) and residuals (R, code_size) of the proposals.

        Args:
            feats: the points of each proposal, of shape (R, S, in_channels + C): local columns, x,
                y and z first, then the features of the first stage.
        """
        is_whole = self.training or feats.device.type != 'cpu' or is_watched(self)
        if is_whole or len(feats) == 0:
            return self._forward_chunk(feats)
        order, chunks = self._chunks(feats)
        scores, residuals = zip(*map(self._forward_chunk, chunks))
        place = order.argsort()
        return torch.cat(scores)[place], torch.cat(residuals)[place]

    def _chunks(self, feats: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Split proposals into chunks of few points; return their order, too.

        A proposal's points repeat until there are S of them. Where the maximum is taken over groups
        of points, that changes nothing.
        """
        count = feats.shape[1]
        sizes = torch.full((len(feats),), count)
        if all(getattr(module, 'pool_mod', None) == 'max' for module in self.SA_modules):
            sizes = torch.cat([lengths(each) for each in feats.split(_ROIS_AT_ONCE)])
        order, chunks = [], []
        for size in sizes.unique().tolist():
            rois = (sizes == size).nonzero().squeeze(1)
            order.append(rois)
            at_once = _ROIS_AT_ONCE * (count // size)
            chunks += [feats[each, :size] for each in rois.split(at_once)]
        return torch.cat(order), chunks

    def _forward_chunk(self, feats: Tensor) -> tuple[Tensor, Tensor]:
        if len(feats) == 0:
            return feats.new_zeros(0), feats.new_zeros(0, self.bbox_coder.code_size)
        xyz, features = feats[..., :3].contiguous(), self._merge(feats)
        for module in self.SA_modules:
            xyz, features, _ = module(xyz, features)
        scores = self.conv_cls(self.cls_convs(features))
        residuals = self.conv_reg(self.reg_convs(features))
        return scores.flatten(), residuals.squeeze(2)

    def _merge(self, feats: Tensor) -> Tensor:
        """Bring all columns of (R, S, in_channels + C) to one feature, (R, C, S)."""
        up = None if self.training else row_layers(self.xyz_up_layer)
        down = None if self.training else row_layers([self.merge_down_layer])
        if up is None or down is None:
            columns = feats.transpose(1, 2)[..., None].contiguous()
            local = self.xyz_up_layer(columns[:, : self.in_channels])
            merged = torch.cat([local, columns[:, self.in_channels :]], dim=1)
            return self.merge_down_layer(merged).squeeze(3)
        rows = feats.flatten(0, 1)
        local = run_rows(up, rows[:, : self.in_channels])
        merged = torch.cat([local, rows[:, self.in_channels :]], dim=1)
        return run_rows(down, merged).unflatten(0, feats.shape[:2]).transpose(1, 2)

    @in_float32
    def loss(
        self, cls_score: Tensor, bbox_pred: Tensor, rois: Tensor, targets: RoITargets
    ) -> dict[str, Tensor]:
        """Return ``loss_cls`` per proposal and, per proposal on an object, ``loss_bbox`` and
        ``loss_corner``.

        Args:
            cls_score: score logits of shape (R,).
            bbox_pred: residuals of shape (R, code_size).
            rois: proposals of shape (R, 7).
            targets: what they should be.
        """
        residuals, rois = bbox_pred[targets.positive], rois[targets.positive]
        count = max(len(residuals), 1)
        weights = targets.weights[:, None].expand_as(residuals)
        loss_cls = self.loss_cls(cls_score, targets.scores, targets.score_weights)
        losses = {
            'loss_cls': loss_cls / max(len(cls_score), 1),
            'loss_bbox': self.loss_bbox(residuals, targets.residuals, weights) / count,
        }
        if self.with_corner_loss:
            boxes = self._refine(rois, residuals)
            distance = corner_loss(boxes, targets.gt_boxes)
            losses['loss_corner'] = (targets.weights * distance).sum() / count
        return losses

    def no_loss(self) -> dict[str, Tensor]:
        """Return losses of zero that depend on every parameter, for a batch without proposals."""
        zero = 0 * sum(parameter.sum() for parameter in self.parameters())
        names = ['loss_cls', 'loss_bbox', *['loss_corner'] * self.with_corner_loss]
        return dict.fromkeys(names, zero)

    def _refine(self, rois: Tensor, residuals: Tensor) -> Tensor:
        """Boxes (R, 7) from residuals that are relative to the proposals' frames."""
        local = torch.cat([torch.zeros_like(rois[:, :3]), rois[:, 3:]], dim=1)
        boxes = self.bbox_coder.decode(local, residuals)
        offsets = rotation_3d_in_axis(boxes[:, None, :3], rois[:, 6], axis=2)[:, 0]
        return torch.cat([rois[:, :3] + offsets, boxes[:, 3:]], dim=1)

    @torch.no_grad()
    @in_float32
    def get_bboxes(
        self,
        rois: Sequence[Tensor],
        cls_score: Tensor,
        bbox_pred: Tensor,
        class_labels: Sequence[Tensor],
        img_metas: Sequence[dict],
        cfg: dict,
    ) -> list[tuple[Any, Tensor, Tensor]]:
        """Return boxes, scores and labels of each sample by descending score.

        Args:
            rois: proposals of each sample, of shape (R_i, 7).
            cls_score: score logits of all proposals, of shape (R,).
            bbox_pred: residuals of all proposals, of shape (R, code_size).
            class_labels: classes of the proposals of each sample.
            img_metas: meta information of each sample; ``box_type_3d`` is the class of the boxes.
            cfg: ``score_thr``, ``nms_thr`` and ``use_rotate_nms``.
        """
        sizes = [len(each) for each in rois]
        boxes = self._refine(torch.cat(list(rois)), bbox_pred).split(sizes)
        scores = cls_score.sigmoid().split(sizes)
        return [
            self._select(meta['box_type_3d'](rows), score, labels, cfg)
            for rows, score, labels, meta in zip(boxes, scores, class_labels, img_metas)
        ]

    @staticmethod
    def _select(
        boxes: LiDARInstance3DBoxes, scores: Tensor, labels: Tensor, cfg: dict
    ) -> tuple[LiDARInstance3DBoxes, Tensor, Tensor]:
        good = (scores >= cfg['score_thr']) & boxes.tensor.isfinite().all(dim=1)
        boxes, scores, labels = boxes[good], scores[good], labels[good]
        suppress = nms_bev if cfg['use_rotate_nms'] else nms_normal_bev
        # Empty proposals all have the same score. mmdetection3d visits them in the order that
        # torch's sort gives them, and it sorts twice.
        order = scores.argsort(descending=True)
        order = order[scores[order].argsort(descending=True)]
        keep = order[suppress(xywhr2xyxyr(boxes.bev)[order], scores[order], cfg['nms_thr'])]
        return boxes[keep], scores[keep], labels[keep]
