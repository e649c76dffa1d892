"""A student before and after its training, with the layers that compare it with its teacher."""

from dataclasses import dataclass
from pathlib import Path

import mmcv
import torch
from mmcv.runner import CheckpointLoader
from torch import nn

from mmcv_patched.runner import read_weights
from mmdet3d.models import build_model
from mmdet3d.models.detectors.base import Base3DDetector
from mmdet3d.models.kd import LocalGraph
from mmdet3d.utils.checkpoint import load_weights

_PREFIX = 'kd_losses.'


@dataclass(frozen=True)
class Student:
    """A student at a time of its training.

    Attributes:
        model: the network, in eval mode, with its distillation losses.
        adapted: terms whose adapters belong to these weights: of a checkpoint those that it holds,
            of an untrained student all, as its training would begin with them.
        is_trained: whether its weights are of a checkpoint.
    """

    model: Base3DDetector
    adapted: frozenset[str]
    is_trained: bool

    @property
    def graph_losses(self) -> dict[str, LocalGraph]:
        """The losses that compare neighbourhoods, by the names of their terms."""
        losses: nn.ModuleDict = self.model.kd_losses
        return {name: loss for name, loss in losses.items() if isinstance(loss, LocalGraph)}


def build_student(
    cfg: mmcv.Config, teacher: Base3DDetector, checkpoint: str | Path | None, seed: int = 0
) -> Student:
    """Build a student with its weights, or with those that a training of this seed begins with.

    Args:
        cfg: the student's config.
        teacher: what it learns from.
        checkpoint: its weights; None for an untrained one.
        seed: of what is not in the checkpoint.

    Raises:
        FileNotFoundError: if there is no such checkpoint.
        ValueError: if its weights are another network's, the two networks cannot be compared, or no
            term of ``kd_cfg`` compares neighbourhoods.
    """
    torch.manual_seed(seed)
    model = build_model(cfg.model)
    if checkpoint is None:
        model.init_weights()
    else:
        load_weights(model, checkpoint)
    model.init_kd(teacher)
    untrained = Student(model.eval(), frozenset(model.kd_losses), is_trained=False)
    if not untrained.graph_losses:
        terms = {name: type(loss).__name__ for name, loss in model.kd_losses.items()}
        raise ValueError(
            f'kd_cfg has no term of type LocalGraph, whose weights are shown, but {terms}: give '
            'the config of a student of the paper, such as *_student_4x.py; the checkpoint can be '
            'of another distillation'
        )
    if checkpoint is None:
        return untrained
    return Student(model, _load_adapters(untrained.graph_losses, checkpoint), is_trained=True)


def _load_adapters(losses: dict[str, LocalGraph], checkpoint: str | Path) -> frozenset[str]:
    """Load what a checkpoint holds of the losses' layers; give the terms that it holds all of."""
    content = CheckpointLoader.load_checkpoint(str(checkpoint), map_location='cpu', logger='silent')
    weights, found = read_weights(content, str(checkpoint)), set()
    for name, loss in losses.items():
        wanted = loss.state_dict()
        given = {key: weights.get(f'{_PREFIX}{name}.{key}') for key in wanted}
        fitting = {
            key: value
            for key, value in given.items()
            if value is not None and value.shape == wanted[key].shape
        }
        if len(fitting) == len(wanted):
            loss.load_state_dict(fitting)
            found.add(name)
    return frozenset(found)
