"""What a detector finds in one cloud, written so that it can be looked at."""

import json
from pathlib import Path
from typing import Any

import mmcv

from mmdet3d.apis import inference_detector, init_model
from mmdet3d.core.visualizer import draw_bev, write_scene
from mmdet3d.datasets.files import atomic_write
from mmdet3d.datasets.pictures import (
    detection_layers,
    label_name,
    point_columns,
    view_of,
    without_scores,
)


def show_detections(
    cloud: str | Path,
    cfg: mmcv.Config,
    checkpoint: str | Path,
    out_dir: str | Path,
    least_score: float = 0.3,
    device: str | None = None,
) -> list[Path]:
    """Detect objects in a cloud, and write what was found.

    Args:
        cloud: a ``.bin``, ``.npy``, ``.ply`` or ``.pcd`` file.
        cfg: config of the detector.
        checkpoint: its weights.
        out_dir: folder to write to; the files have the cloud's name.
        least_score: detections with a lower score are left out.
        device: where to run, by default a GPU where there is one.

    Returns:
        a picture from above (PNG), the detections (JSON, a list with ``class``, ``score`` and
        ``box``: x, y, z of the bottom's centre, length, width and height in metres, yaw in radians,
        and velocities where the detector gives them), and a page on which the scene can be turned
        about (HTML).

    Raises:
        FileNotFoundError: if a file does not exist.
        DataFormatError: if the cloud is malformed, or has other columns than the config loads.
    """
    model: Any = init_model(cfg, str(checkpoint), device)
    results, batch = inference_detector(model, str(cloud))
    points = batch['points'][0][0].cpu().numpy()
    layers = detection_layers({'detections': results[0]}, model.CLASSES, least_score)
    stem = Path(out_dir) / Path(cloud).stem
    title = Path(cloud).name
    files = [Path(f'{stem}.{suffix}') for suffix in ('png', 'json', 'html')]
    draw_bev(points, without_scores(layers), files[0], view_of(cfg), title)
    with atomic_write(files[1]) as file:
        content = listed_detections(results[0], model.CLASSES, least_score)
        file.write(json.dumps(content, indent=1).encode())
    write_scene(points, layers, files[2], title, point_columns(points.shape[1]))
    return files


def listed_detections(
    found: dict[str, Any], classes: tuple[str, ...], least_score: float
) -> list[dict[str, Any]]:
    """List detections, the surest first, see :func:`show_detections`.

    Args:
        found: ``boxes_3d``, ``scores_3d`` and ``labels_3d``, or these under ``pts_bbox``.
        classes: names of the classes, in label order.
        least_score: detections with a lower score are left out.
    """
    found = found.get('pts_bbox', found)
    rows = zip(
        found['labels_3d'].tolist(), found['scores_3d'].tolist(), found['boxes_3d'].tensor.tolist()
    )
    listed = [
        {'class': label_name(label, classes), 'score': score, 'box': box}
        for label, score, box in rows
        if score >= least_score
    ]
    return sorted(listed, key=lambda each: -each['score'])
