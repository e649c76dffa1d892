"""A scene to turn about, as one HTML file that needs neither a server nor a network."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from markupsafe import escape
from matplotlib.colors import to_hex

from mmcv_patched.full_disk import write_whole
from mmdet3d.core.visualizer.layers import BoxLayer, wireframes

MOST_POINTS = 60_000
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title><link rel="icon" href="data:,"></head>
<body style="margin: 0; background: #16181d">
{view}
</body>
</html>
"""
# The first leads to a server.
_CONFIG = {'modeBarButtonsToRemove': ['sendChartToCloud'], 'displaylogo': False, 'responsive': True}
_DARK, _LIGHT, _GRID = '#16181d', '#e4e6eb', '#33363d'


def write_scene(
    points: np.ndarray,
    layers: Sequence[BoxLayer],
    path: str | Path,
    title: str,
    columns: Sequence[str] = (),
    most_points: int = MOST_POINTS,
) -> Path:
    """Write a page with a cloud and boxes, to be turned about with the mouse.

    Each layer of boxes can be switched on and off in the legend; a box shows its label under the
    mouse. A list chooses what colours the points.

    Args:
        points: cloud of shape (N, C), x, y, z first, in metres.
        layers: boxes to draw. A line out of a box's front tells its heading.
        path: the HTML file to write, about 6 MB; its folder is made.
        title: what stands above the view.
        columns: names of the points' columns after z.
        most_points: of a larger cloud so many points are drawn, and the page says so.

    Returns:
        the path.
    """
    shown = _thinned(points, most_points)
    colorings = _colorings(shown, columns)
    figure = go.Figure([_cloud(shown, colorings), *map(_boxes, layers)])
    figure.update_layout(**_layout(title, len(shown), len(points)))
    if colorings:
        figure.update_layout(updatemenus=[_menu(colorings)])
    view = figure.to_html(
        full_html=False, include_plotlyjs=True, default_height='100vh', config=_CONFIG
    )
    path = Path(path)
    write_whole(path, _PAGE.format(title=escape(title), view=view))
    return path


def _thinned(points: np.ndarray, most: int) -> np.ndarray:
    if len(points) <= most:
        return points
    chosen = np.random.default_rng(0).choice(len(points), most, replace=False)
    return points[np.sort(chosen)]


def _colorings(points: np.ndarray, columns: Sequence[str]) -> dict[str, np.ndarray]:
    """What the points can be coloured by: height, distance, and the columns after z."""
    if not len(points):
        return {}
    further = {
        name: points[:, column] for column, name in enumerate(columns[: points.shape[1] - 3], 3)
    }
    return {
        'height (m)': points[:, 2],
        **further,
        'distance (m)': np.linalg.norm(points[:, :2], axis=1),
    }


def _limits(values: np.ndarray) -> tuple[float, float]:
    """Where a scale of colours begins and ends: a few stray values are not to spoil it."""
    least, greatest = np.percentile(values, (2, 98)).tolist()
    return least, greatest if greatest > least else least + 1


def _cloud(points: np.ndarray, colorings: Mapping[str, np.ndarray]) -> go.Scatter3d:
    x, y, z = points[:, :3].astype(np.float32).T
    marker: dict[str, Any] = {'size': 1.6}
    for name, values in list(colorings.items())[:1]:
        least, greatest = _limits(values)
        marker |= {'color': values.astype(np.float32), 'cmin': least, 'cmax': greatest}
        bar = {'title': {'text': name}, 'thickness': 12, 'len': 0.5, 'x': 0.99}
        marker |= {'colorscale': 'Viridis', 'colorbar': bar}
    return go.Scatter3d(
        x=x, y=y, z=z, mode='markers', name='points', marker=marker, hoverinfo='skip'
    )


def _boxes(layer: BoxLayer) -> go.Scatter3d:
    """Draw the boxes of a layer as one line with gaps, and their labels under the mouse."""
    lines = wireframes(layer.boxes)
    gaps = np.full_like(lines[:, :, :1], np.nan)
    x, y, z = np.concatenate([lines, gaps], axis=2).reshape(-1, 3).T
    labels = list(layer.labels or [layer.name] * len(lines))
    texts = [f'{layer.name}: {escape(label)}' for label in labels]
    color = to_hex(layer.color)
    return go.Scatter3d(
        x=x,
        y=y,
        z=z,
        mode='lines+markers',
        name=f'{layer.name} ({len(lines)})',
        line={'color': color, 'width': 4},
        marker={'color': color, 'size': 2},
        text=np.repeat(np.array(texts, dtype=object), 3 * lines.shape[1]),
        hoverinfo='text',
    )


def _menu(colorings: Mapping[str, np.ndarray]) -> dict[str, Any]:
    return {
        'buttons': [
            {
                'label': f'colour: {name}',
                'method': 'restyle',
                'args': [_recoloring(name, values), [0]],
            }
            for name, values in colorings.items()
        ],
        'x': 0.01,
        'y': 0.99,
        'xanchor': 'left',
        'yanchor': 'top',
        'bgcolor': _LIGHT,
        'font': {'color': _DARK},
    }


def _recoloring(name: str, values: np.ndarray) -> dict[str, list]:
    """What changes in the cloud; three digits are more than a colour shows."""
    least, greatest = _limits(values)
    return {
        'marker.color': [values.astype(np.float64).round(3).tolist()],
        'marker.cmin': [least],
        'marker.cmax': [greatest],
        'marker.colorbar.title.text': [name],
    }


def _layout(title: str, shown: int, total: int) -> dict[str, Any]:
    note = f'{total:,} points'
    if shown < total:
        note = f'{shown:,} of {total:,} points, drawn at random'
    axis = {'backgroundcolor': _DARK, 'gridcolor': _GRID, 'zerolinecolor': _GRID}
    names = {'x': 'ahead (m)', 'y': 'left (m)', 'z': 'up (m)'}
    scene: dict[str, Any] = {
        f'{name}axis': {**axis, 'title': {'text': text}} for name, text in names.items()
    }
    # From behind the sensor, and above.
    eye = {'x': -1.5, 'y': 0.0, 'z': 0.8}
    return {
        'title': {'text': f'{escape(title)}<br><sup>{note}</sup>', 'x': 0.5},
        'scene': {**scene, 'aspectmode': 'data', 'camera': {'eye': eye}},
        'paper_bgcolor': _DARK,
        'font': {'color': _LIGHT},
        'legend': {'x': 0.01, 'y': 0.02, 'yanchor': 'bottom', 'bgcolor': 'rgba(0,0,0,0.3)'},
        'margin': {'l': 0, 'r': 0, 't': 60, 'b': 0},
    }
