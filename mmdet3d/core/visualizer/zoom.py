"""One object from above, from the side and from the front."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.core.visualizer.layers import BoxLayer, wireframes
from mmdet3d.on_cpu.points_in_boxes import points_in_boxes
from mmdet3d.utils.figures import save_figure

_AXES = ('along (m)', 'across, to its left (m)', 'up (m)')
# What is to the right and upwards in each picture.
_VIEWS = {'from above': (0, 1), 'from the side': (0, 2), 'from the front': (1, 2)}
_INSIDE = 'tab:orange'


def draw_object(
    points: np.ndarray,
    layers: Sequence[BoxLayer],
    box: LiDARInstance3DBoxes,
    path: str | Path,
    title: str | None = None,
) -> Path:
    """Save a picture of one object in its own axes: its points, and all boxes about it.

    Args:
        points: cloud of shape (N, C), x, y, z first, in metres.
        layers: boxes to draw, the last on top.
        box: the object, one box.
        path: the PNG (or PDF, SVG) to write; its folder is made.
        title: a line above the picture.

    Returns:
        the path.

    Raises:
        ValueError: if ``box`` is not one.
    """
    if len(box) != 1:
        raise ValueError(f'{len(box)} boxes were given for the object to draw; expected one')
    half = box.dims[0].cpu().numpy() / 2
    reach = half + np.maximum(1.0, 0.6 * half)
    inside = points_in_boxes(points[:, :3], box.tensor[:, :7].cpu().numpy())[:, 0]
    near = _in_axes_of(box, points[:, :3])
    seen = (np.abs(near) < reach).all(axis=1)
    lines = [_near_lines(box, layer.boxes, reach) for layer in layers]
    figure, panels, corner = _make_panels(reach)
    for axes, (name, shown) in zip(panels, _VIEWS.items()):
        _show_points(axes, near[seen & ~inside], near[inside], shown)
        for layer, each in zip(layers, lines):
            flat = each.reshape(-1, 2, 3)[..., list(shown)]
            axes.add_collection(LineCollection(list(flat), colors=layer.color, lw=1.3))
        _frame(axes, name, shown, reach)
    _describe(corner, layers, box, int(inside.sum()))
    figure.suptitle(title or '')
    return save_figure(figure, path, bbox_inches='tight')


def _in_axes_of(box: LiDARInstance3DBoxes, places: np.ndarray) -> np.ndarray:
    """Give places (..., 3) along, across and above the middle of a box."""
    middle, yaw = box.gravity_center[0].cpu().numpy(), float(box.yaw[0])
    along = np.array([np.cos(yaw), np.sin(yaw), 0])
    across = np.array([-np.sin(yaw), np.cos(yaw), 0])
    return (places - middle) @ np.stack([along, across, [0, 0, 1]], axis=1)


def _near_lines(
    box: LiDARInstance3DBoxes, others: LiDARInstance3DBoxes, reach: np.ndarray
) -> np.ndarray:
    """Give the lines of the boxes whose middles are within reach of a box, in its axes."""
    middles = _in_axes_of(box, others.gravity_center.cpu().numpy())
    return _in_axes_of(box, wireframes(others)[(np.abs(middles) < reach).all(axis=1)])


def _make_panels(reach: np.ndarray) -> tuple[Figure, list[Axes], Axes]:
    """Lay out the views as drawings of parts are, one below and one beside, and a free corner."""
    along, across, up = reach
    scale = 7.6 / (along + across)
    size = 7.6 + 1.7, scale * (across + up) + 1.9
    figure = Figure(figsize=size, dpi=110, layout='constrained')
    grid = figure.subplots(2, 2, width_ratios=[along, across], height_ratios=[across, up])
    grid[0, 1].set_axis_off()
    return figure, [grid[0, 0], grid[1, 0], grid[1, 1]], grid[0, 1]


def _show_points(axes: Axes, others: np.ndarray, own: np.ndarray, shown: tuple[int, int]) -> None:
    for places, color, size in ((others, '0.6', 3), (own, _INSIDE, 6)):
        x, y = places[:, list(shown)].T
        axes.scatter(x, y, c=color, s=size, lw=0)


def _frame(axes: Axes, name: str, shown: tuple[int, int], reach: np.ndarray) -> None:
    right, up = shown
    axes.set(xlim=(-reach[right], reach[right]), ylim=(-reach[up], reach[up]), aspect='equal')
    axes.set(xlabel=_AXES[right], ylabel=_AXES[up])
    axes.set_title(name, fontsize=10)
    axes.tick_params(labelsize=8)


def _describe(
    axes: Axes, layers: Sequence[BoxLayer], box: LiDARInstance3DBoxes, inside: int
) -> None:
    """Write the legend with the sizes of the object where no picture is."""
    length, width, height = box.dims[0].tolist()
    distance = float(box.gravity_center[0, :2].norm())
    marks = [Line2D([], [], color=layer.color, label=layer.name) for layer in layers]
    for color, label in ((_INSIDE, f'points in it: {inside}'), ('0.6', 'other points')):
        marks.append(Line2D([], [], ls='', marker='o', ms=4, color=color, label=label))
    text = f'{length:.1f} x {width:.1f} x {height:.1f} m\n{distance:.1f} m away'
    axes.legend(handles=marks, title=text, loc='upper left', frameon=False, fontsize=9)
