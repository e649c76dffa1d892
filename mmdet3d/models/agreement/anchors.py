"""What an anchor head says of its anchors, and what else is said of them."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from mmdet3d.core.anchor import Anchor3DRangeGenerator
from mmdet3d.models.agreement.parts import Part, as_lists, require_agreement
from mmdet3d.models.agreement.sizes import MapSizes, Size

# How far from its cell's centre an anchor may lie, in cells. SECOND's lie on the borders of the
# range, half a cell away; the rest is rounding.
_TOLERANCE = 0.5 + 1e-3


def check_anchor_head(
    built: Any, head: Part, layer: Part, before: Part, sizes: MapSizes | None, train_key: str
) -> None:
    """Compare the anchors of a head with its coder and assigners, with maps, range and classes.

    Args:
        built: the head.
        head: what the config says of it.
        layer: what the config says of the voxels.
        before: likewise of the part that gives the head its maps.
        sizes: the sizes of the maps, None if they are not known.
        train_key: where the settings for training the head stand in the config.

    Raises:
        ValueError: if two settings disagree.
    """
    generator = built.anchor_generator
    if not isinstance(generator, Anchor3DRangeGenerator):
        return
    anchors = Part(f'{head.key}.anchor_generator', '', vars(generator))
    _check_codes(built, head, anchors, train_key)
    _check_assigners(built, head, anchors, train_key)
    _check_heights(anchors, layer)
    if sizes is not None:
        _check_levels(anchors, before, sizes.neck_features)
        for size in sizes.neck_features:
            _check_places(generator, anchors, layer, size)


def _check_codes(built: Any, head: Part, anchors: Part, train_key: str) -> None:
    columns = 7 + len(anchors['custom_values'])
    code = f'{head.key}.bbox_coder.code_size={built.box_code_size}'
    require_agreement(
        built.box_code_size == columns,
        code,
        anchors.says('custom_values'),
        f'the anchors have {columns} numbers, 7 of the box and the custom values',
    )
    weights = built.train_cfg.get('code_weight')
    require_agreement(
        not weights or len(weights) == built.box_code_size,
        f'{train_key}.code_weight={as_lists(weights)}',
        code,
        f'give {built.box_code_size} weights, one for each number of the code',
    )


def _check_assigners(built: Any, head: Part, anchors: Part, train_key: str) -> None:
    if not isinstance(built.bbox_assigner, list):
        return
    count = len(built.bbox_assigner)
    said = f'{train_key}.assigner (a list of {count})'
    sizes = f'{anchors.key}.sizes={as_lists(anchors["sizes"])}'
    require_agreement(
        count == len(anchors['sizes']),
        said,
        sizes,
        f'give {len(anchors["sizes"])} assigners, one for each size, or a single one for all',
    )
    require_agreement(
        not anchors['reshape_out'],
        said,
        anchors.says('reshape_out'),
        'an assigner for each size needs reshape_out=False',
    )
    require_agreement(
        not head['assign_per_class'] or count == head['num_classes'],
        head.says('num_classes'),
        f'{said}, {sizes} and {head.says("assign_per_class")}',
        f'{head["num_classes"]} assigners and sizes are wanted, one for each class',
    )


def _check_heights(anchors: Part, layer: Part) -> None:
    low, high = layer['point_cloud_range'][2], layer['point_cloud_range'][5]
    for i, place in enumerate(anchors['ranges']):
        require_agreement(
            low <= place[2] <= high and low <= place[5] <= high,
            f'{anchors.key}.ranges[{i}]={list(place)}',
            layer.says('point_cloud_range'),
            f'the anchors stand at z={place[2]}, where there are no voxels ({low} to {high})',
        )


def _check_levels(anchors: Part, before: Part, sizes: Sequence[Size]) -> None:
    given = before.says('num_outs') if before.kind == 'FPN' else before.says('out_channels')
    require_agreement(
        len(anchors['scales']) == len(sizes),
        f'{anchors.key}.scales={list(anchors["scales"])}',
        f'{given} ({before.kind})',
        f'the head is given {len(sizes)} maps, and needs a scale for each',
    )


def _check_places(
    generator: Anchor3DRangeGenerator, anchors: Part, layer: Part, size: Size
) -> None:
    """Every anchor lies in the cell that predicts it."""
    limits = layer['point_cloud_range']
    for i, place in enumerate(anchors['ranges']):
        if place[:2] == place[3:5]:
            # As in a config that mmdetection3d published, whose weights need it.
            warnings.warn(
                f'{anchors.key}.ranges[{i}]={list(place)}: all anchors stand on one place, so '
                f'hardly an object is learnt; {_fitting_range(limits, place)} is meant?',
                stacklevel=2,
            )
            continue
        for axis, count in ((0, size[1]), (1, size[0])):
            low, high = limits[axis], limits[axis + 3]
            cell = (high - low) / count
            found = generator.centers(place[axis], place[axis + 3], count, 'cpu').numpy()
            off = np.abs(found - (low + (np.arange(count) + 0.5) * cell)).max()
            require_agreement(
                off <= _TOLERANCE * cell,
                f'{anchors.key}.ranges[{i}]={list(place)}',
                layer.says('point_cloud_range'),
                f'anchors lie up to {off:.2f} m along {"xy"[axis]} from the middle of their cells '
                f'of {cell:.2f} m; {_fitting_range(limits, place)} fits',
            )


def _fitting_range(limits: Sequence[float], place: Sequence[float]) -> list[float]:
    return [*limits[:2], place[2], *limits[3:5], place[5]]
