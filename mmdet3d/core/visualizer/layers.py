"""Boxes as lines, whatever picture they are drawn in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmdet3d.core.bbox import LiDARInstance3DBoxes

# Pairs of corners, see LiDARInstance3DBoxes.corners: around the back, the front, and between them.
_EDGES = np.array(
    [(0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4), (0, 4), (1, 5), (2, 6), (3, 7)]
)
_BACK, _FRONT = [0, 1, 2, 3], [4, 5, 6, 7]
# How far a heading mark sticks out, in half lengths of the box.
_BEYOND = 0.3


@dataclass
class BoxLayer:
    """Boxes that are drawn alike.

    Attributes:
        name: what the legend calls them.
        boxes: the boxes.
        labels: a text beside each box, if any.
        color: any colour of matplotlib.
    """

    name: str
    boxes: LiDARInstance3DBoxes
    labels: Sequence[str] | None = None
    color: str = 'tab:green'


def wireframes(boxes: LiDARInstance3DBoxes) -> np.ndarray:
    """Return the edges of boxes, and of each a mark from its middle out of its front.

    Args:
        boxes: N boxes.

    Returns:
        of shape (N, 13, 2, 3), the two ends of each line in metres; the last is the mark.
    """
    corners = boxes.corners.cpu().numpy()
    back, front = corners[:, _BACK].mean(axis=1), corners[:, _FRONT].mean(axis=1)
    middle = (back + front) / 2
    marks = np.stack([middle, front + _BEYOND * (front - middle)], axis=1)
    return np.concatenate([corners[:, _EDGES], marks[:, None]], axis=1)
