"""Detectors on voxels: SECOND and PointPillars."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from mmdet3d.core.bbox import bbox3d2result
from mmdet3d.models.agreement import (
    check_voxel_detector,
    require_same_maps,
    require_same_voxel_layer,
)
from mmdet3d.models.builder import (
    DETECTORS,
    build_backbone,
    build_head,
    build_middle_encoder,
    build_neck,
    build_voxel_encoder,
)
from mmdet3d.models.detectors.base import Base3DDetector, refuse_pretrained
from mmdet3d.models.interfaces import Head, HeadOutputs, MiddleEncoder, Neck, VoxelEncoder
from mmdet3d.models.kd import FeatureKind, KDBatch, sum_terms
from mmdet3d.models.object_weights import real_objects
from mmdet3d.ops import Voxelization
from mmdet3d.utils.keywords import check_keywords


@DETECTORS.register_module()
class VoxelNet(Base3DDetector):
    """Voxels, their features, a bird's-eye view, a 2D backbone and neck, an anchor head.

    The frame of "VoxelNet" (CVPR 2018), which SECOND and PointPillars fill. What the parts have to
    offer is in :mod:`mmdet3d.models.interfaces`.

    Attributes:
        part_prefix: what the parts' names begin with in the config and in the weights.
        train_cfg_key: where the head's settings for training stand in the config.
        map_sizes: the sizes of its maps, None where a part is not of this project.

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
        ValueError: if there is no head, ``pretrained`` is given, ``kd_cfg`` is not understood, or
            two settings of the parts disagree.
    """

    kd_features = {
        'voxel_features': FeatureKind.VOXELS,
        'backbone_features': FeatureKind.MAPS,
        'neck_features': FeatureKind.MAPS,
        'head_outputs': FeatureKind.OUTPUTS,
    }
    kd_types = {
        'PointPillars': {'voxel': {'feature': 'voxel_features', 'loss': {'type': 'LocalGraph'}}},
        'SECOND': {
            f'map{level}': {
                'feature': 'backbone_features',
                'level': level,
                'loss': {'type': 'LocalGraph', 'scope': 'frame'},
            }
            for level in (0, 1)
        },
    }

    part_prefix = ''
    train_cfg_key = 'model.train_cfg'
    voxel_layer: Voxelization
    voxel_encoder: VoxelEncoder
    middle_encoder: MiddleEncoder
    neck: Neck | None
    bbox_head: Head

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
        refuse_pretrained(pretrained)
        if bbox_head is None:
            raise ValueError(f'{self.part_prefix}bbox_head is None: without it nothing is detected')
        check_keywords(f'model.{self.part_prefix}voxel_layer', Voxelization, voxel_layer)
        self.voxel_layer = Voxelization(**voxel_layer)
        self.voxel_encoder = build_voxel_encoder(voxel_encoder)
        self.middle_encoder = build_middle_encoder(middle_encoder)
        self.backbone = build_backbone(backbone)
        self.neck = build_neck(neck) if neck is not None else None
        self.bbox_head = build_head({'train_cfg': train_cfg, 'test_cfg': test_cfg, **bbox_head})
        sections = {
            'voxel_layer': voxel_layer,
            'voxel_encoder': voxel_encoder,
            'middle_encoder': middle_encoder,
            'backbone': backbone,
            'neck': neck,
            'bbox_head': bbox_head,
        }
        self.map_sizes = check_voxel_detector(self, sections)
        self.check_kd_levels()

    @torch.no_grad()
    def voxelize(
        self, points: list[Tensor], max_voxels: int | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Group the points of a batch into voxels.

        Args:
            points: clouds of shape (P_i, C).
            max_voxels: how many voxels of each cloud are kept, instead of what the config says for
                the mode that this network is in.

        Returns:
            points by voxel (M, max_num_points, C), their number (M,), and the voxels' cells (M, 4)
            as (sample, z, y, x).
        """
        found = (self.voxel_layer(cloud, max_voxels) for cloud in points)
        voxels, coors, num_points = zip(*found)
        with_sample = [functional.pad(coor, (1, 0), value=i) for i, coor in enumerate(coors)]
        return torch.cat(voxels), torch.cat(num_points), torch.cat(with_sample)

    def encode(
        self,
        voxels: Tensor,
        num_points: Tensor,
        coors: Tensor,
        batch_size: int,
        last: str = 'neck_features',
    ) -> dict[str, Any]:
        """Run the network on voxels.

        Args:
            voxels: points by voxel, of shape (M, max_num_points, C).
            num_points: number of points in each voxel, of shape (M,).
            coors: cells of shape (M, 4), as (sample, z, y, x).
            batch_size: number of samples.
            last: the feature to stop after.

        Returns:
            the published features as far as ``last``: ``voxel_features`` (M, C), the lists of maps
            ``backbone_features`` and ``neck_features``, and ``head_outputs``; with ``num_points``
            and ``coors``.
        """
        features: dict[str, Any] = {'num_points': num_points, 'coors': coors}
        x: Any = self.voxel_encoder(voxels, num_points, coors)
        features['voxel_features'] = x
        if last == 'voxel_features':
            return features
        x = self.middle_encoder(x, coors, batch_size)
        features['backbone_features'] = x = self.backbone(x)
        if last == 'backbone_features':
            return features
        features['neck_features'] = x = x if self.neck is None else self.neck(x)
        if last == 'neck_features':
            return features
        features['head_outputs'] = self.bbox_head(x)
        return features

    def extract_feat(
        self,
        points: list[Tensor],
        img_metas: list[dict] | None = None,
        last: str = 'neck_features',
    ) -> dict[str, Any]:
        """Return the features that this detector publishes, see :meth:`encode`.

        Args:
            points: clouds of shape (P_i, C).
            img_metas: not used; part of the detectors' interface.
            last: the feature to stop after.
        """
        return self.encode(*self.voxelize(points), len(points), last)

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
            points: clouds of shape (P_i, C).
            img_metas: meta information of each sample.
            gt_bboxes_3d: objects of each sample.
            gt_labels_3d: their classes.
            gt_bboxes_ignore: not supported.
            teacher_info: what the teacher published on these clouds.
            epoch: number of the epoch, for distillation losses with a schedule.
            iter: number of the iteration, likewise.
        """
        self.require_cfg('train_cfg')
        features = self.extract_feat(points, img_metas, last='head_outputs')
        predictions = features['head_outputs']
        losses = self.bbox_head.loss(*predictions, gt_bboxes_3d, gt_labels_3d, img_metas)
        if teacher_info is not None:
            batch = KDBatch(img_metas, gt_bboxes_3d, gt_labels_3d, epoch=epoch, iter=iter)
            losses.update(self.loss_kd(features, teacher_info, batch))
        return losses

    def simple_test(
        self, points: list[Tensor], img_metas: list[dict], rescale: bool = False, **_: Any
    ) -> list[dict]:
        """Return ``boxes_3d``, ``scores_3d`` and ``labels_3d`` of each sample, on the CPU."""
        self.require_cfg('test_cfg')
        predictions = self.extract_feat(points, img_metas, last='head_outputs')['head_outputs']
        detections = self.bbox_head.get_bboxes(*predictions, img_metas, rescale=rescale)
        return [bbox3d2result(*each) for each in detections]

    def feature_widths(self) -> dict[str, int | list[int]]:
        """Return the widths of the published features, a list over maps for maps."""
        backbone = list(self.backbone.out_channels)
        return {
            'voxel_features': self.voxel_encoder.out_channels,
            'backbone_features': backbone,
            'neck_features': backbone if self.neck is None else _level_channels(self.neck),
            'head_outputs': self.bbox_head.num_classes,
        }

    def get_teacher_info(
        self, points: list[Tensor], last: str = 'head_outputs', **_: Any
    ) -> dict[str, Any]:
        """Return the features of a batch, of the very voxels that a student in training keeps.

        Args:
            points: clouds of shape (P_i, C).
            last: the feature to stop after, see ``init_kd``.
        """
        voxels = self.voxelize(points, max_voxels=self.voxel_layer.max_voxels[0])
        return self.encode(*voxels, len(points), last)

    def check_teacher(self, teacher: Base3DDetector) -> None:
        """Check that a teacher makes the voxels and maps that this network's terms compare.

        Raises:
            ValueError: if it does not; the message names the settings of both.
        """
        if not isinstance(teacher, VoxelNet):
            return
        for term in self.kd_terms.values():
            if term.feature == 'voxel_features':
                require_same_voxel_layer(self, teacher)
            elif self.map_sizes is not None and teacher.map_sizes is not None:
                require_same_maps(term, self.map_sizes, teacher.map_sizes)

    def _about_predictions(self, outputs: HeadOutputs | None, batch: KDBatch) -> dict[str, Any]:
        """What losses on predictions may ask, of heads that know it."""
        if outputs is None or not hasattr(self.bbox_head, 'assigned'):
            return {}
        head: Any = self.bbox_head
        maps = outputs.cls_scores
        truth = batch.gt_bboxes_3d, batch.gt_labels_3d, batch.img_metas
        return {
            'assigned': lambda: head.assigned(maps, *real_objects(*truth)),
            'decode': lambda _sample, rows, codes, _labels: head.decode(maps, rows, codes),
        }

    def loss_kd(self, features: dict, teacher_info: dict, batch: KDBatch) -> dict[str, Tensor]:
        """Compare this network's features with the teacher's.

        Args:
            features: what this network published on a batch.
            teacher_info: what the teacher published on the same batch.
            batch: what else is known of it.

        Returns:
            ``loss_kd``, and with several terms each of them under ``kd_NAME``.

        Raises:
            ValueError: if the two networks made different voxels or maps of different sizes.
        """
        batch = replace(
            batch,
            importance=features['num_points'],
            frames=features['coors'][:, 0],
            **self._about_predictions(features.get('head_outputs'), batch),
        )
        losses = {}
        for name, term in self.kd_terms.items():
            if term.feature == 'voxel_features':
                _require_same_voxels(features['coors'], teacher_info['coors'])
            losses[name] = self.kd_losses[name](*term.pair(features, teacher_info), batch)
        return sum_terms(losses)


def _level_channels(neck: Any) -> list[int]:
    """Widths of a neck's maps; mmdet's FPN has its own way to tell them."""
    if hasattr(neck, 'level_channels'):
        return list(neck.level_channels)
    return [neck.out_channels] * neck.num_outs


def _require_same_voxels(student: Tensor, teacher: Tensor) -> None:
    if not torch.equal(student, teacher):
        raise ValueError(
            f'the {len(student)} voxels of the student are not those of the teacher: '
            'give both configs the same voxel_layer'
        )
