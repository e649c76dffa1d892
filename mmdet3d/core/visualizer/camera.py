"""Boxes in the images of cameras."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image, UnidentifiedImageError

from mmdet3d.core.visualizer.layers import BoxLayer, wireframes
from mmdet3d.utils.errors import DataFormatError
from mmdet3d.utils.figures import save_figure

# What is nearer to the camera's plane, in metres, is cut off.
_NEAR = 0.1
_COLUMNS = 3


@dataclass(frozen=True)
class CameraView:
    """An image, and where the points of the scanner are in it.

    Attributes:
        name: of the camera.
        path: the image file.
        projection: of shape (4, 4): a point of the LiDAR frame, as a column, becomes
            (u * depth, v * depth, depth, 1), u and v in pixels.
    """

    name: str
    path: str
    projection: np.ndarray


def project_lines(lines: np.ndarray, projection: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Project lines into an image, without what is behind the camera.

    Args:
        lines: of shape (L, 2, 3), their ends in the LiDAR frame in metres.
        projection: see :class:`CameraView`.

    Returns:
        of shape (K, 2, 2), ends in pixels, not clipped to the image; and int64 of shape (K,), which
        of the lines these are.
    """
    ends = lines @ projection[:3, :3].T + projection[:3, 3]
    kept = np.flatnonzero((ends[..., 2] > _NEAR).any(axis=1))
    ends = ends[kept]
    depth, other = ends[..., 2:], ends[:, ::-1]
    with np.errstate(divide='ignore', invalid='ignore'):
        share = (_NEAR - depth) / (other[..., 2:] - depth)
        cut = np.where(depth > _NEAR, ends, ends + share * (other - ends))
    return cut[..., :2] / cut[..., 2:], kept


def draw_cameras(
    cameras: Sequence[CameraView],
    layers: Sequence[BoxLayer],
    path: str | Path,
    title: str | None = None,
) -> Path:
    """Save the images of a frame with boxes as wireframes.

    Args:
        cameras: the images, three in a row; each of a file that is there.
        layers: boxes to draw, the last on top. The labels of the first stand below the boxes, those
            of the second above; further ones have none.
        path: the PNG (or PDF, SVG) to write; its folder is made.
        title: a line above the picture.

    Returns:
        the path.

    Raises:
        DataFormatError: if a file is no image.
    """
    images = [_read_image(camera.path) for camera in cameras]
    columns = min(len(cameras), _COLUMNS)
    rows = -(-len(cameras) // columns)
    width = 12.4 if columns == 1 else 6.2 * columns
    ratio = max(image.shape[0] / image.shape[1] for image in images)
    size = width, rows * (width / columns * ratio + 0.35) + 0.5
    figure = Figure(figsize=size, dpi=100, layout='constrained')
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, camera, image in zip(grid, cameras, images):
        show_in_image(axes, image, camera.projection, layers)
        axes.set_title(camera.name if len(cameras) > 1 else '', fontsize=9)
    figure.suptitle(title or '')
    if layers:
        marks = [Line2D([], [], color=layer.color, label=layer.name) for layer in layers]
        figure.legend(handles=marks, loc='outside lower center', ncols=len(layers), frameon=False)
    return save_figure(figure, path, bbox_inches='tight')


def show_in_image(
    axes: Axes, image: np.ndarray, projection: np.ndarray, layers: Sequence[BoxLayer]
) -> None:
    """Draw an image, and boxes in it.

    Args:
        axes: where to draw.
        image: of shape (H, W, 3).
        projection: see :class:`CameraView`.
        layers: see :func:`draw_cameras`.
    """
    height, width = image.shape[:2]
    axes.imshow(image, interpolation='none')
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    for number, layer in enumerate(layers):
        lines = wireframes(layer.boxes)
        per_box = lines.shape[1]
        pixels, kept = project_lines(lines.reshape(-1, 2, 3), projection)
        collection = LineCollection(list(pixels), colors=layer.color, lw=1.1, label=layer.name)
        axes.add_collection(collection, autolim=False)
        if layer.labels and number < 2:
            _label_boxes(axes, layer, pixels, kept // per_box, below=number == 0)


def _label_boxes(
    axes: Axes, layer: BoxLayer, pixels: np.ndarray, owners: np.ndarray, below: bool
) -> None:
    """Write a text below or above each box that is in front of the camera."""
    for owner in np.unique(owners):
        ends = pixels[owners == owner].reshape(-1, 2)
        x, y = ends[:, 0].mean(), ends[:, 1].max() if below else ends[:, 1].min()
        axes.annotate(
            (layer.labels or ())[owner],
            (x, y),
            (0, -2 if below else 2),
            textcoords='offset points',
            ha='center',
            va='top' if below else 'bottom',
            color='white',
            fontsize=6.5,
            bbox={'boxstyle': 'square,pad=0.15', 'fc': layer.color, 'ec': 'none', 'alpha': 0.8},
            annotation_clip=True,
        )


def _read_image(path: str) -> np.ndarray:
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert('RGB'))
    except (UnidentifiedImageError, OSError) as error:
        raise DataFormatError(
            f'{path}: expected an image file, but it cannot be read ({error}); restore or remove it'
        ) from error
