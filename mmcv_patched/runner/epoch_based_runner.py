"""The epoch loop: the teacher looks at each batch first, the student learns from both."""

from typing import Any

import mmcv.runner
import torch
from mmcv.runner import RUNNERS
from torch.utils.data import DataLoader

from mmcv_patched.runner.base_runner import BaseRunner
from mmcv_patched.runner.random_states import random_states_kept


@RUNNERS.register_module(name=['EpochBasedRunner', 'Runner'], force=True)
class EpochBasedRunner(BaseRunner, mmcv.runner.EpochBasedRunner):
    """mmcv's ``EpochBasedRunner`` with a teacher, under the same registry names.

    Without a teacher it trains as mmcv's does, less the pauses around each epoch.
    """

    unit = 'epoch'

    def train(self, data_loader: DataLoader, **kwargs: Any) -> None:
        """Train for one epoch."""
        self.model.train()
        self.mode = 'train'
        self.data_loader = data_loader
        self._max_iters = self._max_epochs * len(data_loader)
        self.call_hook('before_train_epoch')
        for number, batch in self.batches_of(data_loader):
            self._inner_iter, self.data_batch = number, batch
            self.call_hook('before_train_iter')
            self.run_iter(self.data_batch, train_mode=True, **kwargs)
            self.call_hook('after_train_iter')
            self._iter += 1
        self.call_hook('after_train_epoch')
        self._epoch += 1

    @torch.no_grad()
    def val(self, data_loader: DataLoader, **kwargs: Any) -> None:
        """Compute the losses on one pass over ``data_loader``."""
        self.model.eval()
        self.mode = 'val'
        self.data_loader = data_loader
        self.call_hook('before_val_epoch')
        with random_states_kept():
            for self._inner_iter, self.data_batch in enumerate(data_loader):
                self.call_hook('before_val_iter')
                self.run_iter(self.data_batch, train_mode=False)
                self.call_hook('after_val_iter')
        self.call_hook('after_val_epoch')

    def run(
        self,
        data_loaders: list[DataLoader],
        workflow: list[tuple[str, int]],
        **kwargs: Any,
    ) -> None:
        """Run the epochs of ``workflow`` until ``max_epochs`` epochs were trained.

        Args:
            data_loaders: one loader for each phase of the workflow.
            workflow: pairs of a phase ('train' or 'val') and its number of epochs.
            **kwargs: passed on to ``train_step``.

        Raises:
            ValueError: if loaders and phases differ in number, a phase is unknown, or none trains.
        """
        train_loader = self._start(data_loaders, workflow)
        self._max_iters = self._max_epochs * len(train_loader)
        self.call_hook('before_run')
        while self.epoch < self._max_epochs:
            for (phase, epochs), data_loader in zip(workflow, data_loaders):
                for _ in range(epochs):
                    if phase == 'train' and self.epoch >= self._max_epochs:
                        break
                    getattr(self, phase)(data_loader, **kwargs)
        self.call_hook('after_run')
