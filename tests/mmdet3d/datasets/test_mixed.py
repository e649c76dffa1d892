"""Frames of several data sets in a stated ratio."""

from collections import Counter

import numpy as np
import pytest
from mmcv import Config

from mmdet3d.apis.agreement import check_agreement
from mmdet3d.datasets import MixedDataset, build_dataset
from mmdet3d.datasets.dataset_wrappers import unwrapped
from mmdet3d.datasets.mixed import _shares
from mmdet3d.utils.config import find_datasets, named_datasets, set_data_root


class Numbers:
    """A data set whose frames are (its name, their index)."""

    def __init__(self, name: str, count: int, classes=('Car', 'Cyclist')):
        self.name, self.count, self.CLASSES = name, count, classes

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return self.name, index

    def get_ann_info(self, index):
        return {'frame': (self.name, index)}

    def get_cat_ids(self, index):
        return [index % 2]


def mix(*counts: int, **arguments) -> MixedDataset:
    return MixedDataset([Numbers(str(i), count) for i, count in enumerate(counts)], **arguments)


@pytest.mark.parametrize(
    'ratio, length, shares',
    [
        ([1, 1], 10, [5, 5]),
        ([1, 1], 11, [6, 5]),
        ([1, 3], 10, [3, 7]),
        ([2, 1, 1], 9, [5, 2, 2]),
        ([0.2, 0.8], 7, [1, 6]),
        ([1, 1, 1], 4, [2, 1, 1]),
        ([0.1, 0.1, 0.1], 3, [1, 1, 1]),
    ],
)
def test_shares_are_rounded_by_the_largest_remainder(ratio, length, shares):
    assert _shares(ratio, length) == shares
    assert mix(*[5] * len(ratio), ratio=ratio, length=length).shares == shares


def test_an_epoch_is_by_default_as_long_as_the_data_sets_together():
    assert len(mix(60, 300, ratio=[1, 1])) == 360
    assert mix(60, 300, ratio=[1, 1]).shares == [180, 180]


def test_a_share_is_dealt_as_whole_passes_and_its_rest_is_drawn():
    mixed = mix(4, 30, ratio=[1, 1], length=20)
    epochs = [[mixed[i] for i in range(len(mixed))] for _ in range(30)]
    for frames in epochs:
        few, many = (Counter(frame for name, frame in frames if name == part) for part in '01')
        assert sum(few.values()) == sum(many.values()) == 10
        assert set(few) == set(range(4)) and min(few.values()) >= 2
        assert set(many) <= set(range(30))
    assert len({tuple(frames) for frames in epochs}) == 30
    assert {frame for frames in epochs for frame in frames} >= {('1', i) for i in range(30)}


def test_draws_follow_numpys_seed():
    mixed = mix(3, 50, ratio=[1, 9])

    def epoch(seed: int) -> list:
        np.random.seed(seed)
        return [mixed[i] for i in range(len(mixed))]

    assert epoch(1) == epoch(1) != epoch(2)


def test_whole_passes_draw_nothing():
    mixed = mix(5, 10, ratio=[1, 1], length=20)
    before = np.random.get_state()[1].tolist()
    frames = [mixed[i] for i in range(20)]
    assert frames == [('0', i % 5) for i in range(10)] + [('1', i) for i in range(10)]
    assert np.random.get_state()[1].tolist() == before
    assert [mixed.get_ann_info(i)['frame'] for i in range(20)] == frames
    assert [mixed.get_cat_ids(i) for i in range(20)] == [[i % 2] for _, i in frames]


def test_places_are_those_of_a_list():
    mixed = mix(5, 10, ratio=[1, 1], length=20)
    assert mixed[-1] == mixed[19]
    with pytest.raises(IndexError):
        mixed[20]


@pytest.mark.parametrize(
    'arguments, message',
    [
        (dict(ratio=[1]), r'ratio=\[1\].*a list of 2 numbers, one for each data set'),
        (dict(ratio=2), 'ratio=2.*a list of 2 numbers'),
        (dict(ratio=[1, 0]), r'ratio\[1\]=0.*expected a number above 0'),
        (dict(ratio=[-1, 1]), r'ratio\[0\]=-1.*expected a number above 0'),
        (dict(ratio=[1, 'x']), r"ratio\[1\]='x'"),
        (dict(ratio=[1, True]), r'ratio\[1\]=True'),
        (dict(ratio=[1, float('inf')]), r'ratio\[1\]=inf'),
        (dict(ratio=[1, 1], length=0), 'length=0.*a whole number of at least 1'),
        (dict(ratio=[1, 1], length=2.5), 'length=2.5.*a whole number'),
        (dict(ratio=[1, 99], length=10), r'of length=10 frames gives the data sets \[0, 10\]'),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        mix(4, 6, **arguments)


def test_data_sets_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r'datasets\[1\] of MixedDataset has no frame'):
        mix(4, 0, ratio=[1, 1])
    others = [Numbers('a', 2), Numbers('b', 2, classes=('Cyclist', 'Car'))]
    with pytest.raises(ValueError, match=r"datasets\[1\] has the classes \['Cyclist', 'Car'\]"):
        MixedDataset(others, [1, 1])
    for nothing in ([], None, {'type': 'KittiDataset'}):
        with pytest.raises(ValueError, match=r'datasets=.*a list of data sets'):
            MixedDataset(nothing, [1, 1])


@pytest.fixture
def section(shipped_dataset):
    """The section of a config: a repeated mixture of two parts of the sample."""
    config = 'pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class.py'
    train = shipped_dataset(config, 'train')['dataset']
    parts = [train, {**train, 'ann_file': train['ann_file'].replace('_train', '_val')}]
    mixed = dict(type='MixedDataset', datasets=parts, ratio=[1, 2], length=6)
    return dict(type='RepeatDataset', times=2, dataset=mixed)


def test_it_is_built_from_a_config_within_a_wrapper(section, seed_generators):
    dataset = build_dataset(section)
    assert len(dataset) == len(dataset.flag) == 12
    assert list(dataset.CLASSES) == ['Pedestrian', 'Cyclist', 'Car']
    assert [type(each).__name__ for each in unwrapped(dataset)] == ['KittiDataset'] * 2
    assert len(dataset[11]['gt_bboxes_3d'].data) > 0
    assert set(dataset.get_cat_ids(0)) <= {0, 1, 2}


def test_its_parts_are_found_moved_and_judged(section, tmp_path):
    cfg = Config(dict(model={}, data=dict(train=section)))
    keys = [key for key, _ in named_datasets(cfg.data.train, 'data.train')]
    assert keys == [f'data.train.dataset.datasets.{i}' for i in (0, 1)]
    set_data_root(cfg, tmp_path)
    for part in find_datasets(cfg.data.train):
        assert part.data_root == f'{tmp_path}/'
        assert part.ann_file.startswith(f'{tmp_path}/kitti_infos_')
    check_agreement(cfg, ('train',))
    cfg.data.train.dataset.datasets[1].classes = ['Car', 'Cyclist', 'Pedestrian']
    with pytest.raises(ValueError, match=r'data.train.dataset.datasets.1.classes='):
        check_agreement(cfg, ('train',))


def test_a_misspelt_key_names_its_place(section):
    section['dataset']['ratios'] = section['dataset'].pop('ratio')
    with pytest.raises(TypeError, match=r'data.dataset has ratios.*did you mean ratio'):
        build_dataset(section)
