"""What this project's runners share: a teacher beside the model, checkpoints and resuming."""

import os.path as osp
import re
from collections.abc import Sequence
from typing import Any

import mmcv.runner
import torch
from mmcv.parallel import is_module_wrapper
from mmcv.runner import CheckpointLoader, get_host_info
from torch import nn
from torch.utils.data import DataLoader

from mmcv_patched.logs import OFF_THE_SCREEN
from mmcv_patched.parallel import UnpackedBatch, unpack
from mmcv_patched.runner.checkpoint import point_to, save_checkpoint
from mmcv_patched.runner.finite import (
    NonFiniteError,
    require_finite_losses,
    require_finite_weights,
    sample_names,
)
from mmcv_patched.runner.passes import PassKeeper
from mmcv_patched.runner.weights import (
    adapt_modules,
    find_misfit,
    load_fitting,
    read_meta,
    read_weights,
    require_some_fit,
    warn_of_partial_fit,
)

_PHASES = ('train', 'val')


class BaseRunner(PassKeeper, mmcv.runner.BaseRunner):
    """A runner that holds the frozen teacher of a distillation run.

    It is the mixin of all runners of this project, each of which is also one of mmcv's.

    Args:
        *args: as for mmcv's runner.
        teacher: the wrapped teacher network, or None for plain training. It is no part of
            ``model``: neither its parameters nor its buffers reach optimizer or checkpoints.
        last_taught: the feature after whose stage the teacher may stop; None for all that it has.
        **kwargs: as for mmcv's runner.

    Attributes:
        unit: what the runner counts and names its checkpoints by, 'epoch' or 'iter'.
        samples: names of the samples of the batch that was run last.
        nan_policy: what becomes of a step whose losses or gradients are not finite: 'stop' ends the
            run, 'skip' leaves the step out and counts it.
        skipped: steps that were left out so far.
        is_skipped: whether the step that is being taken is left out.
        load_partly: take what fits of weights that are of another shape in part.

    Raises:
        ValueError: if ``batch_processor`` is given, which mmcv deprecates.
    """

    unit: str
    nan_policy = 'stop'
    load_partly = False
    skipped = 0
    is_skipped = False

    def __init__(
        self,
        *args: Any,
        teacher: nn.Module | None = None,
        last_taught: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if self.batch_processor is not None:
            raise ValueError(
                'batch_processor is not supported: give the model a train_step and a val_step'
            )
        self.samples: list[str] = []
        self.teacher: Any = teacher
        self.last_taught = last_taught

    def run_iter(self, data_batch: dict, train_mode: bool, **kwargs: Any) -> None:
        """Run the student, and before it the teacher where there is one, on one batch.

        Args:
            data_batch: a collated batch; it is unpacked and moved once for both.
            train_mode: call ``train_step``, not ``val_step``.
            **kwargs: further arguments of that step.

        Raises:
            NonFiniteError: if a loss is not finite, unless ``nan_policy`` is 'skip'.
        """
        batch = unpack(data_batch, next(self.model.parameters()).device)
        self.samples = sample_names(batch)
        if train_mode and self.teacher is not None:
            kwargs.update(is_teacher=False, teacher_info=self._ask_teacher(batch))
            kwargs.update(epoch=self.epoch, iter=self.iter)
        step = self.model.train_step if train_mode else self.model.val_step
        self.outputs = step(batch, self.optimizer, **kwargs)
        self.is_skipped = False
        if 'log_vars' in self.outputs:
            try:
                require_finite_losses(self)
            except NonFiniteError as error:
                self.skip(error)
                return
            self.log_buffer.update(self.outputs['log_vars'], self.outputs['num_samples'])

    def skip(self, error: NonFiniteError) -> None:
        """Leave the step out and count it, if ``nan_policy`` says so.

        Args:
            error: what is not finite.

        Raises:
            NonFiniteError: if it does not; it is ``error``.
        """
        if self.nan_policy != 'skip':
            raise error
        self.skipped += 1
        self.is_skipped = True
        self.logger.warning('step left out, the %d. of this run: %s', self.skipped, error.what)

    @torch.no_grad()
    def _ask_teacher(self, batch: UnpackedBatch) -> dict:
        self.teacher.eval()
        asked = {} if self.last_taught is None else {'last': self.last_taught}
        return self.teacher.train_step(batch, self.optimizer, is_teacher=True, **asked)

    def _start(self, data_loaders: list[DataLoader], workflow: list[tuple[str, int]]) -> DataLoader:
        """Check and log what is to be run; return the loader of the training phase.

        Raises:
            ValueError: if loaders and phases differ in number, a phase is unknown, none trains, or
                it is not said how long.
        """
        limit = getattr(self, f'_max_{self.unit}s')
        if limit is None:
            raise ValueError(f'runner.max_{self.unit}s is not set: say how long to train')
        if len(data_loaders) != len(workflow):
            raise ValueError(
                f'{len(data_loaders)} data loaders for the {len(workflow)} phases of '
                f'workflow={workflow}: there has to be one for each'
            )
        phases = [phase for phase, _ in workflow]
        if 'train' not in phases or not set(phases) <= set(_PHASES):
            raise ValueError(
                f"workflow={workflow}: its phases have to be 'train' or 'val', at least one 'train'"
            )
        self.logger.info('Start running, host: %s, work_dir: %s', get_host_info(), self.work_dir)
        hooks = self.get_hook_info()
        self.logger.info('Hooks, in the order they run:\n%s', hooks, extra=OFF_THE_SCREEN)
        self.logger.info('workflow: %s, max: %d %ss', workflow, limit, self.unit)
        return data_loaders[phases.index('train')]

    def save_checkpoint(
        self,
        out_dir: str,
        filename_tmpl: str | None = None,
        save_optimizer: bool = True,
        meta: dict | None = None,
        create_symlink: bool = True,
    ) -> None:
        """Write the model, and with ``save_optimizer`` the optimizer, in one step.

        Args:
            out_dir: folder to write to.
            filename_tmpl: file name, with a place for the number of the epoch or iteration; by
                default 'epoch_{}.pth' or, within an epoch, 'iter_{}.pth'.
            save_optimizer: keep what is needed to resume.
            meta: further entries for the checkpoint's ``meta``.
            create_symlink: let ``latest.pth`` point at the file, or be a copy of it where there are
                no symbolic links.

        Raises:
            NonFiniteError: if a parameter is not finite; nothing is written then.
        """
        unit, done = self._progress()
        filename = (filename_tmpl or f'{unit}_{{}}.pth').format(done[unit])
        require_finite_weights(self.model, filename)
        meta = {**(meta or {}), **(self.meta or {}), **done, **self.places(done['iter'])}
        optimizer = self.optimizer if save_optimizer else None
        save_checkpoint(self.model, osp.join(out_dir, filename), optimizer=optimizer, meta=meta)
        if create_symlink:
            point_to(filename, osp.join(out_dir, 'latest.pth'))

    def _progress(self) -> tuple[str, dict[str, int]]:
        """Return what a checkpoint is counted by, and how many epochs and iterations are done.

        Hooks save after a step and before it is counted, or after an epoch, likewise.
        """
        if self.unit == 'epoch' and not self.is_in_pass:
            return 'epoch', {'epoch': self.epoch + 1, 'iter': self.iter}
        return 'iter', {'epoch': self.epoch + (self.unit == 'iter'), 'iter': self.iter + 1}

    def gather_places(self) -> None:
        """Let the next checkpoint hold where all processes are; each of them calls this."""
        self.gather(self._progress()[1]['iter'])

    def load_checkpoint(
        self,
        filename: str,
        map_location: str = 'cpu',
        strict: bool = False,
        revise_keys: Sequence[tuple[str, str]] = ((r'^module\.', ''),),
    ) -> dict:
        """Load weights to begin with; one warning says what they leave as it was initialised.

        Args:
            filename: path or URL of the checkpoint.
            map_location: where to load it, as in ``torch.load``.
            strict: refuse weights that leave a part of the network as it was initialised.
            revise_keys: patterns in the weights' names and what takes their place.

        Returns:
            the checkpoint.

        Raises:
            ValueError: if none of its weights fits; if some are of another shape, unless
                ``load_partly`` is set; or with ``strict`` if some are missing.
        """
        checkpoint = CheckpointLoader.load_checkpoint(filename, map_location, self.logger)
        weights = read_weights(checkpoint, filename, revise_keys)
        model = self.model.module if is_module_wrapper(self.model) else self.model
        adapt_modules(model, weights, read_meta(checkpoint), filename)
        require_some_fit(model, weights, filename)
        misfit = find_misfit(model, weights)
        if misfit.reshaped and not (strict or self.load_partly):
            raise ValueError(
                f'the weights of {filename} are of another network than this '
                f'{type(model).__name__}: {misfit}. Name a checkpoint of the same widths and '
                'classes, or set load_partly=True in the config to begin with what fits'
            )
        misfit = load_fitting(model, weights)
        if strict and (misfit.missing or misfit.reshaped):
            raise ValueError(f'its weights do not fit this {type(model).__name__}: {misfit}')
        warn_of_partial_fit(model, misfit, filename)
        return checkpoint

    def resume(
        self, checkpoint: str, resume_optimizer: bool = True, map_location: str = 'cpu'
    ) -> None:
        """Go on where the run that wrote a checkpoint stopped.

        It repeats what the run would have done to the bit, on one kind of device. Unlike mmcv's
        runners, this reads the config in a checkpoint without executing it.

        Args:
            checkpoint: path or URL of the checkpoint.
            resume_optimizer: restore the optimizer too, where the checkpoint has one.
            map_location: where to load it, as in ``torch.load``; weights are copied from there.

        Raises:
            ValueError: if it is not of a run, or weights or the optimizer's state are of another
                network.
        """
        saved = self.load_checkpoint(checkpoint, map_location=map_location, strict=True)
        self.meta = read_meta(saved)
        if not all(isinstance(self.meta.get(key), int) for key in ('epoch', 'iter')):
            raise ValueError('its meta does not say which epoch and iteration it is of')
        self.go_on_from(self.meta, self.rank, self.world_size, checkpoint)
        self._epoch, self._iter = self.meta['epoch'], self.meta['iter']
        if self.unit == 'epoch':
            processes = _count_processes(self.meta.get('config')) or self.world_size
            self._iter = self._iter * processes // self.world_size
        if resume_optimizer and 'optimizer' in saved:
            self.optimizer.load_state_dict(saved['optimizer'])
        self.logger.info('resumed epoch %d, iter %d', self.epoch, self.iter)


def _count_processes(config: Any) -> int:
    """Return how many processes a run had, by the ``gpu_ids`` of its config; 0 without them.

    Args:
        config: the text of the config, where mmdetection3d writes a range and this project a list.
            It is searched, never executed.
    """
    if not isinstance(config, str):
        return 0
    listed = re.search(r'^gpu_ids = \[(.*?)\]', config, re.MULTILINE | re.DOTALL)
    if listed:
        return len(re.findall(r'\d+', listed[1]))
    in_range = re.search(r'^gpu_ids = range\(0, (\d+)\)', config, re.MULTILINE)
    return int(in_range[1]) if in_range else 0
