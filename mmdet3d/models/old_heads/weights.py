"""Weights of anchor heads of before mmdetection3d v1.0, made into v1.0's.

Before v1.0 a box was (x, y, z, width, length, height, yaw), the yaw clockwise: yaw = -old - pi/2.
An anchor of one heading is therefore what an anchor of the other heading was, the logarithms of
length and width change places, and the difference of headings changes its sign. Which half of the
circle a direction stands for moves too.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmdet3d.core.bbox import limit_period
from mmdet3d.models.old_heads.notes import GENERATORS, HeadNotes
from mmdet3d.models.old_heads.signs import as_rows, saved_sizes, swapped

_CLOSE = 1e-6
_QUARTER = math.pi / 2


def convert_head(
    weights: dict[str, Tensor], prefix: str, head: Any, section: Mapping[str, Any]
) -> HeadNotes:
    """Convert the outputs of an anchor head, in place; the boxes that it predicts stay the same.

    Args:
        weights: weights of the whole network, by name.
        prefix: what the names of the head's weights begin with.
        head: the head that they are for.
        section: its section of the config that the weights were trained with; empty where that is
            not known, which then is taken to be the head's own, in the old convention.

    Returns:
        what the head needs besides.

    Raises:
        ValueError: if the headings of old and new anchors cannot be paired.
    """
    new = list(head.anchor_generator.rotations)
    old = _old_rotations(section, new)
    order = _pair(old, new)
    begins, exchanged = _directions(old_offset(section, head.dir_offset), head.dir_offset, new)
    period = math.pi if head.use_direction_classifier else 2 * math.pi
    shifts = [limit_period(-old[o] - _QUARTER - n, 0.5, period) for o, n in zip(order, new)]
    for kind in ('weight', 'bias'):
        outputs = _Outputs(weights, prefix, kind, len(new), order)
        outputs.change('conv_cls', head.num_classes, lambda rows: rows)
        shift = torch.tensor(shifts) if kind == 'bias' else torch.zeros(len(new))
        outputs.change('conv_reg', head.box_code_size, lambda rows, s=shift: _residuals(rows, s))
        if head.use_direction_classifier:
            outputs.change('conv_dir_cls', 2, lambda rows: _exchange(rows, exchanged))
    aligned = all(_is_multiple(each - head.dir_offset, 2 * math.pi) for each in begins)
    has_begins = head.use_direction_classifier and not aligned
    return HeadNotes(begins if has_begins else None, _anchors(section, head))


def old_offset(section: Mapping[str, Any], dir_offset: float) -> float:
    """Return the old heading at which the first direction of a head began.

    Args:
        section: of the head, in the config that it was trained with; empty where that is not known.
        dir_offset: of the head now.
    """
    told = section.get('dir_offset', 0 if section else None)
    if isinstance(told, (int, float)):
        return float(told)
    # v1.0 turned the default, and changed the sign of those that configs set.
    return 0.0 if _is_multiple(dir_offset + _QUARTER, 2 * math.pi) else -dir_offset


class _Outputs:
    """The last layers of a head: one kind of their parameters, by anchors."""

    def __init__(
        self, weights: dict[str, Tensor], prefix: str, kind: str, rotations: int, order: list[int]
    ) -> None:
        self.weights, self.prefix, self.kind = weights, prefix, kind
        self.rotations, self.order = rotations, order

    def change(self, layer: str, width: int, convert: Any) -> None:
        """Take each anchor's rows from its old place, (sizes, rotations, width, ...), and convert.

        Args:
            layer: name of the layer.
            width: number of outputs of an anchor.
            convert: makes the new rows of the old ones.
        """
        key = f'{self.prefix}{layer}.{self.kind}'
        rows = self.weights[key].unflatten(0, (-1, self.rotations, width))[:, self.order]
        self.weights[key] = convert(rows.clone()).flatten(0, 2)


def _residuals(rows: Tensor, shift: Tensor) -> Tensor:
    rows[:, :, [3, 4]] = rows[:, :, [4, 3]]
    # One shift for each rotation, whatever further axes the rows have.
    moved = shift.to(rows).reshape(1, -1, *[1] * (rows.ndim - 3))
    rows[:, :, 6] = moved - rows[:, :, 6]
    return rows


def _exchange(rows: Tensor, exchanged: Sequence[bool]) -> Tensor:
    for rotation, is_exchanged in enumerate(exchanged):
        if is_exchanged:
            rows[:, rotation] = rows[:, rotation].flip(1)
    return rows


def _old_rotations(section: Mapping[str, Any], new: list[float]) -> list[float]:
    generator = section.get('anchor_generator')
    rotations = generator.get('rotations') if isinstance(generator, Mapping) else None
    told = as_rows([rotations], len(new))
    return new if told is None else told[0].tolist()


def _pair(old: Sequence[float], new: Sequence[float]) -> list[int]:
    """Return for each new rotation the old one that is nearest to it, up to a half turn."""
    turned = -np.array(old) - _QUARTER
    apart = np.abs(limit_period(turned[None] - np.array(new)[:, None], 0.5, np.pi))
    order = apart.argmin(axis=1).tolist()
    if sorted(order) != list(range(len(old))):
        raise ValueError(
            f'anchors of the headings {list(old)} before v1.0 have no counterparts among '
            f'rotations={list(new)} of the config: give the config that the weights were trained by'
        )
    return order


def _directions(
    old_begin: float, new_begin: float, rotations: Sequence[float]
) -> tuple[list[float], list[bool]]:
    """Return for each rotation where its first direction begins, and whether the two exchange.

    An old direction 0 is [old_begin, old_begin + pi), which turned around is
    (pi/2 - old_begin, 3/2 pi - old_begin]. The directions of an anchor are exchanged where that
    lets them name the half of the circle, of an object along the anchor, that the config's do.
    """
    turned = _QUARTER - old_begin
    exchanged = [_half(rotation - turned) != _half(rotation - new_begin) for rotation in rotations]
    begins = [limit_period(turned + math.pi * each, 0.5, 2 * math.pi) for each in exchanged]
    return [float(each) for each in begins], exchanged


def _half(angle: float) -> int:
    return int(angle % (2 * math.pi) // math.pi)


def _is_multiple(angle: float, period: float) -> bool:
    return abs(limit_period(angle, 0.5, period)) < _CLOSE


def _anchors(section: Mapping[str, Any], head: Any) -> dict[str, Any] | None:
    """Return the old anchors as v1.0 writes them, if they are not those of the head."""
    generator, sizes = section.get('anchor_generator'), saved_sizes(section)
    own = head.anchor_generator
    if not isinstance(generator, Mapping) or sizes is None or len(sizes) != len(own.sizes):
        return None
    ranges, kind = as_rows(generator.get('ranges'), 6), generator.get('type')
    if ranges is None or kind not in GENERATORS:
        return None
    scales = as_rows([generator.get('scales')], len(own.scales))
    told = {
        'type': kind,
        'ranges': ranges.tolist(),
        'sizes': swapped(sizes).tolist(),
        'scales': list(own.scales) if scales is None else scales[0].tolist(),
    }
    if _same_anchors(told, own):
        return None
    same = ('custom_values', 'reshape_out', 'size_per_range')
    return {**told, 'rotations': list(own.rotations), **{name: getattr(own, name) for name in same}}


def _same_anchors(told: Mapping[str, Any], own: Any) -> bool:
    ranges = told['ranges'] * (len(own.ranges) if len(told['ranges']) == 1 else 1)
    return (
        told['type'] == type(own).__name__
        and np.shape(ranges) == np.shape(own.ranges)
        and np.allclose(ranges, own.ranges)
        and np.allclose(told['sizes'], own.sizes)
        and list(told['scales']) == list(own.scales)
    )
