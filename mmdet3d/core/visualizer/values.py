"""Values of voxels, points or cells over a scene from above."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mmdet3d.core.visualizer.bev import show_from_above
from mmdet3d.core.visualizer.layers import BoxLayer
from mmdet3d.utils.figures import save_figure

# What a logarithmic scale shows below its greatest value, in powers of ten.
_DECADES = 3


@dataclass(frozen=True)
class ValuePanel:
    """One picture of a row.

    Attributes:
        title: what stands above it.
        places: x and y in metres, of shape (N, 2).
        values: of shape (N,).
        unit: what the values are, beside their scale.
        others: x and y of places without a value, of shape (M, 2), in grey; None for no others.
        logarithmic: colour by the logarithm, over three powers of ten.
        limits: least and greatest value of the scale; None takes those of the values.
    """

    title: str
    places: np.ndarray
    values: np.ndarray
    unit: str
    others: np.ndarray | None = None
    logarithmic: bool = False
    limits: tuple[float, float] | None = None


def draw_values(
    panels: Sequence[ValuePanel],
    layers: Sequence[BoxLayer],
    path: str | Path,
    view: Sequence[float],
    size: float,
    title: str | None = None,
) -> Path:
    """Save pictures of values from above, side by side; the sensor looks to the top.

    Args:
        panels: the pictures.
        layers: boxes to draw in each.
        path: the PNG (or PDF, SVG) to write; its folder is made.
        view: x_min, y_min, x_max, y_max of what is shown, in metres.
        size: edge of the square that stands for one place, in metres.
        title: a line above the pictures.

    Returns:
        the path.
    """
    x_min, y_min, x_max, y_max = view
    width = 5.6
    height = width * (x_max - x_min) / (y_max - y_min)
    figure = Figure(
        figsize=((width + 0.9) * len(panels), height + 0.95), dpi=110, layout='constrained'
    )
    # A square of a scatter is as wide as the root of its size, in points.
    area = max(0.8, 0.9 * width * 72 / (y_max - y_min) * size) ** 2
    for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels):
        _show_panel(axes, panel, area)
        show_from_above(axes, layers, view, width=0.9)
        axes.label_outer()
    figure.suptitle(title or '')
    if layers:
        marks = [Line2D([], [], color=layer.color, label=layer.name) for layer in layers]
        figure.legend(handles=marks, loc='outside lower center', ncols=len(layers), frameon=False)
    return save_figure(figure, path, bbox_inches='tight')


def _show_panel(axes: Axes, panel: ValuePanel, area: float) -> None:
    if panel.others is not None:
        axes.scatter(-panel.others[:, 1], panel.others[:, 0], c='0.85', s=area, marker='s', lw=0)
    order = panel.values.argsort(kind='stable')  # the greatest on top
    x, y = panel.places[order].T
    drawn = axes.scatter(
        -y, x, c=panel.values[order], s=area, marker='s', lw=0, cmap='inferno_r', norm=_norm(panel)
    )
    axes.set_title(panel.title, fontsize=10)
    extend = 'min' if panel.logarithmic else 'neither'
    axes.figure.colorbar(drawn, ax=axes, label=panel.unit, extend=extend, fraction=0.045, pad=0.02)


def _norm(panel: ValuePanel) -> Normalize:
    least, greatest = panel.limits or (
        (float(panel.values.min()), float(panel.values.max())) if len(panel.values) else (0.0, 1.0)
    )
    if panel.logarithmic and greatest > 0:
        floor = greatest / 10**_DECADES
        return LogNorm(min(max(least, floor), greatest / 1.01), greatest, clip=True)
    return Normalize(least, greatest)
