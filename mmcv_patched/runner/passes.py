"""Passes over the data that a resumed run goes on with as if it had never stopped."""

import warnings
from collections.abc import Iterator
from typing import Any

import torch.distributed as dist
from torch.utils.data import DataLoader

from mmcv_patched.runner.random_states import (
    RandomStates,
    random_states,
    restore_random_states,
)

_KEY = 'places'


class PassKeeper:
    """Knows where in a pass over the data a process is, and goes on from such a place.

    A place is the number of batches that were taken of a pass, the states of the random numbers
    when it began, and those now. It is exact as long as the loader draws its order and its workers'
    seeds when a pass begins, as torch's does unless workers are persistent; and without workers, as
    long as networks draw torch's random numbers, and not numpy's, which data sets draw.
    """

    _taken = 0
    _began: RandomStates | None = None
    _to_resume: dict[str, Any] | None = None
    _gathered: tuple[int, list[dict[str, Any]]] | None = None

    @property
    def is_in_pass(self) -> bool:
        """Whether a pass has begun that did not end yet."""
        return self._taken > 0

    def batches_of(self, loader: DataLoader) -> Iterator[tuple[int, dict]]:
        """Give the batches of a pass, with their numbers.

        In a resumed run those that it had taken already are loaded once more, but not given: only
        so do the processes that load them draw the same random numbers.

        Args:
            loader: the loader.
        """
        resumed, self._to_resume = self._to_resume, None
        done = resumed['batches'] if resumed else 0
        _start_pass(getattr(loader, 'dataset', None))
        if resumed and resumed['now'] is not None:
            restore_random_states(resumed['began'] if done else resumed['now'])
        self._began = random_states()
        batches = iter(loader)
        for _ in range(done):
            next(batches, None)
        if done and resumed and resumed['now'] is not None:
            restore_random_states(resumed['now'])
        for number, batch in enumerate(batches, done):
            self._taken = number + 1
            yield number, batch
        self._taken = 0

    def place(self) -> dict[str, Any]:
        """Return where this process is."""
        began = self._began if self.is_in_pass else None
        return {'batches': self._taken, 'began': began, 'now': random_states()}

    def gather(self, iteration: int) -> None:
        """Ask all processes where they are, for the next checkpoint; each of them calls this.

        Args:
            iteration: the number of the iteration, by which it is known whether they still hold.
        """
        places: list[Any] = [self.place()]
        if dist.is_initialized():
            own, places = places[0], [None] * dist.get_world_size()
            dist.all_gather_object(places, own)
        self._gathered = iteration, places

    def places(self, iteration: int) -> dict[str, Any]:
        """Return the entry of a checkpoint that holds the places; none where they are not known."""
        if self._gathered is not None and self._gathered[0] == iteration:
            return {_KEY: self._gathered[1]}
        return {} if dist.is_initialized() else {_KEY: [self.place()]}

    def go_on_from(self, meta: dict[str, Any], rank: int, world_size: int, filename: str) -> None:
        """Let the next pass go on from the place that a checkpoint holds; warns if it cannot.

        Args:
            meta: of the checkpoint; the entry is taken out.
            rank: number of this process.
            world_size: how many processes there are.
            filename: the checkpoint, for the warning.
        """
        places = meta.pop(_KEY, None)
        if places is not None and len(places) == world_size:
            self._to_resume = places[rank]
            return
        of = f'of {len(places)} processes, not {world_size}' if places else 'not at all'
        warnings.warn(
            f'{filename} holds the states of random numbers {of}: the run goes on with other '
            'orders of the data and other augmentations than it would have had',
            stacklevel=3,
        )
        batches = places[0]['batches'] * len(places) // world_size if places else 0
        self._to_resume = {'batches': batches, 'began': None, 'now': None}


def _start_pass(dataset: Any) -> None:
    """Tell a data set, through all wrappers, that a pass begins.

    What its steps keep from frame to frame starts anew then. Worker processes, which begin each
    pass as copies of the data set, do that by themselves.
    """
    inner = getattr(dataset, 'datasets', None) or [getattr(dataset, 'dataset', None)]
    for each in inner if inner != [None] else []:
        _start_pass(each)
    if hasattr(dataset, 'start_pass'):
        dataset.start_pass()
