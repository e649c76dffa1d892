"""The detector on raw points: PointRCNN."""

from typing import Any

import torch
from torch import Tensor

from mmdet3d.models.agreement import check_point_detector
from mmdet3d.models.builder import (
    DETECTORS,
    build_backbone,
    build_head,
    build_neck,
)
from mmdet3d.models.detectors.base import Base3DDetector, refuse_pretrained
from mmdet3d.models.interfaces import HeadOutputs
from mmdet3d.models.kd import FeatureKind, KDBatch, sum_terms
from mmdet3d.models.object_weights import real_objects


@DETECTORS.register_module()
class PointRCNN(Base3DDetector):
    """Features of every point, a proposal from each, and a second stage that refines the best.

    From "PointRCNN: 3D Object Proposal Generation and Detection from Point Cloud" (CVPR 2019), with
    mmdetection3d's bin-free boxes.

    Args:
        backbone: config of the backbone on points.
        neck: config of the neck that gives every point its feature.
        rpn_head: config of the head that proposes boxes.
        roi_head: config of the second stage.
        train_cfg: settings for training, ``rpn`` and ``rcnn`` for the stages; its ``kd_cfg`` is for
            distillation.
        test_cfg: settings for testing, ``rpn`` and ``rcnn``.
        init_cfg: initialisation.
        pretrained: accepted for mmdetection3d's configs; has to be None, use ``load_from``.

    Raises:
        ValueError: if ``pretrained`` is given, ``kd_cfg`` is not understood, or two settings of the
            parts disagree.
    """

    kd_features = {'fp_features': FeatureKind.POINTS, 'head_outputs': FeatureKind.OUTPUTS}
    kd_types = {
        'PointRCNN': {
            'point': {
                'feature': 'fp_features',
                # What the released code has, whose configs do not say it.
                'loss': {
                    'type': 'LocalGraph',
                    'num_voxels': 6000,
                    'kneighbours': 128,
                    'temperature': 1e-3,
                    'pool_mode': 'max',
                },
            }
        }
    }

    def __init__(
        self,
        backbone: dict,
        neck: dict,
        rpn_head: dict,
        roi_head: dict,
        train_cfg: dict | None = None,
        test_cfg: dict | None = None,
        init_cfg: dict | None = None,
        pretrained: None = None,
    ) -> None:
        super().__init__(train_cfg, test_cfg, init_cfg)
        refuse_pretrained(pretrained)
        sections = {'backbone': backbone, 'neck': neck, 'rpn_head': rpn_head, 'roi_head': roi_head}
        check_point_detector(sections, train_cfg, test_cfg)
        self.backbone = build_backbone(backbone)
        self.neck = build_neck(neck)
        self.rpn_head = build_head({**rpn_head, **_stage_cfgs('rpn', train_cfg, test_cfg)})
        self.roi_head = build_head({**roi_head, **_stage_cfgs('rcnn', train_cfg, test_cfg)})
        self.check_kd_levels()

    def extract_feat(
        self, points: list[Tensor], img_metas: list[dict] | None = None
    ) -> dict[str, Tensor]:
        """Return the features that this detector publishes, by name.

        Args:
            points: clouds of shape (N, C), x, y and z first, of the same number of points.
            img_metas: not used; part of the detectors' interface.

        Returns:
            ``fp_features`` (B, C, N) of the points at ``fp_xyz`` (B, N, 3).

        Raises:
            ValueError: if the clouds differ in their number of points or have none.
        """
        counts = {len(cloud) for cloud in points}
        if len(counts) > 1 or 0 in counts:
            raise ValueError(
                f'the clouds of a batch have {sorted(counts)} points, but PointRCNN needs the same '
                'number from each, at least one: put PointSample into the pipeline'
            )
        return self.neck(self.backbone(torch.stack(points)))

    def forward_train(
        self,
        points: list[Tensor],
        img_metas: list[dict],
        gt_bboxes_3d: list[Any],
        gt_labels_3d: list[Tensor],
        gt_bboxes_ignore: None = None,
        teacher_info: dict | None = None,
        epoch: int | None = None,
        iter: int | None = None,
    ) -> dict:
        """Return the losses of a batch, with ``loss_kd`` where there is a teacher.

        Args:
            points: clouds of shape (N, C).
            img_metas: meta information of each sample.
            gt_bboxes_3d: objects of each sample.
            gt_labels_3d: their classes.
            gt_bboxes_ignore: not supported.
            teacher_info: what the teacher published on these clouds.
            epoch: number of the epoch, for distillation losses with a schedule.
            iter: number of the iteration, likewise.
        """
        self.require_cfg('train_cfg')
        features: dict[str, Any] = self.extract_feat(points, img_metas)
        predictions: tuple[Tensor, Tensor] = self.rpn_head(features)
        truth = gt_bboxes_3d, gt_labels_3d
        losses = self.rpn_head.loss(*predictions, features['fp_xyz'], *truth, img_metas)
        second_stage, proposals = self._propose(features, *predictions, img_metas)
        losses.update(self.roi_head.forward_train(second_stage, img_metas, proposals, *truth))
        if teacher_info is not None:
            features['head_outputs'] = _outputs(*predictions)
            batch = KDBatch(
                img_metas,
                *truth,
                epoch=epoch,
                iter=iter,
                assigned=lambda: self.rpn_head.assigned(
                    features['fp_xyz'], *real_objects(*truth, img_metas)
                ),
                decode=lambda sample, rows, codes, labels: self.rpn_head.bbox_coder.decode(
                    codes, features['fp_xyz'][sample, rows], labels
                ),
            )
            losses.update(self.loss_kd(features, teacher_info, batch))
        return losses

    def simple_test(
        self, points: list[Tensor], img_metas: list[dict], rescale: bool = False, **_: Any
    ) -> list[dict]:
        """Return ``boxes_3d``, ``scores_3d`` and ``labels_3d`` of each sample, on the CPU."""
        self.require_cfg('test_cfg')
        features = self.extract_feat(points, img_metas)
        predictions: tuple[Tensor, Tensor] = self.rpn_head(features)
        second_stage, proposals = self._propose(features, *predictions, img_metas)
        return self.roi_head.simple_test(second_stage, img_metas, proposals, rescale=rescale)

    def _propose(
        self,
        features: dict[str, Tensor],
        bbox_preds: Tensor,
        cls_preds: Tensor,
        img_metas: list[dict],
    ) -> tuple[dict[str, Tensor], list[dict]]:
        """What the second stage needs: the points with their features, and proposals."""
        points = features['fp_xyz']
        found = self.rpn_head.get_bboxes(points, bbox_preds, cls_preds, img_metas)
        names = 'boxes_3d', 'scores_3d', 'labels_3d', 'cls_preds'
        proposals = [dict(zip(names, each)) for each in found]
        of_points = {
            'features': features['fp_features'],
            'points': points,
            'points_cls_preds': cls_preds,
        }
        return of_points, proposals

    def feature_widths(self) -> dict[str, int | list[int]]:
        """Return the widths of the published features."""
        return {'fp_features': self.neck.out_channels, 'head_outputs': self.rpn_head.num_classes}

    def get_teacher_info(
        self, points: list[Tensor], last: str = 'head_outputs', **_: Any
    ) -> dict[str, Any]:
        """Return the features of the points of a batch.

        Args:
            points: clouds of shape (N, C), of the same number of points.
            last: the feature to stop after, see ``init_kd``.
        """
        features: dict[str, Any] = self.extract_feat(points)
        if last == 'head_outputs':
            features['head_outputs'] = _outputs(*self.rpn_head(features))
        return features

    def loss_kd(self, features: dict, teacher_info: dict, batch: KDBatch) -> dict[str, Tensor]:
        """Compare this network's features with the teacher's.

        Args:
            features: what this network published on a batch.
            teacher_info: what the teacher published on the same batch.
            batch: what else is known of it.

        Returns:
            ``loss_kd``, and with several terms each of them under ``kd_NAME``.

        Raises:
            ValueError: if the two networks were given different numbers of points.
        """
        losses = {
            name: self.kd_losses[name](*term.pair(features, teacher_info), batch)
            for name, term in self.kd_terms.items()
        }
        return sum_terms(losses)


def _outputs(bbox_preds: Tensor, cls_preds: Tensor) -> HeadOutputs:
    """What the first stage predicts for the points, as heads on maps publish it."""
    return HeadOutputs([cls_preds], [bbox_preds])


def _stage_cfgs(stage: str, train_cfg: dict | None, test_cfg: dict | None) -> dict:
    """The settings of one stage."""
    return {
        'train_cfg': train_cfg[stage] if train_cfg is not None else None,
        'test_cfg': test_cfg[stage] if test_cfg is not None else None,
    }
