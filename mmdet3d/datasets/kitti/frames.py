"""All the work on one frame, so that frames can be worked on in parallel."""

import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mmdet3d.datasets.files import PICKLE_PROTOCOL
from mmdet3d.datasets.kitti.boxes import camera_boxes_to_lidar
from mmdet3d.datasets.kitti.calib import read_calib
from mmdet3d.datasets.kitti.frame_ids import (
    CLOUD_SUFFIXES,
    IMAGE_SUFFIXES,
    FrameId,
    find_file,
)
from mmdet3d.datasets.kitti.images import DEFAULT_IMAGE_SHAPE, read_image_shape
from mmdet3d.datasets.kitti.infos import complete_annos, frame_info, frame_path
from mmdet3d.datasets.kitti.labels import read_label
from mmdet3d.datasets.kitti.reduced import points_in_view
from mmdet3d.datasets.object_files import write_objects
from mmdet3d.datasets.point_files import read_points, write_points
from mmdet3d.on_cpu.points_in_boxes import points_in_boxes


@dataclass(frozen=True)
class FrameJob:
    """One frame to convert.

    Attributes:
        root_path: the raw dataset.
        out_dir: where to write.
        folder: 'training' or 'testing'.
        index: the frame's id.
        database: the object database's folder in ``out_dir``, None to leave the objects out of it.
    """

    root_path: Path
    out_dir: Path
    folder: str
    index: FrameId
    database: str | None = None


@dataclass
class FrameResult:
    """What one frame gives.

    Attributes:
        info: its entry in the info files.
        objects: its entries in the object database.
        num_points: points of the raw and of the reduced cloud.
        has_image: whether the image's size was read rather than assumed.
    """

    info: dict[str, Any]
    num_points: tuple[int, int]
    has_image: bool
    objects: list[dict[str, Any]] = field(default_factory=list)


def convert_frame(job: FrameJob) -> FrameResult:
    """Write a frame's reduced cloud and objects, and build its entries.

    Args:
        job: the frame and the folders.

    Returns:
        the frame's entries and figures.

    Raises:
        FileNotFoundError: if the frame has no calibration, cloud or (in training) label file.
        DataFormatError: if one of them is malformed; the message names it.
    """
    calib = read_calib(_raw_file(job, 'calib', '.txt'))
    image = _find(job, 'image_2', IMAGE_SUFFIXES)
    image_shape = read_image_shape(job.root_path / image)
    cloud = _find(job, 'velodyne', CLOUD_SUFFIXES)
    points = read_points(job.root_path / cloud)
    reduced = points[points_in_view(points, calib, image_shape or DEFAULT_IMAGE_SHAPE)]
    write_points(
        job.out_dir / frame_path(job.folder, 'velodyne_reduced', job.index, '.bin'), reduced
    )
    info = frame_info(job.index, calib, image_shape or DEFAULT_IMAGE_SHAPE, image, cloud)
    result = FrameResult(info, (len(points), len(reduced)), has_image=image_shape is not None)
    if job.folder == 'training':
        _add_objects(job, result, reduced)
    return result


def convert_frame_to_bytes(job: FrameJob) -> bytes:
    """Pickle :func:`convert_frame`'s result.

    The files written from the results depend on which objects are shared between them. As bytes,
    results are the same whether they come from this process or another.
    """
    return pickle.dumps(convert_frame(job), protocol=PICKLE_PROTOCOL)


def _raw_file(job: FrameJob, kind: str, suffix: str) -> Path:
    return job.root_path / frame_path(job.folder, kind, job.index, suffix)


def _find(job: FrameJob, kind: str, suffixes: tuple[str, ...]) -> str:
    """Give a file relative to the root, as the first of the formats that is there."""
    found = find_file(_raw_file(job, kind, ''), suffixes)
    suffix = suffixes[0] if found is None else found.suffix
    return frame_path(job.folder, kind, job.index, suffix)


def _add_objects(job: FrameJob, result: FrameResult, points: np.ndarray) -> None:
    annos = read_label(_raw_file(job, 'label_2', '.txt'))
    is_object = annos['name'] != 'DontCare'
    boxes = camera_boxes_to_lidar(annos, result.info['calib'])[is_object]
    inside = points_in_boxes(points, boxes)
    result.info['annos'] = complete_annos(annos, inside.sum(axis=0))
    if job.database is not None:
        objects = {
            'name': annos['name'][is_object],
            'gt_idx': np.arange(len(boxes)),
            'box3d_lidar': boxes,
            'difficulty': result.info['annos']['difficulty'][is_object],
        }
        prefix = f'{job.database}/{job.index}'
        result.objects = write_objects(job.out_dir, prefix, job.index, objects, points, inside)
