"""The iteration loop, for schedules that count steps and not passes over the data."""

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from math import ceil
from typing import Any

import mmcv.runner
import torch
from mmcv.runner import RUNNERS
from torch.utils.data import DataLoader

from mmcv_patched.runner.base_runner import BaseRunner
from mmcv_patched.runner.random_states import random_states_kept


class BatchStream:
    """The batches of a loader, pass after pass; its length is that of one pass.

    Args:
        loader: the loader.
        batches_done: batches that an earlier run took from it; a distributed sampler shuffles by
            the number of the pass.
        batches_of: gives the batches of a pass with their numbers.
    """

    def __init__(
        self,
        loader: DataLoader,
        batches_done: int = 0,
        batches_of: Callable[[DataLoader], Iterable[tuple[int, dict]]] = enumerate,
    ) -> None:
        self.loader = loader
        self._batches_of = batches_of
        self._batches = self._endless(batches_done // len(self))

    def _endless(self, first_pass: int) -> Iterator[dict]:
        sampler: Any = getattr(self.loader, 'sampler', None)
        for number in count(first_pass):
            if hasattr(sampler, 'set_epoch'):
                sampler.set_epoch(number)
            for _, batch in self._batches_of(self.loader):
                yield batch

    def __next__(self) -> dict:
        """Return the next batch."""
        return next(self._batches)

    def __len__(self) -> int:
        """Return the number of batches that this process has of one pass."""
        sampler: Any = getattr(self.loader, 'batch_sampler', None)
        if hasattr(sampler, 'world_size'):
            # mmdet's samplers for this runner never end; their own length is that of the data set.
            dataset: Any = self.loader.dataset
            return ceil(len(dataset) / (sampler.batch_size * sampler.world_size))
        return len(self.loader)


@RUNNERS.register_module(name='IterBasedRunner', force=True)
class IterBasedRunner(BaseRunner, mmcv.runner.IterBasedRunner):
    """mmcv's ``IterBasedRunner`` with a teacher, under the same registry name.

    Without a teacher it trains as mmcv's does, less the pauses between passes over the data. Its
    ``epoch`` is the number of passes that the iterations so far make up, also with samplers that
    never end and in a resumed run.
    """

    unit = 'iter'

    def train(self, data_loader: BatchStream, **kwargs: Any) -> None:
        """Train on one batch."""
        self.model.train()
        self.mode = 'train'
        self.data_loader = data_loader
        self._epoch = self._iter // len(data_loader)
        self.data_batch = next(data_loader)
        self.call_hook('before_train_iter')
        self.run_iter(self.data_batch, train_mode=True, **kwargs)
        self.call_hook('after_train_iter')
        self._inner_iter += 1
        self._iter += 1

    @torch.no_grad()
    def val(self, data_loader: BatchStream, **kwargs: Any) -> None:
        """Compute the losses on one batch."""
        self.model.eval()
        self.mode = 'val'
        self.data_loader = data_loader
        with random_states_kept():
            self.data_batch = next(data_loader)
            self.call_hook('before_val_iter')
            self.run_iter(self.data_batch, train_mode=False)
            self.call_hook('after_val_iter')
        self._inner_iter += 1

    def place(self) -> dict[str, Any]:
        """Return where this process is; the end of a pass is the beginning of the next."""
        place = super().place()
        at_end = self.is_in_pass and self._taken == len(self.data_loader)
        return {**place, 'batches': 0, 'began': None} if at_end else place

    def run(
        self,
        data_loaders: list[DataLoader],
        workflow: list[tuple[str, int]],
        **kwargs: Any,
    ) -> None:
        """Run the iterations of ``workflow`` until ``max_iters`` iterations were trained.

        Args:
            data_loaders: one loader for each phase of the workflow.
            workflow: pairs of a phase ('train' or 'val') and its number of iterations.
            **kwargs: passed on to ``train_step``.

        Raises:
            ValueError: if loaders and phases differ in number, a phase is unknown, or none trains.
        """
        self._start(data_loaders, workflow)
        self.call_hook('before_run')
        streams = [
            BatchStream(loader, self.iter, self.batches_of if phase == 'train' else enumerate)
            for loader, (phase, _) in zip(data_loaders, workflow)
        ]
        self.call_hook('before_epoch')
        while self.iter < self._max_iters:
            for (phase, iterations), stream in zip(workflow, streams):
                self._inner_iter = 0
                for _ in range(iterations):
                    if phase == 'train' and self.iter >= self._max_iters:
                        break
                    getattr(self, phase)(stream, **kwargs)
        self.call_hook('after_epoch')
        self.call_hook('after_run')
