"""How large a detector is and how much it computes, from its config alone."""

from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike

import mmcv
import numpy as np
import torch
from torch import nn

from mmdet3d.apis.inference import init_model, make_batch, split_pipeline
from mmdet3d.report.markdown import markdown_table
from mmdet3d.report.multiply_adds import count_by_stage
from mmdet3d.report.plain_scan import plain_scan
from mmdet3d.report.published_count import count_as_published


@dataclass(frozen=True)
class Stage:
    """A part of a detector.

    Attributes:
        name: as the config calls it, such as ``backbone``.
        parameters: number of its parameters.
        multiply_adds: on one frame.
    """

    name: str
    parameters: int
    multiply_adds: float


@dataclass(frozen=True)
class Complexity:
    """What a detector costs.

    Attributes:
        stages: its parts, in their order.
    """

    stages: tuple[Stage, ...]

    @property
    def parameters(self) -> int:
        """Number of all parameters."""
        return sum(stage.parameters for stage in self.stages)

    @property
    def multiply_adds(self) -> float:
        """Multiply-adds of the whole detector on one frame."""
        return sum(stage.multiply_adds for stage in self.stages)


def measure_complexity(
    cfg: mmcv.Config, cloud: str | PathLike | np.ndarray | None = None
) -> Complexity:
    """Count the parameters of a detector, and its multiply-adds on one frame.

    See :func:`mmdet3d.report.count_multiply_adds` for what counts. The weights are drawn, the same
    in every call.

    Args:
        cfg: its config, from a file or not.
        cloud: the frame, as for :func:`mmdet3d.apis.inference_detector`; None takes
            that of :func:`generate_cloud`.

    Raises:
        FileNotFoundError: if there is no such cloud.
        ValueError: if the config or the cloud cannot be used.
    """
    return _measure(cfg, cloud, count_by_stage)


def measure_published_complexity(
    cfg: mmcv.Config, cloud: str | PathLike | np.ndarray | None = None
) -> Complexity:
    """Count as the paper does, see :mod:`mmdet3d.report.published_count`.

    Args:
        cfg: as for :func:`measure_complexity`.
        cloud: likewise.
    """
    return _measure(cfg, cloud, count_as_published)


def generate_cloud(
    cfg: mmcv.Config, num_points: int | None = None, columns: int | None = None
) -> np.ndarray:
    """Make a cloud for a detector, see :func:`mmdet3d.report.plain_scan.plain_scan`.

    Args:
        cfg: its config.
        num_points: how many points; as many as a scanner gives without it.
        columns: values per point; as many as ``data.test.pipeline`` loads without it.
    """
    load, _ = split_pipeline(cfg)
    return plain_scan(columns or load.load_dim, num_points)


def format_complexity(measured: Complexity, published: Complexity) -> str:
    """Lay a detector's stages and their sum out as a Markdown table.

    Args:
        measured: from :func:`measure_complexity`.
        published: from :func:`measure_published_complexity`.
    """
    titles = ['stage', 'parameters (M)', 'multiply-adds (G)', "by the paper's count (G)"]
    counted = [
        (stage.name.replace('_', ' '), stage.parameters, stage.multiply_adds, other.multiply_adds)
        for stage, other in zip(measured.stages, published.stages)
    ]
    counted += [('total', measured.parameters, measured.multiply_adds, published.multiply_adds)]
    cells = [
        [name, f'{parameters / 1e6:.3f}', f'{ours / 1e9:.3f}', f'{theirs / 1e9:.3f}']
        for name, parameters, ours, theirs in counted
    ]
    return markdown_table(titles, cells)


def _measure(
    cfg: mmcv.Config,
    cloud: str | PathLike | np.ndarray | None,
    count: Callable[[nn.Module, dict], dict[str, float]],
) -> Complexity:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = init_model(cfg)
    counts = count(model, make_batch(model, generate_cloud(cfg) if cloud is None else cloud))
    prefix = getattr(model, 'part_prefix', '')
    return Complexity(
        tuple(
            Stage(name.removeprefix(prefix), _parameters(stage), counts[name])
            for name, stage in model.named_children()
        )
    )


def _parameters(stage: nn.Module) -> int:
    return sum(parameter.numel() for parameter in stage.parameters())
