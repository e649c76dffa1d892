"""The second stage of PointRCNN around its network: sampling, pooling, losses, detections."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmcv.runner import BaseModule
from mmdet.core import build_assigner, build_sampler
from mmdet.core.bbox import SamplingResult
from mmdet.models.builder import HEADS, ROI_EXTRACTORS
from torch import Tensor

from mmdet3d.core.bbox import bbox3d2result
from mmdet3d.models.builder import build_head
from mmdet3d.models.object_weights import Truth, read_truth
from mmdet3d.models.roi_heads.bbox_heads.roi_targets import roi_targets
from mmdet3d.models.roi_heads.proposal_assignment import assign_per_class, leave_out_ignored


@HEADS.register_module()
class PointRCNNRoIHead(BaseModule):
    """Refine proposals from the points in them.

    From PointRCNN (Shi et al., CVPR 2019), section 3.3. No gradient flows back to the first stage.

    Args:
        bbox_head: config of the network.
        point_roi_extractor: config of what collects the points in a proposal.
        train_cfg: ``assigner`` (one for each class), ``sampler``, ``cls_pos_thr``, ``cls_neg_thr``.
        test_cfg: ``score_thr``, ``nms_thr``, ``use_rotate_nms``.
        depth_normalizer: metres by which the distance from the sensor is divided.
        init_cfg: initialisation.

    Raises:
        ValueError: if there is no list of assigners, or the sampler does not give the IoU.
    """

    def __init__(
        self,
        bbox_head: dict,
        point_roi_extractor: dict,
        train_cfg: dict | None,
        test_cfg: dict | None,
        depth_normalizer: float = 70.0,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.train_cfg = train_cfg or {}
        self.test_cfg = test_cfg or {}
        self.depth_normalizer = depth_normalizer
        self.bbox_head = build_head(bbox_head)
        self.point_roi_extractor = ROI_EXTRACTORS.build(point_roi_extractor)
        if train_cfg is not None:
            self._init_training(train_cfg)

    def _init_training(self, train_cfg: dict) -> None:
        assigners = train_cfg['assigner']
        if not isinstance(assigners, (list, tuple)):
            raise ValueError(f'assigner has to be a list, one for each class, got {assigners}')
        if not train_cfg['sampler'].get('return_iou'):
            raise ValueError(f'the sampler needs return_iou=True, got {train_cfg["sampler"]}')
        self.bbox_assigner = [build_assigner(each) for each in assigners]
        self.bbox_sampler = build_sampler(train_cfg['sampler'])

    def forward_train(
        self,
        feats_dict: Mapping[str, Tensor],
        input_metas: Sequence[dict],
        proposal_list: Sequence[Mapping[str, Any]],
        gt_bboxes_3d: Sequence[Any],
        gt_labels_3d: Sequence[Tensor],
    ) -> dict[str, Tensor]:
        """Return the losses of a batch.

        Args:
            feats_dict: of the points of the first stage, ``features`` (B, C, N), ``points``
                (B, N, 3) and ``points_cls_preds``, class logits (B, N, num_classes).
            input_metas: meta information of each sample, with the objects' weights if any.
            proposal_list: ``boxes_3d`` and ``labels_3d`` of each sample.
            gt_bboxes_3d: objects of each sample.
            gt_labels_3d: their classes.
        """
        device = feats_dict['points'].device
        truths = [each.to(device) for each in read_truth(gt_bboxes_3d, gt_labels_3d, input_metas)]
        samples = [self._sample(*each) for each in zip(proposal_list, truths)]
        rois = [each.bboxes for each in samples]
        if sum(map(len, rois)) < 2:
            # Normalisation over one proposal has no variance: there is nothing to learn from.
            return self.bbox_head.no_loss()
        predictions = self._bbox_forward(feats_dict, rois)
        targets = roi_targets(samples, truths, self.train_cfg, self.bbox_head.bbox_coder.encode)
        return self.bbox_head.loss(*predictions, torch.cat(rois), targets)

    def simple_test(
        self,
        feats_dict: Mapping[str, Tensor],
        img_metas: Sequence[dict],
        proposal_list: Sequence[Mapping[str, Any]],
        **_: Any,
    ) -> list[dict]:
        """Return ``boxes_3d``, ``scores_3d`` and ``labels_3d`` of each sample, on the CPU.

        Args:
            feats_dict: as for ``forward_train``.
            img_metas: meta information of each sample.
            proposal_list: likewise as there.
        """
        rois = [each['boxes_3d'].tensor for each in proposal_list]
        labels = [each['labels_3d'] for each in proposal_list]
        predictions = self._bbox_forward(feats_dict, rois)
        detections = self.bbox_head.get_bboxes(
            rois, *predictions, labels, img_metas, cfg=self.test_cfg
        )
        return [bbox3d2result(*each) for each in detections]

    def _sample(self, proposals: Mapping[str, Any], truth: Truth) -> SamplingResult:
        boxes, objects = proposals['boxes_3d'].tensor, truth.boxes.tensor
        assigned = assign_per_class(
            self.bbox_assigner, boxes, proposals['labels_3d'], objects, truth.labels
        )
        leave_out_ignored(assigned, boxes, truth.ignored.tensor, self.train_cfg['cls_neg_thr'])
        return self.bbox_sampler.sample(assigned, boxes, objects, truth.labels)

    def _bbox_forward(
        self, feats_dict: Mapping[str, Tensor], rois: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor]:
        points = feats_dict['points']
        with torch.no_grad():
            score = feats_dict['points_cls_preds'].sigmoid().amax(dim=2, keepdim=True)
            depth = points.norm(dim=2, keepdim=True) / self.depth_normalizer - 0.5
            features = torch.cat([score, depth, feats_dict['features'].transpose(1, 2)], dim=2)
        return self.bbox_head(self.point_roi_extractor(features, points, rois))
