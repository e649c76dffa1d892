"""A scene from above, with boxes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from mmdet3d.core.visualizer.layers import BoxLayer, wireframes
from mmdet3d.utils.figures import save_figure

# Of the edges of a box, those of its bottom, and the mark of its heading.
_FROM_ABOVE = [3, 7, 8, 11, 12]


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
        layers: boxes to draw, the last on top. A line out of a box's front tells its heading.
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
    show_from_above(axes, layers, view)
    axes.set_title(title or '')
    if layers:
        axes.legend(loc='upper right')
    return save_figure(figure, path, bbox_inches='tight')


def show_from_above(
    axes: Axes, layers: Sequence[BoxLayer], view: Sequence[float], width: float = 1.2
) -> None:
    """Draw boxes on axes that show a scene from above, and label these.

    Args:
        axes: where to draw; to the right is -y, upwards is x.
        layers: boxes to draw, the last on top.
        view: x_min, y_min, x_max, y_max of what is shown, in metres.
        width: of the lines, in points.
    """
    for layer in layers:
        lines = _seen_from_above(wireframes(layer.boxes)[:, _FROM_ABOVE])
        flat = list(lines.reshape(-1, 2, 2))
        axes.add_collection(LineCollection(flat, colors=layer.color, lw=width, label=layer.name))
        for of_box, text in zip(lines, layer.labels or ()):
            _label_beside(axes, of_box.reshape(-1, 2), text, layer.color)
    x_min, y_min, x_max, y_max = view
    axes.set(xlim=(-y_max, -y_min), ylim=(x_min, x_max), aspect='equal')
    axes.set(xlabel='right of the sensor (m)', ylabel='ahead of the sensor (m)')


def _label_beside(axes: Axes, ends: np.ndarray, text: str, color: str) -> None:
    """Write a text to the right of a box, whose lines have the ends (E, 2)."""
    place = ends[:, 0].max(), (ends[:, 1].min() + ends[:, 1].max()) / 2
    axes.annotate(
        text,
        place,
        (3, 0),
        textcoords='offset points',
        color=color,
        fontsize=7,
        va='center',
        clip_on=True,
    )


def _seen_from_above(places: np.ndarray) -> np.ndarray:
    """Turn x, y, ... to what is right and up in the picture."""
    return np.stack([-places[..., 1], places[..., 0]], axis=-1)
