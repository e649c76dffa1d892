"""Detections of an exported model, written as files."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mmcv_patched.full_disk import write_whole
from mmdet3d.clouds.read import SUFFIXES
from mmdet3d.export.detector import OnnxDetector
from mmdet3d.export.suppression import Detections


def detect_files(
    model: str | Path,
    clouds: Sequence[str | Path],
    out: str | Path,
    least_score: float = 0.0,
    threads: int | None = None,
) -> Iterator[tuple[Path, int]]:
    """Detect objects in clouds, and write a list of them for each.

    Args:
        model: an exported detector, see :class:`OnnxDetector`.
        clouds: files, or folders of files.
        out: the folder to write to. The files, as JSON, have the clouds' names; each is a list, the
            surest first, of dicts with ``class``, ``score`` and ``box``: x, y, z of the bottom's
            centre, length, width and height in metres, yaw in radians, and velocities where the
            detector gives them.
        least_score: detections with a lower score are left out.
        threads: how many to compute with; None for as many as there are cores.

    Yields:
        each file that was written, and how many detections it lists.

    Raises:
        FileNotFoundError: if the model or a cloud does not exist.
        ValueError: if the model is none of this project's, or two clouds have one name; of a cloud
            that is malformed, its subclass ``DataFormatError``.
    """
    detector = OnnxDetector(model, threads)
    for path, cloud in _named(clouds, Path(out)).items():
        listed = list_detections(detector.detect(cloud), detector.classes, least_score)
        write_whole(path, json.dumps(listed, indent=1))
        yield path, len(listed)


def list_detections(
    found: Detections, classes: Sequence[str], least_score: float = 0.0
) -> list[dict[str, Any]]:
    """List detections, the surest first, see :func:`detect_files`.

    Args:
        found: the detections.
        classes: names of the classes, in label order.
        least_score: detections with a lower score are left out.
    """
    rows = zip(found.labels.tolist(), found.scores.tolist(), found.boxes.tolist())
    listed = [
        {'class': classes[label], 'score': score, 'box': box}
        for label, score, box in rows
        if score >= least_score
    ]
    return sorted(listed, key=lambda each: -each['score'])


def _named(clouds: Sequence[str | Path], out: Path) -> dict[Path, Path]:
    """The file to write for each cloud."""
    named: dict[Path, Path] = {}
    for cloud in cloud_files(clouds):
        path = out / f'{cloud.stem}.json'
        if path in named:
            raise ValueError(f'{named[path]} and {cloud} would both be written to {path}')
        named[path] = cloud
    return named


def cloud_files(clouds: Sequence[str | Path]) -> Iterator[Path]:
    """Give each file, and those of each folder in their order.

    Args:
        clouds: files, or folders of files.

    Raises:
        FileNotFoundError: if a folder holds no clouds.
    """
    for given in map(Path, clouds):
        if not given.is_dir():
            yield given
            continue
        found = sorted(each for each in given.iterdir() if each.suffix.lower() in SUFFIXES)
        if not found:
            raise FileNotFoundError(f'no clouds ({", ".join(SUFFIXES)}) in the folder {given}')
        yield from found
