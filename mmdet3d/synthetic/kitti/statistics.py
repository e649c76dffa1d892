"""Figures by which made-up and recorded frames in KITTI's layout can be compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmdet3d.datasets.kitti.boxes import camera_boxes_to_lidar
from mmdet3d.datasets.kitti.calib import read_calib
from mmdet3d.datasets.kitti.images import DEFAULT_IMAGE_SHAPE
from mmdet3d.datasets.kitti.infos import frame_path
from mmdet3d.datasets.kitti.labels import read_label
from mmdet3d.datasets.kitti.reduced import points_in_view
from mmdet3d.datasets.point_files import read_points
from mmdet3d.on_cpu.points_in_boxes import points_in_boxes

CLASSES = ('Car', 'Pedestrian', 'Cyclist')
# Where PointPillars looks: x, y, z from and to, in metres.
RANGE = ((0.0, -39.68, -3.0), (69.12, 39.68, 1.0))
# Elevations that lie wholly in the camera's view, and ranges, in steps of which points are counted.
ELEVATIONS = np.arange(-14.0, 3.0)
DISTANCES = np.array([0.0, 5, 10, 15, 20, 30, 40, 50, 60, 70, 80])
_GROUND = -1.5


@dataclass(frozen=True)
class ObjectFigures:
    """One annotated object: class, horizontal distance in metres, points in its box, occlusion
    level, truncation and median intensity.
    """

    name: str
    distance: float
    points: int
    occluded: int
    truncated: float
    intensity: float


@dataclass(frozen=True)
class FrameFigures:
    """One frame.

    Attributes:
        total: points in the file.
        in_range: points in the camera's view and in RANGE.
        by_elevation: of those in view, how many in each step of ELEVATIONS.
        by_distance: of those in view, how many in each step of DISTANCES.
        intensity: median of those in view.
        nearest_ground: metres from below the scanner to the nearest ground points ahead.
        objects: the annotated objects.
    """

    total: int
    in_range: int
    by_elevation: np.ndarray
    by_distance: np.ndarray
    intensity: float
    nearest_ground: float
    objects: list[ObjectFigures]


def read_figures(root: str | Path, indices: Sequence[int]) -> list[FrameFigures]:
    """Measure labelled frames.

    Args:
        root: a dataset in KITTI's layout.
        indices: ids of frames under its ``training``.

    Raises:
        FileNotFoundError: if a file of a frame is missing.
        DataFormatError: if a file is malformed.
    """
    return [_read_frame(Path(root), index) for index in indices]


def _read_frame(root: Path, index: int) -> FrameFigures:
    points = read_points(root / frame_path('training', 'velodyne', index, '.bin'))
    calib = read_calib(root / frame_path('training', 'calib', index, '.txt'))
    annos = read_label(root / frame_path('training', 'label_2', index, '.txt'))
    view = points[points_in_view(points, calib, DEFAULT_IMAGE_SHAPE)]
    distance = np.hypot(view[:, 0], view[:, 1])
    elevation = np.degrees(np.arctan2(view[:, 2], distance))
    inside = (view[:, :3] > RANGE[0]) & (view[:, :3] < RANGE[1])
    ground = points[(points[:, 2] < _GROUND) & (points[:, 0] > np.abs(points[:, 1]))]
    return FrameFigures(
        total=len(points),
        in_range=int(inside.all(axis=1).sum()),
        by_elevation=np.histogram(elevation, ELEVATIONS)[0],
        by_distance=np.histogram(distance, DISTANCES)[0],
        intensity=float(np.median(view[:, 3])),
        nearest_ground=float(np.percentile(np.hypot(ground[:, 0], ground[:, 1]), 0.5)),
        objects=_measure_objects(points, annos, calib),
    )


def _measure_objects(
    points: np.ndarray, annos: dict[str, np.ndarray], calib: dict[str, np.ndarray]
) -> list[ObjectFigures]:
    known = {key: value[annos['name'] != 'DontCare'] for key, value in annos.items()}
    boxes = camera_boxes_to_lidar(known, calib).astype(np.float64)
    inside = points_in_boxes(points, boxes)
    return [
        ObjectFigures(
            name=str(known['name'][i]),
            distance=float(np.hypot(*boxes[i, :2])),
            points=int(inside[:, i].sum()),
            occluded=int(known['occluded'][i]),
            truncated=float(known['truncated'][i]),
            intensity=float(np.median(points[inside[:, i], 3])) if inside[:, i].any() else 0.0,
        )
        for i in range(len(boxes))
    ]


def clear_objects(frames: Sequence[FrameFigures], name: str) -> list[ObjectFigures]:
    """List the objects of a class that nothing hides and that are whole in the image."""
    objects = [found for frame in frames for found in frame.objects if found.name == name]
    return [found for found in objects if found.occluded == 0 and found.truncated < 0.15]


def points_at_10_m(frames: Sequence[FrameFigures], name: str) -> np.ndarray:
    """Give the points that clear objects of a class would have 10 m away, by the square law."""
    return np.array(
        [found.points * (found.distance / 10) ** 2 for found in clear_objects(frames, name)]
    )
