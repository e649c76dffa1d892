"""Targets of anchors computed before, for frames whose objects come again as they were."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import NamedTuple

import torch
from torch import Tensor

from mmdet3d.models.dense_heads.anchor_targets import AnchorTargets


class AssignmentCache:
    """Remembers the targets of frames, by all that they depend on but the head's settings.

    Losses on predictions ask for the assignment that the head's own losses have just made, and
    frames that are not augmented have the same one in every epoch. Copies begin empty.

    Args:
        limit: how many frames are remembered, those that were asked for last. A frame takes some
            10 kB.
    """

    def __init__(self, limit: int = 2048) -> None:
        self.limit = limit
        self._anchors: Tensor | None = None
        self._frames: OrderedDict[tuple, _Frame] = OrderedDict()

    def __reduce__(self) -> tuple:
        return type(self), (self.limit,)

    def targets(
        self, anchors: Tensor, objects: Sequence[Tensor], assign: Callable[[], AnchorTargets]
    ) -> AnchorTargets:
        """Return the targets of one sample.

        Args:
            anchors: all anchors, of shape (..., code_size).
            objects: the tensors that say what is to be found in the sample.
            assign: computes the targets of these objects on these anchors.
        """
        if not _same(anchors, self._anchors):
            self._anchors = anchors
            self._frames.clear()
        key = tuple(_content(each) for each in objects)
        if key in self._frames:
            self._frames.move_to_end(key)
            return self._frames[key].unpack()
        found = assign()
        self._frames[key] = _Frame.pack(found)
        if len(self._frames) > self.limit:
            self._frames.popitem(last=False)
        return found


class _Frame(NamedTuple):
    """Targets of one frame: those of background once, and the rows of all other anchors."""

    total: int
    rows: Tensor
    background: list[Tensor]
    values: list[Tensor]

    @classmethod
    def pack(cls, targets: AnchorTargets) -> '_Frame':
        plain = (targets.dir_weights == 0) & (targets.label_weights == 1)
        rows, first = (~plain).nonzero().squeeze(1), plain.int().argmax()
        columns = [getattr(targets, field.name) for field in fields(targets)]
        background = [column[first].clone() for column in columns]
        return cls(len(plain), rows, background, [column[rows] for column in columns])

    def unpack(self) -> AnchorTargets:
        columns = []
        for background, values in zip(self.background, self.values):
            column = background.expand(self.total, *background.shape).clone()
            columns.append(column.index_copy_(0, self.rows, values))
        return AnchorTargets(*columns)


def _same(anchors: Tensor, others: Tensor | None) -> bool:
    return (
        others is not None
        and (anchors.device, anchors.dtype) == (others.device, others.dtype)
        and torch.equal(anchors, others)
    )


def _content(tensor: Tensor) -> tuple:
    """What tells a tensor from others, to the last bit."""
    array = tensor.detach().cpu().numpy()
    return tensor.device, tensor.dtype, array.shape, array.tobytes()
