"""What a config says of one fact in its model and in its data is compared before a run begins."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mmdet3d.apis.class_names import check_class_names, classes_of
from mmdet3d.apis.sections import check_data_section
from mmdet3d.datasets.builder import PIPELINES
from mmdet3d.models.agreement import Part, read_part, require_agreement
from mmdet3d.utils.config import named_datasets, named_steps

_HEADS = ('bbox_head', 'pts_bbox_head', 'rpn_head')
_VOXEL_LAYERS = ('voxel_layer', 'pts_voxel_layer')
# The parts that are given the columns of a point.
_FIRST_PARTS = ('voxel_encoder', 'pts_voxel_encoder', 'backbone')
_TAKES_ALL = ('PillarFeatureNet', 'HardVFE', 'PointNet2SAMSG')
_FILTERS = ('PointsRangeFilter', 'ObjectRangeFilter')
_SPLITS = ('train', 'val', 'test')


def check_agreement(cfg: Any, splits: Sequence[str] = _SPLITS) -> None:
    """Compare the model of a config with its data: classes, columns of points, and ranges.

    Data sets, steps and parts that are not of this project are not judged.

    Args:
        cfg: the config; what it leaves out is not compared.
        splits: the sections of ``cfg.data`` that are to be used.

    Raises:
        TypeError: if ``cfg.data`` has a key that nothing reads.
        ValueError: if two settings disagree; it names both, with their values, and what fits.
    """
    check_data_section(cfg, splits)
    model, data = cfg.get('model') or {}, cfg.get('data') or {}
    check_class_names(data, splits)
    for split in splits:
        for key, dataset in named_datasets(data.get(split) or (), f'data.{split}'):
            _check_classes(model, key, dataset)
            _check_box_columns(model, key, dataset)
            _check_pipeline(model, f'{key}.pipeline', dataset.get('pipeline') or ())


def _part(model: Mapping, names: Sequence[str]) -> Part | None:
    """The first of these parts that the model has."""
    for name in names:
        if model.get(name) is not None:
            return read_part(f'model.{name}', model[name])
    return None


def _check_classes(model: Mapping, key: str, dataset: Mapping) -> None:
    head, classes = _part(model, _HEADS), classes_of(dataset)
    if head is None or classes is None or 'num_classes' not in head.settings:
        return
    require_agreement(
        head['num_classes'] == len(classes),
        head.says('num_classes'),
        f'{key}.classes={list(classes)}',
        f'{len(classes)} classes are named; change the one or the other',
    )


def _check_box_columns(model: Mapping, key: str, dataset: Mapping) -> None:
    """Velocities are learnt from a data set that has them."""
    head = _part(model, _HEADS)
    if head is None or head.kind != 'Anchor3DHead':
        return
    size = (head['bbox_coder'] or {}).get('code_size', 7)
    kind, velocity = dataset.get('type', ''), dataset.get('with_velocity', True)
    columns = {'KittiDataset': 7, 'NuScenesDataset': 9 if velocity else 7}.get(kind)
    require_agreement(
        columns is None or size <= columns,
        f'{head.key}.bbox_coder.code_size={size}',
        f'{key}.type={kind!r}' + ('' if velocity else f' and {key}.with_velocity={velocity}'),
        f'its boxes have {columns} numbers',
    )


def _check_pipeline(model: Mapping, key: str, pipeline: Sequence[Mapping]) -> None:
    columns: int | None = None
    for place, step in named_steps(pipeline, key):
        kind = step.get('type')
        if not _is_known(kind):
            return  # what a step of a user's own does to the points is not known
        columns = _columns_after(step, columns)
        if kind == 'ObjectSample':
            _check_sampled_columns(place, step['db_sampler'], columns)
        if kind in _FILTERS:
            _check_filter(model, place, step)
        if kind == 'PointSample':
            _check_number(model, place, step)
    if columns is not None:
        _check_columns(model, key, columns)


def _is_known(kind: Any) -> bool:
    found = PIPELINES.get(kind) if isinstance(kind, str) else kind
    return found is not None and found.__module__.startswith('mmdet3d.')


def _columns_after(step: Mapping, columns: int | None) -> int | None:
    """How many numbers a point has after a step."""
    defaults = {'LoadPointsFromFile': 3, 'LoadPointsFromMultiSweeps': 4}
    if step['type'] not in defaults:
        return columns
    use_dim = step.get('use_dim', defaults[step['type']])
    return use_dim if isinstance(use_dim, int) else len(use_dim)


def _check_columns(model: Mapping, key: str, columns: int) -> None:
    first = _part(model, _FIRST_PARTS)
    if first is None:
        return
    said = f'{key}, whose use_dim keeps {columns} columns of a point'
    if first.kind in _TAKES_ALL:
        require_agreement(
            first['in_channels'] == columns,
            first.says('in_channels'),
            said,
            f'load {first["in_channels"]} columns, or set {first.key}.in_channels={columns}',
        )
    if first.kind == 'HardSimpleVFE':
        require_agreement(
            first['num_features'] <= columns,
            first.says('num_features'),
            said,
            f'load {first["num_features"]} columns or more',
        )


def _check_sampled_columns(key: str, sampler: Mapping, columns: int | None) -> None:
    """Sampled objects are put among the points of the frame."""
    loader = sampler.get('points_loader') or {'type': 'LoadPointsFromFile', 'use_dim': 4}
    sampled = _columns_after(loader, None) if _is_known(loader.get('type')) else None
    require_agreement(
        columns is None or sampled is None or sampled == columns,
        f'{key}.db_sampler.points_loader.use_dim={loader.get("use_dim")}',
        f'the {columns} columns of a point that the steps before it load',
        'sampled objects need the columns that the frame has',
    )


def _check_filter(model: Mapping, key: str, step: Mapping) -> None:
    layer = _part(model, _VOXEL_LAYERS)
    if layer is None:
        return
    own, limits = (
        np.array(each['point_cloud_range'], dtype=float).reshape(2, 3) for each in (step, layer)
    )
    said = f'{key}.point_cloud_range={list(step["point_cloud_range"])}'
    apart = (own[0] >= limits[1]) | (own[1] <= limits[0])
    if step['type'] == 'ObjectRangeFilter':
        apart, own, limits = apart[:2], own[:, :2], limits[:, :2]  # it does not look at z
    require_agreement(
        not apart.any(),
        f'{said} ({step["type"]})',
        layer.says('point_cloud_range'),
        'the two have nothing in common, so nothing would be left; let the filter keep that range',
    )
    if (own[0] < limits[0] - 1e-3).any() or (own[1] > limits[1] + 1e-3).any():
        warnings.warn(
            f'{said} ({step["type"]}) reaches beyond {layer.says("point_cloud_range")}: what lies '
            'between them is loaded, but never seen by the detector',
            stacklevel=2,
        )


def _check_number(model: Mapping, key: str, step: Mapping) -> None:
    backbone = _part(model, ('backbone',))
    if backbone is None or backbone.kind != 'PointNet2SAMSG':
        return
    require_agreement(
        step['num_points'] >= backbone['num_points'][0],
        f'{key}.num_points={step["num_points"]}',
        backbone.says('num_points'),
        f'the first stage chooses {backbone["num_points"][0]} of the points: sample more',
    )
