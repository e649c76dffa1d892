"""Put trained detectors side by side: size, arithmetic, precision, speed."""

import time
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from statistics import median

import mmcv
import torch
from mmcv.parallel import collate
from torch import nn
from torch.utils.data import Dataset
from torch.utils.flop_counter import FlopCounterMode
from tqdm import tqdm

from mmcv_patched.parallel import to_device
from mmdet3d.apis.inference import init_model
from mmdet3d.datasets import build_dataset


@dataclass
class RunFigures:
    """What is known of one trained detector.

    Attributes:
        name: how it is called.
        parameters: number of its parameters.
        multiply_adds: of its convolutions and matrix products on one frame.
        frames_per_second: detection alone, with the data in memory, one frame at a time.
        figures: average precisions by the evaluation's names, in percent.
        detections: of every frame of the test set.
    """

    name: str
    parameters: int
    multiply_adds: float
    frames_per_second: float
    figures: dict[str, float]
    detections: list[dict] = field(repr=False)


def measure_run(name: str, cfg: mmcv.Config, checkpoint: str) -> RunFigures:
    """Test a detector on ``cfg.data.test``, one frame at a time.

    Args:
        name: how to call it.
        cfg: its config.
        checkpoint: its weights.
    """
    model = init_model(cfg, checkpoint)
    dataset = build_dataset(deepcopy(cfg.data.test), {'test_mode': True})
    detections, seconds = _detect_all(model, dataset, name)
    return RunFigures(
        name,
        sum(parameter.numel() for parameter in model.parameters()),
        count_multiply_adds(model, _batch(model, dataset, 0)),
        # The first frames compile and warm up; the median does not see them.
        1 / median(seconds),
        dataset.evaluate(deepcopy(detections), logger='silent'),
        detections,
    )


def _batch(model: nn.Module, dataset: Dataset, index: int) -> dict:
    return to_device(collate([dataset[index]], 1), next(model.parameters()).device)


@torch.no_grad()
def _detect_all(model: nn.Module, dataset: Dataset, name: str) -> tuple[list[dict], list[float]]:
    detections, seconds = [], []
    for index in tqdm(range(len(dataset)), desc=name, unit='frame'):
        batch = _batch(model, dataset, index)
        start = time.perf_counter()
        # The result lies on the CPU, so a GPU has finished when it is there.
        detections += model(return_loss=False, rescale=True, **batch)
        seconds.append(time.perf_counter() - start)
    return detections, seconds


@torch.no_grad()
def count_multiply_adds(model: nn.Module, batch: dict) -> float:
    """Count the multiply-adds of a detector on a batch, as the paper's tables give them.

    Args:
        model: the detector.
        batch: a test batch on its device.
    """
    with FlopCounterMode(display=False) as counter:
        model(return_loss=False, rescale=True, **batch)
    return counter.get_total_flops() / 2


def format_table(runs: Sequence[RunFigures], classes: Iterable[str]) -> str:
    """Lay runs out as a Markdown table: BEV and 3D AP at 40 recalls, moderate, strict overlaps.

    Args:
        runs: the rows.
        classes: the classes, each with a column for BEV and one for 3D.
    """
    keys = [
        (f'{name} {view}', f'KITTI/{name}_{view}_AP40_moderate_strict')
        for view in ('BEV', '3D')
        for name in classes
    ]
    titles = ['model', 'params (M)', 'multiply-adds (G)', *(title for title, _ in keys)]
    titles += ['mean BEV', 'mean 3D', 'frames/s']
    rows = []
    for run in runs:
        values = [run.figures[key] for _, key in keys]
        half = len(values) // 2
        means = [sum(values[:half]) / half, sum(values[half:]) / half]
        rows.append(
            [run.name, f'{run.parameters / 1e6:.3f}', f'{run.multiply_adds / 1e9:.2f}']
            + [f'{value:.1f}' for value in [*values, *means]]
            + [f'{run.frames_per_second:.1f}']
        )
    lines = [titles, ['---'] * len(titles), *rows]
    return '\n'.join('| ' + ' | '.join(cells) + ' |' for cells in lines)
