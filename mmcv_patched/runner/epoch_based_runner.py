"""The epoch loop: the teacher looks at each batch first, the student learns from both."""

import os.path as osp
from typing import Any

import mmcv
import mmcv.runner
import torch
from mmcv.runner import RUNNERS, get_host_info
from torch.utils.data import DataLoader

from mmcv_patched.runner.base_runner import BaseRunner
from mmcv_patched.runner.checkpoint import save_checkpoint


@RUNNERS.register_module(name='EpochBasedRunner', force=True)
class EpochBasedRunner(mmcv.runner.EpochBasedRunner, BaseRunner):
    """mmcv's ``EpochBasedRunner`` with a teacher, under the same registry name.

    Without a teacher it trains as mmcv's does, less the pauses around each epoch.
    """

    def run_iter(self, data_batch: dict, train_mode: bool, **kwargs: Any) -> None:
        """Run the student, and before it the teacher where there is one, on one batch."""
        if train_mode and self.teacher is not None:
            kwargs.update(is_teacher=False, teacher_info=self._ask_teacher(data_batch))
        super().run_iter(data_batch, train_mode, **kwargs)

    @torch.no_grad()
    def _ask_teacher(self, data_batch: dict) -> dict:
        return self.teacher.train_step(data_batch, self.optimizer, is_teacher=True)

    def train(self, data_loader: DataLoader, **kwargs: Any) -> None:
        """Train for one epoch."""
        self.model.train()
        self.mode = 'train'
        self.data_loader = data_loader
        self._max_iters = self._max_epochs * len(data_loader)
        if self.teacher is not None:
            self.teacher.eval()
        self.call_hook('before_train_epoch')
        for self._inner_iter, self.data_batch in enumerate(data_loader):
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

        Raises:
            ValueError: if loaders and phases differ in number, a phase is unknown, or none trains.
        """
        self._check_workflow(data_loaders, workflow)
        train_loader = data_loaders[[phase for phase, _ in workflow].index('train')]
        self._max_iters = self._max_epochs * len(train_loader)
        self.logger.info('Start running, host: %s, work_dir: %s', get_host_info(), self.work_dir)
        self.logger.info('Hooks, in the order they run:\n%s', self.get_hook_info())
        self.logger.info('workflow: %s, max: %d epochs', workflow, self._max_epochs)
        self.call_hook('before_run')
        while self.epoch < self._max_epochs:
            for (phase, epochs), data_loader in zip(workflow, data_loaders):
                for _ in range(epochs):
                    if phase == 'train' and self.epoch >= self._max_epochs:
                        break
                    getattr(self, phase)(data_loader, **kwargs)
        self.call_hook('after_run')

    def _check_workflow(self, data_loaders: list, workflow: list[tuple[str, int]]) -> None:
        if self._max_epochs is None:
            raise ValueError('runner.max_epochs is not set: say how many epochs to train for')
        if len(data_loaders) != len(workflow):
            raise ValueError(
                f'{len(data_loaders)} data loaders for the {len(workflow)} phases of '
                f'workflow={workflow}: there has to be one for each'
            )
        phases = [phase for phase, _ in workflow]
        if 'train' not in phases or not set(phases) <= {'train', 'val'}:
            raise ValueError(
                f"workflow={workflow}: its phases have to be 'train' or 'val', at least one 'train'"
            )

    def save_checkpoint(
        self,
        out_dir: str,
        filename_tmpl: str = 'epoch_{}.pth',
        save_optimizer: bool = True,
        meta: dict | None = None,
        create_symlink: bool = True,
    ) -> None:
        """Write the model, and with ``save_optimizer`` the optimizer, in one step.

        Args:
            out_dir: folder to write to.
            filename_tmpl: file name, with a place for the number of the epoch.
            save_optimizer: keep what is needed to resume.
            meta: further entries for the checkpoint's ``meta``.
            create_symlink: let ``latest.pth`` point at the file.
        """
        meta = {**(meta or {}), **(self.meta or {}), 'epoch': self.epoch + 1, 'iter': self.iter}
        filename = filename_tmpl.format(self.epoch + 1)
        optimizer = self.optimizer if save_optimizer else None
        save_checkpoint(self.model, osp.join(out_dir, filename), optimizer=optimizer, meta=meta)
        if create_symlink:
            mmcv.symlink(filename, osp.join(out_dir, 'latest.pth'))
