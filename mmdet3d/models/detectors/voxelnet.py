"""Detectors on voxels: SECOND and PointPillars."""

from mmdet3d.models.builder import DETECTORS
from mmdet3d.models.detectors.base import refuse_pretrained
from mmdet3d.models.detectors.voxel_detector import VoxelDetector


@DETECTORS.register_module()
class VoxelNet(VoxelDetector):
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
        refuse_pretrained(pretrained)
        self.build_parts(
            voxel_layer,
            voxel_encoder,
            middle_encoder,
            backbone,
            neck,
            bbox_head,
            train_cfg,
            test_cfg,
        )
