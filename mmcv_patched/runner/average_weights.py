"""Average the weights over the end of a training: less noise than those of its last step."""

from typing import Any

import torch
from mmcv.parallel import is_module_wrapper
from mmcv.runner import HOOKS, BaseRunner, CheckpointHook, Hook
from torch import Tensor, nn

_KEY = 'average_weights'


@HOOKS.register_module()
class AverageWeightsHook(Hook):
    """Let the last checkpoint hold the mean of the weights over the last part of the training.

    It is the mean after each of the last steps, of the statistics of normalisations too. The
    evaluation after the last step is of the mean. A training that is resumed within this part goes
    on with its mean. In a config::

        custom_hooks = [dict(type='AverageWeightsHook', share=0.1, priority='ABOVE_NORMAL')]

    Args:
        share: which part, of the iterations, more than 0 and at most 1.

    Raises:
        ValueError: for another ``share``.
    """

    def __init__(self, share: float = 0.1) -> None:
        if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 < share <= 1:
            raise ValueError(
                f'share={share!r} of AverageWeightsHook: expected a number above 0, at most 1, '
                'such as 0.1 for the last tenth of the iterations'
            )
        self.share = share
        self._mean: dict[str, Tensor] = {}
        self._count = 0

    def before_run(self, runner: BaseRunner) -> None:
        """Go on with the mean of the run that is resumed, if it had begun one.

        Raises:
            ValueError: if checkpoints would be written before the mean is in place.
        """
        hooks = list(runner.hooks)
        saving = [i for i, each in enumerate(hooks) if isinstance(each, CheckpointHook)]
        if saving and min(saving) < hooks.index(self):
            raise ValueError(
                'AverageWeightsHook has to come before checkpoints are written: give it '
                "priority='ABOVE_NORMAL' in custom_hooks"
            )
        saved = (runner.meta or {}).get(_KEY)
        if saved:
            self._mean, self._count = dict(saved['mean']), saved['count']

    def after_train_iter(self, runner: BaseRunner) -> None:
        """Count the weights after a step in, and put the mean in their place after the last."""
        done = runner.iter + 1
        if done <= (1 - self.share) * runner.max_iters:
            return
        network: Any = runner.model
        network = network.module if is_module_wrapper(network) else network
        self._add(network)
        if done == runner.max_iters:
            self._put_into(network)
        if runner.meta is None:
            runner.meta = {}
        last = done == runner.max_iters
        runner.meta[_KEY] = None if last else {'mean': self._mean, 'count': self._count}

    @torch.no_grad()
    def _add(self, network: nn.Module) -> None:
        self._count += 1
        for name, value in _averaged(network):
            if name not in self._mean:
                self._mean[name] = value.detach().clone()
            else:
                mean = self._mean[name].to(value.device)
                self._mean[name] = mean + (value - mean) / self._count

    @torch.no_grad()
    def _put_into(self, network: nn.Module) -> None:
        for name, value in _averaged(network):
            value.copy_(self._mean[name])


def _averaged(network: nn.Module) -> list[tuple[str, Tensor]]:
    """Weights and statistics by name, without counters."""
    return [
        (name, value) for name, value in network.state_dict().items() if value.is_floating_point()
    ]
