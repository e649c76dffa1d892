"""What the detectors on voxels share: six stages, the features between them, and distillation."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmdet3d.core.bbox import bbox3d2result
from mmdet3d.models.builder import (
    build_backbone,
    build_head,
    build_middle_encoder,
    build_neck,
    build_voxel_encoder,
)
from mmdet3d.models.detectors.base import Base3DDetector
from mmdet3d.models.kd import sum_terms
from mmdet3d.ops import Voxelization


class VoxelDetector(Base3DDetector):
    """Voxels, their features, a bird's-eye view, a 2D backbone and neck, an anchor head.

    A subclass calls :meth:`build_parts` in its constructor.

    Attributes:
        part_prefix: what the names of the six parts begin with, as in the weights' names.
    """

    kd_features = ('voxel_features', 'backbone_features', 'neck_features')
    part_prefix = ''

    def build_parts(
        self,
        voxel_layer: dict,
        voxel_encoder: dict,
        middle_encoder: dict,
        backbone: dict,
        neck: dict | None,
        bbox_head: dict,
        train_cfg: dict | None,
        test_cfg: dict | None,
    ) -> None:
        """Build the parts from their configs, ``train_cfg`` and ``test_cfg`` being the head's.

        Raises:
            ValueError: if the middle encoder has no room for the voxels.
        """
        parts = {
            'voxel_layer': Voxelization(**voxel_layer),
            'voxel_encoder': build_voxel_encoder(voxel_encoder),
            'middle_encoder': build_middle_encoder(middle_encoder),
            'backbone': build_backbone(backbone),
            **({} if neck is None else {'neck': build_neck(neck)}),
            'bbox_head': build_head({**bbox_head, 'train_cfg': train_cfg, 'test_cfg': test_cfg}),
        }
        for name, part in parts.items():
            setattr(self, self.part_prefix + name, part)
        self._check_grid()

    def part(self, name: str) -> nn.Module | None:
        """Return a part by its name without prefix, such as 'neck'; None for a neck left out."""
        return getattr(self, self.part_prefix + name, None)

    def _check_grid(self) -> None:
        encoder = self.part('middle_encoder')
        grid = self.part('voxel_layer').grid_size.tolist()[::-1]
        room = encoder.grid_shape
        if any(cells > there for cells, there in zip(grid[::-1], room[::-1])):
            raise ValueError(
                f'the range of {self.part_prefix}voxel_layer has {grid} voxels along z, y and x, '
                f'but the {type(encoder).__name__} has room for {room}: change its shape with the '
                'range and the voxel size'
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
        voxels, coors, num_points = zip(*(self.part('voxel_layer')(cloud) for cloud in points))
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
        features['voxel_features'] = x = self.part('voxel_encoder')(voxels, num_points, coors)
        if last == 'voxel_features':
            return features
        x = self.part('middle_encoder')(x, coors, len(points))
        features['backbone_features'] = x = self.part('backbone')(x)
        if last == 'backbone_features':
            return features
        neck = self.part('neck')
        features['neck_features'] = x if neck is None else neck(x)
        return features

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
            epoch: number of the epoch, given with ``teacher_info``.
            iter: number of the iteration, likewise.
        """
        head = self.part('bbox_head')
        features = self.extract_feat(points, img_metas)
        predictions = head(features['neck_features'])
        losses = head.loss(*predictions, gt_bboxes_3d, gt_labels_3d, img_metas)
        if teacher_info is not None:
            losses.update(self.loss_kd(features, teacher_info))
        return losses

    def simple_test(
        self, points: list[Tensor], img_metas: list[dict], rescale: bool = False, **_: Any
    ) -> list[dict]:
        """Return ``boxes_3d``, ``scores_3d`` and ``labels_3d`` of each sample, on the CPU."""
        head = self.part('bbox_head')
        features = self.extract_feat(points, img_metas)
        predictions = head(features['neck_features'])
        detections = head.get_bboxes(*predictions, img_metas, rescale=rescale)
        return [bbox3d2result(*each) for each in detections]

    def feature_widths(self) -> dict[str, int | list[int]]:
        """Return the widths of the published features, a list over maps for maps."""
        backbone = list(self.part('backbone').out_channels)
        neck = self.part('neck')
        return {
            'voxel_features': self.part('voxel_encoder').out_channels,
            'backbone_features': backbone,
            'neck_features': backbone if neck is None else _widths_of(neck),
        }

    def get_teacher_info(self, points: list[Tensor], **_: Any) -> dict:
        """Return the features of a batch, of the very voxels that a student in training keeps."""
        self.part('voxel_layer').train()  # a network in eval mode may keep more voxels
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


def _widths_of(neck: nn.Module) -> list[int]:
    """Widths of a neck's maps: one that stacks its inputs' maps, or mmdet's FPN."""
    if isinstance(neck.out_channels, int):
        return [neck.out_channels] * neck.num_outs
    return [sum(neck.out_channels)]


def _same_voxels(features: dict, teacher_info: dict) -> dict[str, Tensor]:
    """Return the number of points of each voxel, and which cloud it belongs to."""
    if not torch.equal(features['coors'], teacher_info['coors']):
        raise ValueError(
            f'the {len(features["coors"])} voxels of the student are not those of the teacher: '
            'give both configs the same voxel_layer'
        )
    return {'importance': features['num_points'], 'frames': features['coors'][:, 0]}
