"""mmdetection3d's detector for nuScenes, of which the branch for point clouds is here."""

from typing import Any

from torch import Tensor

from mmdet3d.models.builder import DETECTORS
from mmdet3d.models.detectors.voxelnet import VoxelNet
from mmdet3d.utils.arguments import check_keys

_PARTS = ('voxel_layer', 'voxel_encoder', 'middle_encoder', 'backbone', 'neck', 'bbox_head')
_CAMERA_PARTS = ('pts_fusion_layer', 'img_backbone', 'img_neck', 'img_rpn_head', 'img_roi_head')


@DETECTORS.register_module()
class MVXFasterRCNN(VoxelNet):
    """A VoxelNet whose parts carry the prefix ``pts_``, in its config and in its weights' names.

    The LiDAR branch of "MVX-Net" (ICRA 2019), with mmdetection3d's names. PointPillars with a
    feature pyramid fills it for nuScenes.

    Args:
        pts_voxel_layer: arguments of :class:`mmdet3d.ops.Voxelization`.
        pts_voxel_encoder: config of what turns the points of a voxel into its feature.
        pts_middle_encoder: config of what turns voxels into a map.
        pts_backbone: config of the 2D backbone.
        pts_neck: config of the neck, if any.
        pts_bbox_head: config of the head.
        train_cfg: settings for training: ``pts`` those of the head, ``kd_cfg`` for distillation.
        test_cfg: settings for testing: ``pts`` those of the head.
        init_cfg: initialisation.
        pretrained: accepted for mmdetection3d's configs; has to be None, use ``load_from``.
        **camera_parts: mmdetection3d's parts for images and their fusion; have to be None.

    Raises:
        TypeError: for an argument that mmdetection3d does not have either.
        ValueError: if there is no head, a part for images or ``pretrained`` is given, ``kd_cfg`` is
            not understood, settings are not under ``pts``, or two settings of the parts disagree.
    """

    kd_types = {
        'MVXFasterRCNN': {
            'neck': {
                'feature': 'neck_features',
                'level': 0,
                'loss': {'type': 'LocalGraph', 'scope': 'frame'},
            }
        }
    }
    part_prefix = 'pts_'
    train_cfg_key = 'model.train_cfg.pts'

    def __init__(
        self,
        pts_voxel_layer: dict,
        pts_voxel_encoder: dict,
        pts_middle_encoder: dict,
        pts_backbone: dict,
        pts_neck: dict | None = None,
        pts_bbox_head: dict | None = None,
        train_cfg: dict | None = None,
        test_cfg: dict | None = None,
        init_cfg: dict | None = None,
        pretrained: None = None,
        **camera_parts: None,
    ) -> None:
        _refuse_camera(camera_parts)
        of_points = {
            'train_cfg': _of_points('train_cfg', train_cfg),
            'test_cfg': _of_points('test_cfg', test_cfg),
        }
        super().__init__(
            pts_voxel_layer,
            pts_voxel_encoder,
            pts_middle_encoder,
            pts_backbone,
            pts_neck,
            pts_bbox_head and {**pts_bbox_head, **of_points},
            train_cfg,
            test_cfg,
            init_cfg,
            pretrained,
        )

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(f'{self.part_prefix}{name}' if name in _PARTS else name, value)

    def __getattr__(self, name: str) -> Any:
        return super().__getattr__(f'{self.part_prefix}{name}' if name in _PARTS else name)

    def simple_test(
        self, points: list[Tensor], img_metas: list[dict], rescale: bool = False, **_: Any
    ) -> list[dict]:
        """Return for each sample its detections, see ``VoxelNet``'s, under ``pts_bbox``."""
        results = super().simple_test(points, img_metas, rescale)
        return [{'pts_bbox': result} for result in results]


def _refuse_camera(given: dict[str, Any]) -> None:
    points = [f'{MVXFasterRCNN.part_prefix}{name}' for name in _PARTS]
    why = ', which MVXFasterRCNN does not take'
    check_keys('model', given, [*_CAMERA_PARTS, *points], why)
    for name, value in given.items():
        if value is not None:
            raise ValueError(
                f'{name} is given, but MVXFasterRCNN supports point clouds alone: leave out '
                f'{", ".join(_CAMERA_PARTS)} and keep the parts that begin with pts_'
            )


def _of_points(name: str, cfg: dict | None) -> dict | None:
    if cfg is None:
        return None
    unknown = sorted(set(cfg) - {'pts', 'kd_cfg'})
    if 'pts' not in cfg or unknown:
        raise ValueError(
            f"{name} has {sorted(cfg)}: expected the head's settings under 'pts', and in train_cfg "
            "possibly 'kd_cfg' beside it"
        )
    return cfg['pts']
