"""A run ends where its numbers are not finite, before they reach the weights."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmcv.parallel import is_module_wrapper
from mmcv.runner import BaseRunner
from torch import nn

_ADVICE = (
    'No step was taken with it, and earlier checkpoints are as they were. Look at these samples, '
    'lower optimizer.lr, clip gradients by optimizer_config.grad_clip, or leave such steps out by '
    "nan_policy='skip' in the config"
)


class NonFiniteError(ValueError):
    """A loss or a gradient is infinite or no number.

    Args:
        what: what is not finite, and where.
        advice: what to do.
    """

    def __init__(self, what: str, advice: str = _ADVICE) -> None:
        super().__init__(f'{what}. {advice}')
        self.what = what


def sample_names(batch: Mapping[str, Any]) -> list[str]:
    """Return what the samples of a batch are called.

    Args:
        batch: an unpacked batch; its ``img_metas`` have ``sample_idx`` and ``pts_filename``.

    Returns:
        the names, '000008' for sample 8 of a data set that has numbers; none without ``img_metas``.
    """
    metas = batch.get('img_metas')
    return [_name(meta) for meta in metas] if isinstance(metas, (list, tuple)) else []


def _name(meta: Any) -> str:
    if not isinstance(meta, Mapping):
        return '?'
    name = meta.get('sample_idx')
    if not isinstance(name, str) and 'pts_filename' in meta:
        return Path(str(meta['pts_filename'])).stem
    return str(name)


def require_finite_losses(runner: BaseRunner) -> None:
    """Check the losses of a step, as they were logged and so without waiting for the device.

    In a distributed run the logged values are means over all processes, so all of them stop.

    Args:
        runner: the runner, after the model's step.

    Raises:
        NonFiniteError: if a loss is not finite; it names all terms that are not, and the samples.
    """
    values = {name: float(value) for name, value in runner.outputs['log_vars'].items()}
    bad = {name: value for name, value in values.items() if not math.isfinite(value)}
    if not any('loss' in name for name in bad):
        return
    terms = {name: value for name, value in bad.items() if name != 'loss'} or bad
    listed = ', '.join(f'{name} ({value})' for name, value in terms.items())
    raise NonFiniteError(f'not finite: {listed} in {_place(runner)}{_whose(runner)}')


def require_finite_norm(norm: float, runner: BaseRunner) -> None:
    """Check the norm of the gradients.

    Args:
        norm: the norm over all parameters, before they were clipped.
        runner: the runner, before the optimizer's step.

    Raises:
        NonFiniteError: if it is not finite.
    """
    if not math.isfinite(norm):
        raise NonFiniteError(f'not finite: the norm of the gradients ({norm}) in {_place(runner)}')


def require_finite_weights(model: nn.Module, filename: str) -> None:
    """Check what is about to be saved, so that earlier checkpoints stay the latest.

    Args:
        model: the network, wrapped or not.
        filename: what it is to be saved as.

    Raises:
        NonFiniteError: if a parameter is not finite.
    """
    network: Any = model.module if is_module_wrapper(model) else model
    parameters = list(network.named_parameters())
    bad = [name for name, parameter in parameters if not parameter.isfinite().all()]
    if bad:
        raise NonFiniteError(
            f'not finite: {len(bad)} of {len(parameters)} parameters ({bad[0]}, ...), so '
            f'{filename} is not written, and earlier checkpoints are as they were',
            'Clip gradients by optimizer_config.grad_clip, which also finds the iteration, or '
            'lower optimizer.lr',
        )


def _place(runner: BaseRunner) -> str:
    phase = 'validation after iteration' if runner.mode == 'val' else 'iteration'
    number = runner.iter + (runner.mode != 'val')
    samples = ', '.join(getattr(runner, 'samples', [])) or 'unknown'
    return f'{phase} {number}, epoch {runner.epoch + 1}, samples {samples}'


def _whose(runner: BaseRunner) -> str:
    """Tell a process whose own batch is not the reason; only asked where the run ends anyway."""
    loss = runner.outputs.get('loss')
    if runner.world_size > 1 and loss is not None and math.isfinite(float(loss.detach())):
        return ' (finite in this process, so in the batch of another)'
    return ''
