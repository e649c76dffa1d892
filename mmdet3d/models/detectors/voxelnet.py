"""Detectors on voxels: SECOND and PointPillars."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from mmdet3d.core.bbox import bbox3d2result
from mmdet3d.models.builder import (
    DETECTORS,
    build_backbone,
    build_head,
    build_middle_encoder,
    build_neck,
    build_voxel_encoder,
)
from mmdet3d.models.detectors.base import Base3DDetector
from mmdet3d.models.kd import sum_terms
from mmdet3d.ops import Voxelization


@DETECTORS.register_module()
class VoxelNet(Base3DDetector):
    """Voxels, their features, a bird's-eye view, a 2D backbone and neck, an anchor head.

    The frame of "VoxelNet" (CVPR 2018), which SECOND and PointPillars fill.

    Args:
        voxel_layer: arguments of :class:`mmdet3d.ops.Voxelization`.
        voxel_encoder: config of what turns the points of a voxel into its feature.
        middle_encoder: config of what turns voxels into a map.
        backbone: config of the 2D backbone.
        neck: config of the neck, if any.
        bbox_head: config of the head.
        train_cfg: settings for training, also of the head; its ``kd_cfg`` is for distillation.
        test_cfg: settings for testing, also of the head.
        init_cfg: initialisation.
        pretrained: accepted for mmdetection3d's configs; has to be None, use ``load_from``.

    Raises:
        ValueError: if ``pretrained`` is given, ``kd_cfg`` is not understood, or the middle encoder
            has no room for the voxels.
    """

    kd_features = ('voxel_features', 'backbone_features', 'neck_features')
    kd_types = {
        'PointPillars': {'voxel': {'feature': 'voxel_features'}},
        'SECOND': {
            f'map{level}': {
                'feature': 'backbone_features',
                'level': level,
                'loss': {'scope': 'frame'},
            }
            for level in (0, 1)
        },
    }

    def __init__(
        self,
        voxel_layer: dict,
        voxel_encoder: dict,
        middle_encoder: dict,
        backbone: dict,
        neck: dict | None = None,
        bbox_head: dict | None = None,
        train_cfg: dict | None = None,
        test_cfg: dict | None = None,
        init_cfg: dict | None = None,
        pretrained: None = None,
    ) -> None:
        super().__init__(train_cfg, test_cfg, init_cfg)
        if pretrained is not None:
            raise ValueError(f'pretrained={pretrained!r}: use load_from to start from a checkpoint')
        self.voxel_layer = Voxelization(**voxel_layer)
        self.voxel_encoder = build_voxel_encoder(voxel_encoder)
        self.middle_encoder = build_middle_encoder(middle_encoder)
        self._check_grid()
        self.backbone = build_backbone(backbone)
        if neck is not None:
            self.neck = build_neck(neck)
        self.bbox_head = build_head({**bbox_head, 'train_cfg': train_cfg, 'test_cfg': test_cfg})

    def _check_grid(self) -> None:
        grid = self.voxel_layer.grid_size.tolist()[::-1]
        room = self.middle_encoder.grid_shape
        if any(cells > there for cells, there in zip(grid[::-1], room[::-1])):
            raise ValueError(
                f'the range of voxel_layer has {grid} voxels along z, y and x, but the '
                f'{type(self.middle_encoder).__name__} has room for {room}: change its shape with '
                'the range and the voxel size'
            )

    @torch.no_grad()
    def voxelize(self, points: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Group the points of a batch into voxels.

        Args:
            points: clouds of shape (P_i, C).

        Returns:
            Points by voxel (M, max_num_points, C), their number (M,), and the voxels' cells (M, 4)
            as (sample, z, y, x).
        """
        voxels, coors, num_points = zip(*(self.voxel_layer(cloud) for cloud in points))
        with_sample = [functional.pad(coor, (1, 0), value=i) for i, coor in enumerate(coors)]
        return torch.cat(voxels), torch.cat(num_points), torch.cat(with_sample)

    def extract_feat(
        self,
        points: list[Tensor],
        img_metas: list[dict] | None = None,
        last: str = 'neck_features',
    ) -> dict:
        """Return the features that this detector publishes, by name.

        Args:
            points: clouds of shape (P_i, C).
            img_metas: not used; part of the detectors' interface.
            last: the feature to stop after.

        Returns:
            ``voxel_features`` (M, C) with ``num_points`` (M,) and ``coors`` (M, 4) of the voxels,
            and the lists of maps ``backbone_features`` and ``neck_features``, as far as ``last``.
        """
        voxels, num_points, coors = self.voxelize(points)
        features = {'num_points': num_points, 'coors': coors}
        features['voxel_features'] = self.voxel_encoder(voxels, num_points, coors)
        if last == 'voxel_features':
            return features
        x = self.middle_encoder(features['voxel_features'], coors, len(points))
        features['backbone_features'] = x = self.backbone(x)
        if last == 'backbone_features':
            return features
        features['neck_features'] = self.neck(x) if self.with_neck else x
        return features

    def forward_train(
        self,
        points: list[Tensor],
        img_metas: list[dict],
        gt_bboxes_3d: list[Any],
        gt_labels_3d: list[Tensor],
        gt_bboxes_ignore: None = None,
        teacher_info: dict | None = None,
    ) -> dict:
        """Return the losses of a batch, with ``loss_kd`` where there is a teacher.

        Args:
            points: clouds of shape (P_i, C).
            img_metas: meta information of each sample.
            gt_bboxes_3d: objects of each sample.
            gt_labels_3d: their classes.
            gt_bboxes_ignore: not supported.
            teacher_info: what the teacher published on these clouds.
        """
        features = self.extract_feat(points, img_metas)
        predictions = self.bbox_head(features['neck_features'])
        losses = self.bbox_head.loss(*predictions, gt_bboxes_3d, gt_labels_3d, img_metas)
        if teacher_info is not None:
            losses.update(self.loss_kd(features, teacher_info))
        return losses

    def simple_test(
        self, points: list[Tensor], img_metas: list[dict], rescale: bool = False, **_: Any
    ) -> list[dict]:
        """Return ``boxes_3d``, ``scores_3d`` and ``labels_3d`` of each sample, on the CPU."""
        features = self.extract_feat(points, img_metas)
        predictions = self.bbox_head(features['neck_features'])
        detections = self.bbox_head.get_bboxes(*predictions, img_metas, rescale=rescale)
        return [bbox3d2result(*each) for each in detections]

    def feature_widths(self) -> dict[str, int | list[int]]:
        """Return the widths of the published features, a list over maps for maps."""
        backbone = list(self.backbone.out_channels)
        return {
            'voxel_features': self.voxel_encoder.out_channels,
            'backbone_features': backbone,
            'neck_features': [sum(self.neck.out_channels)] if self.with_neck else backbone,
        }

    def get_teacher_info(self, points: list[Tensor], **_: Any) -> dict:
        """Return the features of a batch, of the very voxels that a student in training keeps."""
        self.voxel_layer.train()  # a network in eval mode may keep more voxels
        return self.extract_feat(points, last=self.last_taught)

    def loss_kd(self, features: dict, teacher_info: dict) -> dict[str, Tensor]:
        """Compare this network's features with the teacher's.

        Args:
            features: what this network published on a batch.
            teacher_info: what the teacher published on the same batch.

        Returns:
            ``loss_kd``, and with several terms each of them under ``kd_NAME``.

        Raises:
            ValueError: if the two networks made different voxels or maps of different sizes.
        """
        losses = {}
        for name, term in self.kd_terms.items():
            pair = term.pair(features, teacher_info)
            voxels = {}
            if term.feature == 'voxel_features':
                voxels = _same_voxels(features, teacher_info)
            losses[name] = self.kd_losses[name](*pair, **voxels)
        return sum_terms(losses)


def _same_voxels(features: dict, teacher_info: dict) -> dict[str, Tensor]:
    """Return the number of points of each voxel, and which cloud it belongs to."""
    if not torch.equal(features['coors'], teacher_info['coors']):
        raise ValueError(
            f'the {len(features["coors"])} voxels of the student are not those of the teacher: '
            'give both configs the same voxel_layer'
        )
    return {'importance': features['num_points'], 'frames': features['coors'][:, 0]}
