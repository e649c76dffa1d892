"""Pictures of a data set's frames, with their ground truth and detections."""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from mmdet3d.core.visualizer import draw_bev, draw_cameras, draw_object, write_scene
from mmdet3d.datasets.custom_3d import Custom3DDataset
from mmdet3d.datasets.pictures.frames import Frame, frame_name, load_frame, without_scores


def draw_frame(
    dataset: Custom3DDataset,
    index: int,
    detections: Mapping[str, dict[str, Any]],
    path: str | Path,
    view: Sequence[float] | None = None,
    least_score: float = 0.0,
    pipeline: Sequence[dict] | None = None,
) -> None:
    """Draw a frame from above with its ground truth, if that is known, and detections.

    Args:
        dataset: the frames.
        index: which of them.
        detections: see :func:`mmdet3d.datasets.pictures.load_frame`.
        path: the picture to write; its folder is made.
        view: x_min, y_min, x_max, y_max of what is shown, in metres; None shows what the data set
            suggests.
        least_score: detections with a lower score are left out.
        pipeline: see :func:`mmdet3d.datasets.pictures.load_frame`.
    """
    _draw_from_above(load_frame(dataset, index, detections, view, least_score, pipeline), path)


def draw_frames(
    dataset: Custom3DDataset,
    results: Sequence[dict[str, Any]],
    out_dir: str | Path,
    pipeline: Sequence[dict] | None = None,
    view: Sequence[float] | None = None,
) -> None:
    """Draw every frame from above with its detections, and its ground truth if it is known.

    Args:
        dataset: the frames.
        results: detections of each frame, see :func:`draw_frame`.
        out_dir: folder the pictures are written to, such as ``000008.png``.
        pipeline: see :func:`draw_frame`.
        view: see :func:`draw_frame`.
    """
    for index, result in enumerate(tqdm(results, desc='pictures', unit='frame')):
        path = Path(out_dir) / f'{frame_name(dataset, index)}.png'
        draw_frame(dataset, index, {'detections': result}, path, view, pipeline=pipeline)


def draw_pictures(
    dataset: Custom3DDataset,
    indices: Iterable[int],
    detections: Mapping[str, Sequence[dict[str, Any]]],
    out_dir: str | Path,
    kinds: Sequence[str] = ('bev', 'camera'),
    view: Sequence[float] | None = None,
    least_score: float = 0.0,
) -> None:
    """Draw frames in several ways. Frames without an image are not drawn in one, with a warning.

    Args:
        dataset: the frames.
        indices: which of them.
        detections: of all frames, by the name of what found them.
        out_dir: folder the pictures are written to, see :data:`KINDS`.
        kinds: names of :data:`KINDS`.
        view: see :func:`draw_frame`.
        least_score: detections with a lower score are left out.

    Raises:
        DataFormatError: if a cloud or an image is malformed.
    """
    without_image = []
    for index in tqdm(list(indices), desc='pictures', unit='frame'):
        found = {name: of_frames[index] for name, of_frames in detections.items()}
        frame = load_frame(dataset, index, found, view, least_score)
        for kind in kinds:
            KINDS[kind](frame, Path(out_dir) / frame.name)
        if 'camera' in kinds and not frame.images:
            without_image.append(frame)
    if without_image:
        _warn_of_missing_images(dataset, without_image)


def _warn_of_missing_images(dataset: Custom3DDataset, frames: Sequence[Frame]) -> None:
    first = frames[0]
    expected = [camera.path for camera in first.cameras[:1]]
    why = f'{expected[0]} is not there' if expected else f'{dataset.ann_file} lists no camera'
    warnings.warn(
        f'{len(frames)} frames have no image to draw boxes in, such as {first.name}: {why}',
        stacklevel=3,
    )


def _draw_from_above(frame: Frame, path: str | Path) -> None:
    draw_bev(frame.points, without_scores(frame.layers), path, frame.view, frame.title)


def _draw_bev(frame: Frame, stem: Path) -> None:
    _draw_from_above(frame, f'{stem}.png')


def _draw_in_cameras(frame: Frame, stem: Path) -> None:
    if frame.images:
        draw_cameras(frame.images, frame.layers, f'{stem}_camera.png', frame.title)


def _draw_objects(frame: Frame, stem: Path) -> None:
    """Draw the objects of the ground truth or, where that is not known, the first detections."""
    for layer in frame.layers[:1]:
        for number, label in enumerate(layer.labels or [''] * len(layer.boxes)):
            box = layer.boxes[number : number + 1]
            title = f'{frame.title}, object {number}: {label}'
            draw_object(frame.points, frame.layers, box, f'{stem}_object_{number}.png', title)


def _write_scene(frame: Frame, stem: Path) -> None:
    write_scene(frame.points, frame.layers, f'{stem}.html', frame.title, frame.columns)


KINDS: dict[str, Callable[[Frame, Path], None]] = {
    'bev': _draw_bev,
    'camera': _draw_in_cameras,
    'object': _draw_objects,
    'scene': _write_scene,
}
"""What a frame can be drawn as: from above (``000008.png``), in the images of its cameras
(``000008_camera.png``), each object alone (``000008_object_0.png``), or as a page on which the
scene can be turned about (``000008.html``)."""
