"""A scene from above, with boxes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from mmcv_patched.full_disk import atomic_write
from mmdet3d.core.bbox import LiDARInstance3DBoxes

# Corners of the bottom face, in the order around it (see LiDARInstance3DBoxes.corners).
_BOTTOM = [0, 3, 7, 4]


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


def draw_bev(
    points: np.ndarray,
    layers: Sequence[BoxLayer],
    path: str | Path,
    view: Sequence[float] = (0, -40, 70, 40),
    title: str | None = None,
) -> Path:
    """Save a picture of a cloud and boxes from above; the sensor looks to the top.

    Args:
        points: cloud of shape (N, C), x, y, z first, in metres; coloured by height.
        layers: boxes to draw, the last on top. A tick on a box's front tells its heading.
        path: the PNG (or PDF, SVG) to write; its folder is made.
        view: x_min, y_min, x_max, y_max of what is shown, in metres.
        title: a line above the picture.

    Returns:
        the path.
    """
    x_min, y_min, x_max, y_max = view
    figure = Figure(figsize=(10, 10 * (x_max - x_min) / (y_max - y_min) + 0.6), dpi=120)
    axes = figure.add_subplot()
    axes.scatter(
        -points[:, 1], points[:, 0], c=points[:, 2], s=0.4, cmap='viridis', vmin=-2.5, vmax=1.5
    )
    for layer in layers:
        _draw_layer(axes, layer)
    axes.set(xlim=(-y_max, -y_min), ylim=(x_min, x_max), aspect='equal', title=title)
    axes.set(xlabel='right of the sensor (m)', ylabel='ahead of the sensor (m)')
    if layers:
        axes.legend(loc='upper right')
    path = Path(path)
    with atomic_write(path) as file:
        figure.savefig(file, format=path.suffix[1:] or 'png', bbox_inches='tight')
    return path


def _draw_layer(axes: Axes, layer: BoxLayer) -> None:
    corners = layer.boxes.corners[:, _BOTTOM, :2].cpu().numpy()
    middle, front = corners.mean(axis=1), corners[:, 2:].mean(axis=1)
    outlines = np.concatenate([corners, corners[:, :1]], axis=1)
    ticks = np.stack([front, front + 0.3 * (front - middle)], axis=1)
    for lines, label in ((outlines, layer.name), (ticks, None)):
        flipped = [np.column_stack([-line[:, 1], line[:, 0]]) for line in lines]
        axes.add_collection(LineCollection(flipped, colors=layer.color, lw=1.2, label=label))
    for (x, y), text in zip(middle, layer.labels or ()):
        axes.annotate(text, (-y, x), color=layer.color, fontsize=7, clip_on=True)
