"""Send mmdet's data set wrappers to processes that were not forked.

Such a process imports what it unpickles. For a data set of mmdet that would be mmdet, which imports
only with mmcv's stand-ins in place; here it is this module first, which brings them.
"""

from multiprocessing.reduction import ForkingPickler
from typing import Any

from mmdet.datasets import (
    ClassBalancedDataset,
    ConcatDataset,
    MultiImageMixDataset,
    RepeatDataset,
)


def _restore(kind: Any, state: dict) -> Any:
    dataset = kind.__new__(kind)
    dataset.__dict__.update(state)
    return dataset


def _reduce(dataset: Any) -> tuple:
    return _restore, (type(dataset), dataset.__dict__)


def register_reducers() -> None:
    """Pickle the wrappers for other processes in this way; calling it again does nothing."""
    for kind in (ClassBalancedDataset, ConcatDataset, MultiImageMixDataset, RepeatDataset):
        ForkingPickler.register(kind, _reduce)
