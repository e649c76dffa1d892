"""Several scenes in one picture."""

import tempfile
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
from matplotlib.figure import Figure

from mmdet3d.datasets import Custom3DDataset
from mmdet3d.datasets.pictures import draw_frame
from mmdet3d.utils.figures import save_figure


def choose_scenes(dataset: Custom3DDataset, count: int = 4) -> list[int]:
    """Return indices of frames from all over a data set, of those with objects where there are any.

    Args:
        dataset: the frames.
        count: how many at most.
    """
    bounds = np.linspace(0, len(dataset), min(count, len(dataset)) + 1).astype(int)
    return [
        next((index for index in range(low, high) if _has_objects(dataset, index)), int(low))
        for low, high in pairwise(bounds)
    ]


def _has_objects(dataset: Custom3DDataset, index: int) -> bool:
    return dataset.has_truth(index) and len(dataset.get_ann_info(index)['gt_bboxes_3d']) > 0


def draw_scenes(
    dataset: Custom3DDataset,
    detections: Mapping[int, Mapping[str, dict[str, Any]]],
    path: str | Path,
    view: Sequence[float] | None = None,
    least_score: float = 0.3,
) -> None:
    """Draw frames from above, two in a row, with ground truth and detections.

    Args:
        dataset: the frames.
        detections: by the index of the frame, see :func:`mmdet3d.datasets.pictures.draw_frame`.
        path: the PNG to write; its folder is made.
        view: x_min, y_min, x_max, y_max of what is shown, in metres; None for the data set's.
        least_score: detections with a lower score are left out.
    """
    pictures = []
    with tempfile.TemporaryDirectory() as folder:
        for index, found in detections.items():
            file = Path(folder) / f'{index}.png'
            draw_frame(dataset, index, found, file, view, least_score)
            pictures.append(matplotlib.image.imread(file))
    save_figure(_tile(pictures), path)


def _tile(pictures: Sequence[np.ndarray]) -> Figure:
    columns = min(2, len(pictures))
    rows = -(-len(pictures) // columns)
    height, width = np.max([picture.shape[:2] for picture in pictures], axis=0)
    size = (8 * columns, 8 * rows * height / width)
    figure = Figure(figsize=size, dpi=120, layout='constrained')
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, picture in zip(grid, pictures):
        axes.imshow(picture)
    return figure
