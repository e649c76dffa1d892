"""When checkpoints are written in a training: after epochs, and after so many iterations."""

import os
import os.path as osp
import re
from typing import Any

import mmcv.runner
from mmcv.runner import HOOKS
from mmcv.runner.dist_utils import master_only

from mmcv_patched.runner.base_runner import BaseRunner
from mmcv_patched.runner.norm_statistics import average_statistics

_PARTIAL = re.compile(r'\..+\.pth\.\d+\.partial')
_WITHIN = 'within'


@HOOKS.register_module(name='CheckpointHook', force=True)
class CheckpointHook(mmcv.runner.CheckpointHook):
    """mmcv's ``CheckpointHook``, whose checkpoints hold the random numbers of all processes.

    Args:
        interval: epochs, or iterations without ``by_epoch``, from one checkpoint to the next.
        iterations: write one after so many iterations too, ``iter_N.pth``, of which only the newest
            is kept, until the next one of the epochs is there. 0 writes none.
        sync_buffer: save, and go on with, the mean of the statistics that the processes of a group
            have of their batches; else those of the first process are saved.
        by_epoch: as for mmcv's hook, as the arguments that are not listed here.
        **kwargs: for the runner's ``save_checkpoint``.

    Raises:
        ValueError: if ``iterations`` is no whole number of 0 or more.
    """

    def __init__(
        self,
        interval: int = -1,
        by_epoch: bool = True,
        save_optimizer: bool = True,
        out_dir: str | None = None,
        max_keep_ckpts: int = -1,
        save_last: bool = True,
        sync_buffer: bool = False,
        file_client_args: dict | None = None,
        iterations: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            interval,
            by_epoch,
            save_optimizer,
            out_dir,
            max_keep_ckpts,
            save_last,
            file_client_args=file_client_args,
            **kwargs,
        )
        self.averages_statistics = sync_buffer
        if type(iterations) is not int or iterations < 0:
            raise ValueError(
                f'checkpoint_config.iterations={iterations!r}: expected a whole number of 0 or '
                'more, 0 for checkpoints after epochs alone'
            )
        self.iterations = iterations

    def before_run(self, runner: BaseRunner) -> None:
        """Find the folder, and clear it of what a killed run did not finish writing."""
        super().before_run(runner)
        _remove_partial(self.out_dir)

    def after_train_iter(self, runner: BaseRunner) -> None:
        """Write a checkpoint within the epoch, if it is time for one."""
        super().after_train_iter(runner)
        if self.iterations and self.every_n_iters(runner, self.iterations):
            self.save_within(runner)

    def save_within(self, runner: BaseRunner) -> str:
        """Write a checkpoint after a step, from which a run goes on within its epoch.

        Args:
            runner: of the training.

        Returns:
            the file.
        """
        runner.gather_places()
        self._average_statistics(runner)
        notes = _notes(runner)
        before, notes[_WITHIN] = notes.get(_WITHIN), f'iter_{runner.iter + 1}.pth'
        self._save_one(runner)
        if before != notes[_WITHIN]:
            self._remove(before)
        return osp.join(self.out_dir, notes[_WITHIN])

    def _average_statistics(self, runner: BaseRunner) -> None:
        if self.averages_statistics:
            average_statistics(runner.model)

    @master_only
    def _save_one(self, runner: BaseRunner) -> None:
        settings = {key: value for key, value in self.args.items() if key != 'filename_tmpl'}
        runner.save_checkpoint(self.out_dir, save_optimizer=self.save_optimizer, **settings)

    def _save_checkpoint(self, runner: BaseRunner) -> None:
        if isinstance(runner, BaseRunner):
            runner.gather_places()
        self._average_statistics(runner)
        within = _notes(runner).pop(_WITHIN, None)
        super()._save_checkpoint(runner)
        self._remove(within)

    @master_only
    def _remove(self, name: str | None) -> None:
        if name is not None and osp.isfile(osp.join(self.out_dir, name)):
            os.remove(osp.join(self.out_dir, name))


def _notes(runner: BaseRunner) -> dict[str, Any]:
    """What hooks note in the checkpoints."""
    if runner.meta is None:
        runner.meta = {}
    return runner.meta.setdefault('hook_msgs', {})


@master_only
def _remove_partial(folder: str) -> None:
    if osp.isdir(folder):
        for name in filter(_PARTIAL.fullmatch, os.listdir(folder)):
            os.remove(osp.join(folder, name))
