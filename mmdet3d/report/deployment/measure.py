"""Measure an exported detector on a data set."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.export.detector import OnnxDetector
from mmdet3d.export.suppression import Detections
from mmdet3d.report.gain.measures import measure_of


@dataclass(frozen=True)
class Measured:
    """What was measured of a model.

    Attributes:
        network: its name.
        precision: of its weights.
        ap: the main figure of the data set, in percent.
        milliseconds: of one core, from loaded points to boxes, the median over the frames. What
            else the machine does is not counted.
        megabytes: of the file.
        frames: how many were detected in.
    """

    network: str
    precision: str
    ap: float
    milliseconds: float
    megabytes: float
    frames: int

    def to_json(self) -> dict[str, Any]:
        """Return it as a dict."""
        return asdict(self)


def measure(name: str, model: Path, dataset: Any) -> Measured:
    """Detect in all frames of a data set, with one thread.

    Args:
        name: of the network.
        model: an exported detector.
        dataset: as ``build_tested`` gives it.
    """
    detector = OnnxDetector(model, threads=1)
    clouds = [dataset.get_data_info(i)['pts_filename'] for i in range(len(dataset))]
    detector.detect(clouds[0])  # compiles what numba compiles
    results, seconds = [], []
    for cloud in clouds:
        points = detector.load(cloud)
        start = time.process_time()
        found = detector.detect_in(points)
        seconds.append(time.process_time() - start)
        results.append(_as_result(found))
    measured = measure_of(type(dataset).__name__)
    figures = dataset.evaluate(results, metric=measured.metric)
    *_, ap = measured.summarise(figures, dataset.CLASSES).values()
    return Measured(
        name,
        detector.settings.precision,
        ap,
        1000 * median(seconds),
        model.stat().st_size / 1e6,
        len(clouds),
    )


def _as_result(found: Detections) -> dict[str, Any]:
    """Detections as detectors give them."""
    boxes = torch.from_numpy(np.ascontiguousarray(found.boxes))
    return {
        'boxes_3d': LiDARInstance3DBoxes(boxes, box_dim=boxes.shape[1]),
        'scores_3d': torch.from_numpy(found.scores),
        'labels_3d': torch.from_numpy(found.labels),
    }


def to_table(rows: Sequence[Measured]) -> str:
    """Return a table in Markdown.

    Args:
        rows: in their order; int8 is compared with the row of the same network in fp32.
    """
    full = {row.network: row for row in rows if row.precision == 'fp32'}
    lines = [
        '| network | precision | mean of four APs | latency (ms of one core) | size (MB) |',
        '|---|---|---|---|---|',
    ]
    for row in rows:
        change = ''
        if row.precision != 'fp32' and row.network in full:
            change = f' ({row.ap - full[row.network].ap:+.1f})'
        lines.append(
            f'| {row.network} | {row.precision} | {row.ap:.1f}{change} | '
            f'{row.milliseconds:.1f} | {row.megabytes:.2f} |'
        )
    return '\n'.join(lines)
