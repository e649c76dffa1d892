"""The base runner with room for a teacher."""

from typing import Any

import mmcv.runner
from torch import nn


class BaseRunner(mmcv.runner.BaseRunner):
    """mmcv's runner, which also holds the frozen teacher of a distillation run.

    Args:
        *args: as for ``mmcv.runner.BaseRunner``.
        teacher: the wrapped teacher network, or None for plain training. It is no part of
            ``model``: neither its parameters nor its buffers reach optimizer or checkpoints.
        **kwargs: as for ``mmcv.runner.BaseRunner``.
    """

    def __init__(self, *args: Any, teacher: nn.Module | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.teacher = teacher
