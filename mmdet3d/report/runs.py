"""Find the runs of tools/train.py and measure them: size, arithmetic, precision, speed."""

import time
import warnings
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import mmcv
import torch
from mmcv.parallel import collate
from torch import nn
from tqdm import tqdm

from mmcv_patched.parallel import to_device
from mmdet3d.apis.evaluation import build_tested
from mmdet3d.apis.inference import init_model
from mmdet3d.datasets import Custom3DDataset
from mmdet3d.datasets.pictures import frame_name
from mmdet3d.report.multiply_adds import count_multiply_adds
from mmdet3d.utils.config import load_config


@dataclass
class RunFigures:
    """What is known of one trained detector.

    Attributes:
        name: how it is called.
        parameters: number of its parameters.
        multiply_adds: of its convolutions and matrix products on one frame.
        frames_per_second: detection alone, with the data in memory, one frame at a time.
        figures: what the data set's ``evaluate`` gives; empty without ground truth.
        detections: of every frame of the test set.
    """

    name: str
    parameters: int
    multiply_adds: float
    frames_per_second: float
    figures: dict[str, float]
    detections: list[dict] = field(repr=False)


def load_run_config(
    work_dir: str | Path,
    options: Mapping[str, Any] | None = None,
    data_root: str | Path | None = None,
    infos: str | Path | None = None,
) -> mmcv.Config:
    """Load the config that a run was trained with, which its folder holds.

    Args:
        work_dir: folder of the run.
        options: see :func:`mmdet3d.utils.config.load_config`, as for what follows.
        data_root: where the data is.
        infos: where the info files are.

    Raises:
        FileNotFoundError: if the folder does not hold one config.
    """
    configs = sorted(Path(work_dir).glob('*.py'))
    if len(configs) != 1:
        raise FileNotFoundError(
            f'{work_dir} holds {len(configs)} configs, expected the one of a run of tools/train.py'
        )
    return load_config(configs[0], options, data_root, infos)


def latest_checkpoint(work_dir: str | Path) -> Path:
    """Return the latest checkpoint of a run.

    Raises:
        FileNotFoundError: if its folder holds none.
    """
    path = Path(work_dir) / 'latest.pth'
    if not path.is_file():
        raise FileNotFoundError(f'{work_dir} holds no latest.pth: this run saved no weights')
    return path


def build_test_set(cfg: mmcv.Config) -> Custom3DDataset:
    """Build what ``cfg.data.test`` describes.

    Raises:
        ValueError: if it is not one data set alone.
    """
    dataset = build_tested(cfg)
    if not isinstance(dataset, Custom3DDataset):
        raise ValueError(
            f'data.test is a {type(dataset).__name__}; runs are measured on one data set, with one '
            'annotation file'
        )
    return dataset


@dataclass(frozen=True)
class OpenRun:
    """A run whose files are all there.

    Attributes:
        cfg: its config.
        checkpoint: its latest weights.
        dataset: what it is tested on.
    """

    cfg: mmcv.Config
    checkpoint: Path
    dataset: Custom3DDataset


def open_runs(folders: Mapping[str, str | Path], **changes: Any) -> dict[str, OpenRun]:
    """Open runs that are tested on the same frames, before anything is measured.

    Args:
        folders: folder of each run by its name.
        **changes: what to change in their configs, see :func:`load_run_config`.

    Raises:
        FileNotFoundError: if a run lacks its config or its checkpoint.
        ValueError: if the runs do not test on the same frames.
    """
    configs = {name: load_run_config(folder, **changes) for name, folder in folders.items()}
    checkpoints = {name: latest_checkpoint(folder) for name, folder in folders.items()}
    runs = {
        name: OpenRun(cfg, checkpoints[name], build_test_set(cfg)) for name, cfg in configs.items()
    }
    _check_frames({name: run.dataset for name, run in runs.items()})
    return runs


def _check_frames(datasets: Mapping[str, Custom3DDataset]) -> None:
    names = {
        run: [frame_name(dataset, index) for index in range(len(dataset))]
        for run, dataset in datasets.items()
    }
    first = next(iter(names))
    for run in names:
        if names[run] != names[first]:
            files = ' and '.join(f'{each} on {datasets[each].ann_file}' for each in (first, run))
            raise ValueError(
                f'runs are compared on the same frames, but {files} are tested on different ones; '
                'set --data-root, or data.test.ann_file by --cfg-options'
            )


def measure_run(name: str, cfg: mmcv.Config, checkpoint: str | Path) -> RunFigures:
    """Test a detector on ``cfg.data.test``, one frame at a time.

    Frames without ground truth are detected in but not evaluated, with a warning.

    Args:
        name: how to call it.
        cfg: its config.
        checkpoint: its weights.

    Raises:
        NotImplementedError: if the data set has ground truth, but no evaluation.
    """
    model = init_model(cfg, str(checkpoint))
    dataset = build_test_set(cfg)
    is_known = _has_truth(dataset)
    if is_known:
        dataset.check_evaluation()
    detections, seconds = detect_all(model, dataset, name)
    return RunFigures(
        name,
        sum(parameter.numel() for parameter in model.parameters()),
        count_multiply_adds(model, load_batch(model, dataset, 0)),
        # The first frames compile and warm up; the median does not see them.
        1 / median(seconds),
        dataset.evaluate(deepcopy(detections), logger='silent') if is_known else {},
        detections,
    )


def load_batch(model: nn.Module, dataset: Custom3DDataset, index: int) -> dict:
    """Load one frame as a batch, on the device of a detector."""
    return to_device(collate([dataset[index]], 1), next(model.parameters()).device)


@torch.no_grad()
def detect_in(model: nn.Module, dataset: Custom3DDataset, index: int) -> dict:
    """Detect in one frame of a data set."""
    return model(return_loss=False, rescale=True, **load_batch(model, dataset, index))[0]


@torch.no_grad()
def detect_all(
    model: nn.Module, dataset: Custom3DDataset, name: str
) -> tuple[list[dict], list[float]]:
    """Detect in every frame of a data set, one at a time.

    Args:
        model: the detector.
        dataset: the frames.
        name: what the progress bar calls the detector.

    Returns:
        the detections and the seconds that they took, both by frame.
    """
    detections, seconds = [], []
    for index in tqdm(range(len(dataset)), desc=name, unit='frame'):
        batch = load_batch(model, dataset, index)
        start = time.perf_counter()
        # The result lies on the CPU, so a GPU has finished when it is there.
        detections += model(return_loss=False, rescale=True, **batch)
        seconds.append(time.perf_counter() - start)
    return detections, seconds


def require_truth(dataset: Custom3DDataset) -> None:
    """Refuse frames whose objects are not known.

    Raises:
        ValueError: if there are such.
    """
    bare = [index for index in range(len(dataset)) if not dataset.has_truth(index)]
    if bare:
        raise ValueError(
            f'{len(bare)} of {len(dataset)} frames of {dataset.ann_file} have no annotations, '
            f'frame {bare[0]} for one: errors need ground truth; set data.test.ann_file'
        )


def _has_truth(dataset: Custom3DDataset) -> bool:
    """Tell whether the detections can be evaluated; warns if not."""
    if all(map(dataset.has_truth, range(len(dataset)))):
        return True
    warnings.warn(
        f'{dataset.ann_file} has frames without ground truth, so nothing is evaluated',
        stacklevel=3,
    )
    return False
