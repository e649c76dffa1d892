"""Frames of several data sets in a stated ratio, such as labelled and teacher-labelled ones."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from mmdet3d.datasets.builder import DATASETS, build_dataset
from mmdet3d.utils.arguments import misfit, number, whole


@DATASETS.register_module()
class MixedDataset(Dataset):
    """An epoch of ``length`` frames, of which each data set gives its share.

    A share is dealt as whole passes over the frames of its data set. What is left of it is drawn
    from these at random, anew each time that a frame is asked for::

        train = dict(
            type='MixedDataset',
            datasets=[
                dict(type='KittiDataset', ann_file='data/kitti_infos_train.pkl', ...),
                dict(type='KittiDataset', ann_file='data/kitti_infos_teacher.pkl', ...),
            ],
            ratio=[1, 1],
        )

    Args:
        datasets: the data sets, or their configs, of the same classes.
        ratio: how many frames of each there are in proportion to the others.
        length: frames of an epoch; None takes as many as the data sets have together.

    Attributes:
        datasets: the data sets.
        shares: frames that each gives to an epoch.
        flag: of shape (length,), zeros: all frames are of one group.

    Raises:
        ValueError: if there is no data set, one is empty, has other classes or would give no frame,
            ``ratio`` is not one positive number for each, or ``length`` no positive whole number.
    """

    def __init__(
        self, datasets: Sequence[Any], ratio: Sequence[float], length: int | None = None
    ) -> None:
        super().__init__()
        if not isinstance(datasets, (list, tuple)) or not datasets:
            raise misfit(self, 'datasets', datasets, 'a list of data sets', [{'type': '...'}])
        parts = self._numbers(ratio, len(datasets))
        self.datasets = [
            build_dataset(dict(each)) if isinstance(each, Mapping) else each for each in datasets
        ]
        self._check_datasets()
        self.CLASSES = self.datasets[0].CLASSES
        total = sum(map(len, self.datasets)) if length is None else length
        self.shares = _shares(parts, whole(self, 'length', total, 1000, at_least=1))
        if min(self.shares) == 0:
            raise ValueError(
                f'ratio={list(ratio)} of length={total} frames gives the data sets {self.shares}: '
                'one is never seen; let length be larger, or leave it out of datasets'
            )
        self.flag = np.zeros(len(self), dtype=np.uint8)

    def _numbers(self, ratio: Any, count: int) -> list[float]:
        if not isinstance(ratio, (list, tuple)) or len(ratio) != count:
            kind = f'a list of {count} numbers, one for each data set'
            raise misfit(self, 'ratio', ratio, kind, [1] * count)
        return [number(self, f'ratio[{i}]', each, 1, above=0) for i, each in enumerate(ratio)]

    def _check_datasets(self) -> None:
        first = list(self.datasets[0].CLASSES)
        for i, each in enumerate(self.datasets):
            if list(each.CLASSES) != first:
                raise ValueError(
                    f'datasets[{i}] has the classes {list(each.CLASSES)}, datasets[0] {first}: '
                    'give all the same names in the same order, which is that of the labels'
                )
            if len(each) == 0:
                raise ValueError(f'datasets[{i}] of MixedDataset has no frame: leave it out')

    def __len__(self) -> int:
        return sum(self.shares)

    def __getitem__(self, idx: int) -> Any:
        """The frame dealt or drawn for a place of the epoch."""
        dataset, index = self._locate(idx)
        return dataset[index]

    def _locate(self, idx: int) -> tuple[Any, int]:
        place = range(len(self))[idx]
        ends = np.cumsum(self.shares)
        owner = int(np.searchsorted(ends, place, side='right'))
        dataset, place = self.datasets[owner], place - int(ends[owner]) + self.shares[owner]
        dealt = self.shares[owner] // len(dataset) * len(dataset)
        if place < dealt:
            return dataset, place % len(dataset)
        return dataset, int(np.random.randint(len(dataset)))

    def get_ann_info(self, idx: int) -> dict[str, Any]:
        """Annotations of the frame dealt, or one drawn, for a place of the epoch."""
        dataset, index = self._locate(idx)
        return dataset.get_ann_info(index)

    def get_cat_ids(self, idx: int) -> list[int]:
        """Labels of the trained classes in the frame dealt, or one drawn, for a place."""
        dataset, index = self._locate(idx)
        return dataset.get_cat_ids(index)


def _shares(ratio: Sequence[float], length: int) -> list[int]:
    """Split a length in a ratio; the largest remainders are rounded up."""
    exact = np.array(ratio) * length / sum(ratio)
    shares = np.floor(exact).astype(int)
    order = np.argsort(shares - exact, kind='stable')
    shares[order[: length - shares.sum()]] += 1
    return shares.tolist()
