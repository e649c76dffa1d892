"""What an anchor head does for weights of before mmdetection3d v1.0."""

from typing import Any

import numpy as np
import torch
from mmdet.core import build_prior_generator
from torch import Tensor

from mmcv_patched.runner import Origin
from mmdet3d.core.bbox import limit_period
from mmdet3d.models.old_heads.notes import HeadNotes
from mmdet3d.models.old_heads.signs import why_old

_TOOL = 'tools/model_converters/convert_checkpoint.py'


class ConvertibleHead:
    """Mixed into an anchor head: it tells old weights, and decodes converted ones exactly.

    Attributes:
        direction_begins: of converted weights, see :class:`HeadNotes`; None of all others.
    """

    direction_begins: list[float] | None = None
    anchor_generator: Any
    dir_offset: float
    dir_limit_offset: float

    def judge_origin(self, origin: Origin) -> str | None:
        """Say in one line that weights are of before v1.0, if they are.

        Args:
            origin: what is known of them.
        """
        why = why_old(origin, self.anchor_generator.sizes, self.dir_offset)
        if why is None:
            return None
        return (
            f'its boxes are of before mmdetection3d v1.0 ({why}) and would be placed wrongly: '
            f'convert it by python {_TOOL} {origin.filename} --config CONFIG --out FILE; its '
            'features can be distilled as they are'
        )

    def take_converted(self, saved: Any) -> None:
        """Take what a converter noted of this head.

        Args:
            saved: what :meth:`HeadNotes.as_dict` gave.

        Raises:
            ValueError: if it is anything else.
        """
        notes = HeadNotes.read(saved, len(self.anchor_generator.rotations))
        self.direction_begins = notes.direction_begins
        if notes.anchor_generator is not None:
            self.anchor_generator = build_prior_generator(notes.anchor_generator)

    def settle_directions(self, directions: Tensor, yaws: Tensor, rows: Tensor) -> Tensor:
        """Return the directions, 0 or 1, counted from ``dir_offset``.

        Args:
            directions: as the head predicts them, of shape (N,).
            yaws: headings in radians, known but for a half turn, of shape (N,).
            rows: which of a map's anchors each is of, of shape (N,).
        """
        if self.direction_begins is None:
            return directions
        begins = yaws.new_tensor(self.direction_begins)[rows % len(self.direction_begins)]
        meant = limit_period(yaws - begins, 0, np.pi) + begins + np.pi * directions
        half = limit_period(yaws - self.dir_offset, self.dir_limit_offset, np.pi)
        return torch.round((meant - half - self.dir_offset) / np.pi).long() % 2
