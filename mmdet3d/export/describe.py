"""What there is to say of a detector where it is exported."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmdet3d.apis.inference import split_pipeline
from mmdet3d.datasets.pipelines import (
    Collect3D,
    DefaultFormatBundle3D,
    GlobalRotScaleTrans,
    LoadPointsFromMultiSweeps,
    MultiScaleFlipAug3D,
    PointsRangeFilter,
    RandomFlip3D,
)
from mmdet3d.export.settings import ModelSettings


def describe(model: Any, part: str, precision: str) -> ModelSettings:
    """Return what a model of a part of a detector is to say of itself.

    Args:
        model: a detector on voxels, from ``init_model``.
        part: see :class:`ModelSettings`.
        precision: likewise.

    Raises:
        ValueError: if its test pipeline does with points what is not known here, or its weights
            were converted from directions that differ by anchor.
    """
    head, voxels = model.bbox_head, model.voxel_layer
    if head.direction_begins is not None:
        raise ValueError(
            'the weights were converted from those of before mmdetection3d v1.0, whose directions '
            'begin elsewhere for each rotation of the anchors, which a model cannot be told of: '
            'train the network on for a while with load_from, or export one that was trained anew'
        )
    return ModelSettings(
        part=part,
        detector=type(model).__name__,
        config=Path(model.cfg.filename or 'of the checkpoint').name,
        parameters=sum(each.numel() for each in model.parameters()),
        precision=precision,
        classes=list(model.CLASSES),
        **_of_points(model.cfg),
        voxel_size=list(voxels.voxel_size),
        point_cloud_range=list(voxels.point_cloud_range),
        grid_size=voxels.grid_size.tolist(),
        max_num_points=voxels.max_num_points,
        max_voxels=voxels.max_voxels[1],
        score_thr=head.test_cfg['score_thr'],
        nms_pre=head.test_cfg.get('nms_pre', -1),
        nms_thr=head.test_cfg['nms_thr'],
        use_rotate_nms=head.test_cfg['use_rotate_nms'],
        max_num=head.test_cfg['max_num'],
        has_directions=head.use_direction_classifier,
        dir_offset=head.dir_offset,
        dir_limit_offset=head.dir_limit_offset,
    )


def _of_points(cfg: Any) -> dict[str, Any]:
    """What the test pipeline does with the points of a cloud."""
    load, steps = split_pipeline(cfg)
    found: dict[str, Any] = {
        'load_dim': load.load_dim,
        'use_dim': list(load.use_dim),
        'sweeps': None,
        'points_range': None,
    }
    for step in _flattened(steps.transforms):
        if isinstance(step, PointsRangeFilter):
            found['points_range'] = list(step.point_cloud_range)
        elif isinstance(step, LoadPointsFromMultiSweeps):
            found['sweeps'] = {
                'sweeps_num': step.sweeps_num,
                'use_dim': list(step.use_dim),
                'pad': step.pad_empty_sweeps,
                'remove_close': step.remove_close,
            }
        elif not _changes_nothing(step):
            raise ValueError(
                f'the test pipeline of the config has {step!r}, which a model cannot be told of: '
                'take it out of data.test.pipeline'
            )
    return found


def _flattened(steps: list[Any]) -> Iterator[Any]:
    """The steps in their order, those of test-time augmentation that makes one copy among them."""
    for step in steps:
        one_copy = isinstance(step, MultiScaleFlipAug3D) and not step.flip
        if one_copy and step.pts_scale_ratio == [1.0] and len(step.img_scale) == 1:
            yield from step.transforms.transforms
        else:
            yield step


def _changes_nothing(step: Any) -> bool:
    if isinstance(step, GlobalRotScaleTrans):
        moves = [*step.rot_range, *step.translation_std]
        return not any(moves) and all(each == 1 for each in step.scale_ratio_range)
    if isinstance(step, RandomFlip3D):
        return not step.flip_ratio_bev_horizontal and not step.flip_ratio_bev_vertical
    return isinstance(step, (Collect3D, DefaultFormatBundle3D))
