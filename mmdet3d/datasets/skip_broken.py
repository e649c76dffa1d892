"""Going on where a sample cannot be read: counted, named, and another one taken in its place."""

import atexit
import hashlib
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from mmcv_patched.messages import messages_to_join
from mmdet3d.utils.errors import DataFormatError

# What broken and missing files end in. Other errors are faults of the program, and end the run.
_BROKEN = (OSError, ValueError, EOFError)


class BrokenSamples:
    """The broken samples that the processes of a run on one machine have met, each once.

    A file in a folder stands for each, so that workers and the processes of a group count together,
    however they were started.

    Args:
        folder: where; None makes one that goes with this process.
    """

    def __init__(self, folder: str | None = None) -> None:
        if folder is None:
            folder = tempfile.mkdtemp(prefix='pointdistiller-')
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
        self.folder = folder

    def add(self, error: Exception) -> int | None:
        """Add the sample that an error names, which is the same as long as its text is.

        Returns:
            how many there are; None if it was there already.
        """
        name = hashlib.sha256(str(error).encode()).hexdigest()[:32]
        try:
            Path(self.folder, f'broken-{name}').touch(exist_ok=False)
        except FileExistsError:
            return None
        return len(list(Path(self.folder).glob('broken-*')))


class SkipBroken(Dataset):
    """A training set whose broken samples are replaced by others, up to a number.

    The replacement is drawn from all samples of the same group, by the generator of the worker, so
    that a run with a seed repeats.

    Args:
        dataset: the training set, wrapped in others or not.
        most: how many samples may be broken, each counted once, in the workers and processes of a
            run on one machine together.
        broken: what counts them; None begins anew.

    Attributes:
        dataset: the training set.
        CLASSES: its classes.
        flag: of shape (len(dataset),), the group of each sample, if it has any.
    """

    def __init__(self, dataset: Any, most: int, broken: BrokenSamples | None = None) -> None:
        super().__init__()
        self.dataset = dataset
        self.most = most
        self.broken = BrokenSamples(messages_to_join()) if broken is None else broken
        self.CLASSES = dataset.CLASSES
        if hasattr(dataset, 'flag'):
            self.flag = dataset.flag

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, idx: int) -> Any:
        """The sample, or another one where it is broken.

        Raises:
            DataFormatError: if more samples than ``most`` are broken, or all of them.
        """
        for candidate in self._candidates(idx):
            try:
                return self.dataset[candidate]
            except _BROKEN as error:
                self._count(candidate, error)
        raise DataFormatError(
            f'each of the {len(self)} samples is broken (data.skip_broken={self.most})'
        )

    def _candidates(self, idx: int) -> Iterator[int]:
        yield idx
        flag = getattr(self, 'flag', np.zeros(len(self), dtype=np.uint8))
        group = np.flatnonzero(flag == flag[idx])
        yield from np.random.permutation(group[group != idx]).tolist()

    def _count(self, idx: int, error: Exception) -> None:
        count = self.broken.add(error)
        if count is None:
            return
        if count > self.most:
            raise DataFormatError(
                f'{count} samples are broken, more than data.skip_broken={self.most} allows; the '
                f'last: {error}'
            ) from error
        warnings.warn(
            f'broken sample {count} of at most {self.most} (data.skip_broken), another is taken in '
            f'its place: sample {idx}: {error}',
            stacklevel=3,
        )


def skip_broken(dataset: Any, most: int | None) -> Any:
    """Let the broken samples of a training set be replaced by others.

    Args:
        dataset: the training set.
        most: ``data.skip_broken`` of the config; with 0 or None the first ends the run.
    """
    return SkipBroken(dataset, most) if most else dataset
