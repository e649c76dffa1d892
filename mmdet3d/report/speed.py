"""How many frames a second a detector manages, loading and detection apart."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mmcv
import numpy as np
import torch

from mmdet3d.apis.inference import init_model
from mmdet3d.report.markdown import markdown_table
from mmdet3d.report.runs import build_test_set, load_batch


@dataclass(frozen=True)
class Speed:
    """What was timed, frame by frame.

    Attributes:
        device: where it ran.
        loading: seconds that the pipeline of each frame took, of shape (N,).
        detection: seconds from the batch on the device to the boxes on the CPU, of shape (N,).
    """

    device: str
    loading: np.ndarray
    detection: np.ndarray


@torch.no_grad()
def measure_speed(
    cfg: mmcv.Config,
    checkpoint: str | Path,
    samples: int = 200,
    warmup: int = 5,
    log_interval: int = 50,
    **speed_options: Any,
) -> Speed:
    """Load the frames of ``cfg.data.test`` and detect in them, one at a time.

    With fewer frames than are timed, they come again.

    Args:
        cfg: the detector's config.
        checkpoint: its weights.
        samples: how many frames are timed.
        warmup: how many come before, untimed: the first ones compile.
        log_interval: how many frames lie between two lines of progress.
        **speed_options: see :func:`mmdet3d.apis.speed_options.set_speed_options`.

    Raises:
        FileNotFoundError: if weights or data are missing.
        ValueError: if ``data.test`` is not one data set.
    """
    dataset = build_test_set(cfg)
    model = init_model(cfg, str(checkpoint), **speed_options)
    seconds = np.zeros((warmup + samples, 2))
    for i in range(len(seconds)):
        start = time.perf_counter()
        batch = load_batch(model, dataset, i % len(dataset))
        _wait(batch)
        loaded = time.perf_counter()
        # The result lies on the CPU, so a GPU has finished when it is there.
        model(return_loss=False, rescale=True, **batch)
        seconds[i] = loaded - start, time.perf_counter() - loaded
        timed = seconds[warmup : i + 1]
        if len(timed) and len(timed) % log_interval == 0:
            rate = 1 / np.median(timed[:, 1])
            print(f'{len(timed)} of {samples} frames, {rate:.1f} detected a second', flush=True)
    return Speed(_device_name(model), *seconds[warmup:].T)


def format_speed(speed: Speed) -> str:
    """Lay out medians and spreads as a Markdown table, with a line on what was timed."""
    both = speed.loading + speed.detection
    parts = [('loading', speed.loading), ('detection', speed.detection), ('both', both)]
    titles = ['part', 'frames/s', 'median (ms)', '10th to 90th percentile (ms)']
    table = markdown_table(titles, [_row(name, seconds) for name, seconds in parts])
    return f'{len(both)} frames, one at a time, on {speed.device}:\n\n{table}'


def _row(name: str, seconds: np.ndarray) -> Sequence[str]:
    low, middle, high = np.percentile(seconds, [10, 50, 90])
    return [name, f'{1 / middle:.2f}', f'{1e3 * middle:.2f}', f'{1e3 * low:.2f}-{1e3 * high:.2f}']


def _wait(batch: dict) -> None:
    """Copies to a GPU are under way when the call that began them returns."""
    if batch['points'][0][0].is_cuda:
        torch.cuda.synchronize()


def _device_name(model: torch.nn.Module) -> str:
    device = next(model.parameters()).device
    if device.type == 'cuda':
        return torch.cuda.get_device_name(device)
    return f'{device.type.upper()} ({torch.get_num_threads()} threads)'
