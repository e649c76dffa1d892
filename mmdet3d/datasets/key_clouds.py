"""The cloud of a frame itself, without the sweeps before it."""

from typing import Any

import numpy as np

from mmdet3d.core.points import BasePoints
from mmdet3d.datasets.custom_3d import Custom3DDataset
from mmdet3d.datasets.pipelines import LoadPointsFromFile, LoadPointsFromMultiSweeps


def read_points_of(dataset: Custom3DDataset, frame: dict[str, Any]) -> BasePoints:
    """Read a frame's points by the steps of its data set's pipeline, up to the one that reads them.

    Args:
        dataset: the frames; without a pipeline its ``POINT_COLUMNS`` say what is in a file.
        frame: what the pipeline starts from.
    """
    columns = dataset.POINT_COLUMNS
    steps = [LoadPointsFromFile('LIDAR', columns, columns)]
    if dataset.pipeline is not None:
        steps = dataset.pipeline.transforms
    for step in steps:
        frame = step(frame)
        if 'points' in frame:
            break
    return frame['points']


def key_cloud(dataset: Custom3DDataset, index: int) -> np.ndarray:
    """Load a frame's own points with the columns that its pipeline's loading steps give them.

    Args:
        dataset: the frames.
        index: which of them.

    Returns:
        float32 of shape (M, C). Where the pipeline adds sweeps, the time of these points is 0.

    Raises:
        FileNotFoundError: if the cloud is missing.
        DataFormatError: if it is malformed.
    """
    frame = dataset.get_data_info(index)
    dataset.pre_pipeline(frame)
    points = read_points_of(dataset, frame)
    count = len(points)
    for step in dataset.pipeline.transforms if dataset.pipeline is not None else ():
        if isinstance(step, LoadPointsFromMultiSweeps):
            # Of no sweep; points that are there as padding come last.
            points = step({**frame, 'points': points, 'sweeps': []})['points'][:count]
    return points.tensor.numpy()
