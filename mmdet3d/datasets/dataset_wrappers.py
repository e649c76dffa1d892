"""Data sets made of other data sets."""

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from mmdet3d.datasets.builder import DATASETS, build_dataset


def unwrapped(dataset: Any) -> Iterator[Any]:
    """Give the data sets within any wrappers that repeat, balance or join them.

    Args:
        dataset: a data set, wrapped or not.
    """
    inner = getattr(dataset, 'datasets', None) or [getattr(dataset, 'dataset', None)]
    if inner == [None]:
        yield dataset
        return
    for each in inner:
        yield from unwrapped(each)


@DATASETS.register_module()
class CBGSDataset(Dataset):
    """Repeat frames so that every class is in about as many of them.

    Each class has the same number of draws, with repetition, from the frames that hold it: the
    number of (frame, class) pairs, divided by the number of classes. Frames without any object are
    never drawn.

    Source: Zhu et al., Class-balanced Grouping and Sampling for Point Cloud 3D Object Detection,
    2019.

    Args:
        dataset: the data set, or its config. It has ``CLASSES`` and ``get_cat_ids``.

    Attributes:
        sample_indices: of shape (M,), index in ``dataset`` of each frame.

    Raises:
        ValueError: if no frame has an object of the classes.
    """

    def __init__(self, dataset: Any) -> None:
        super().__init__()
        self.dataset = build_dataset(dict(dataset)) if isinstance(dataset, Mapping) else dataset
        self.CLASSES = self.dataset.CLASSES
        self.cat2id = {name: label for label, name in enumerate(self.CLASSES)}
        self.sample_indices = self._draw()
        if hasattr(self.dataset, 'flag'):
            self.flag = np.asarray(self.dataset.flag)[self.sample_indices]

    def _draw(self) -> list[int]:
        frames: dict[int, list[int]] = {label: [] for label in self.cat2id.values()}
        for index in range(len(self.dataset)):
            for label in self.dataset.get_cat_ids(index):
                frames[label].append(index)
        total = sum(map(len, frames.values()))
        if not total:
            raise ValueError(
                f'none of the {len(self.dataset)} frames has an object of {list(self.CLASSES)}, so '
                'there is nothing to balance'
            )
        absent = [name for name, label in self.cat2id.items() if not frames[label]]
        if absent:
            warnings.warn(
                f'no frame has an object of {absent}; the others are balanced', stacklevel=3
            )
        share = total // len(self.CLASSES)
        drawn = [np.random.choice(members, share) for members in frames.values() if members]
        return np.concatenate(drawn).tolist()

    def __len__(self) -> int:
        return len(self.sample_indices)

    def __getitem__(self, idx: int) -> dict[str, Any]:
        """The frame of the wrapped data set at the drawn index."""
        return self.dataset[self.sample_indices[idx]]

    def get_ann_info(self, idx: int) -> dict[str, Any]:
        """Annotations of a frame."""
        return self.dataset.get_ann_info(self.sample_indices[idx])

    def get_cat_ids(self, idx: int) -> list[int]:
        """Labels of the trained classes in a frame."""
        return self.dataset.get_cat_ids(self.sample_indices[idx])
