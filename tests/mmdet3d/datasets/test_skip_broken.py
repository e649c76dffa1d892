"""Broken samples in mid-epoch: with data.skip_broken a run counts them, names them and goes on."""

import multiprocessing
import os
import re
import signal
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from mmcv import Config

from mmdet3d.datasets import build_dataset
from mmdet3d.datasets.files import DataFormatError
from mmdet3d.datasets.skip_broken import BrokenSamples, SkipBroken, skip_broken
from mmdet3d.utils.mistakes import describe
from mmdet_patched.apis import build_train_loader

CAR = [20, 4, -1.6, 4, 1.7, 1.5, 0.3]
BROKEN = (2, 5)
WRAPPERS = {
    'none': lambda data: data,
    'RepeatDataset': lambda data: dict(type='RepeatDataset', times=2, dataset=data),
    'ClassBalancedDataset': lambda data: dict(
        type='ClassBalancedDataset', oversample_thr=0.5, dataset=data
    ),
    'CBGSDataset': lambda data: dict(type='CBGSDataset', dataset=data),
    'MixedDataset': lambda data: dict(type='MixedDataset', datasets=[data, data], ratio=[1, 1]),
    'ConcatDataset': lambda data: dict(type='ConcatDataset', datasets=[data, data]),
}


@pytest.fixture
def kitti(make_kitti, load_steps, wrap_steps):
    """Eight frames with a car, of which two clouds are cut short."""
    arguments = make_kitti([([CAR], ['Car'])] * 8)
    for index in BROKEN:
        cloud = Path(arguments['data_root'], f'training/velodyne/{index:06d}.bin')
        cloud.write_bytes(cloud.read_bytes()[:-3])
    steps = [*load_steps, *wrap_steps]
    return {**arguments, 'type': 'KittiDataset', 'classes': ['Car'], 'pipeline': steps}


def loader_of(dataset, workers, **more):
    train = {'samples_per_gpu': 1, 'workers_per_gpu': workers}
    runner = {'type': 'EpochBasedRunner'}
    cfg = Config({'data': {'train_dataloader': train}, 'seed': 0, 'runner': runner, **more})
    return build_train_loader(dataset, cfg, distributed=False)


def epoch(dataset, workers, **more):
    """The frames of an epoch with a seed, by the sums of their points, and the warnings."""
    np.random.seed(0)
    torch.manual_seed(0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        loader = loader_of(dataset, workers, **more)
        frames = [float(batch['points'].data[0][0].sum()) for batch in loader]
    return frames, [str(each.message) for each in caught]


@pytest.mark.parametrize('wrapper', WRAPPERS)
@pytest.mark.parametrize('workers', [0, 2])
def test_broken_samples_are_replaced_within_any_wrapper(kitti, wrapper, workers):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        np.random.seed(2)  # of which CBGSDataset draws both broken frames
        dataset = build_dataset(WRAPPERS[wrapper](kitti))
    first, _ = epoch(skip_broken(dataset, 2), workers)
    again, _ = epoch(skip_broken(dataset, 2), workers)
    assert len(first) == len(dataset) and first == again
    with pytest.raises(
        DataFormatError, match=r'2 samples are broken, more than data\.skip_broken=1'
    ):
        epoch(skip_broken(dataset, 1), workers)


def test_each_broken_sample_is_named_once_and_counted_over_epochs(kitti):
    dataset = skip_broken(build_dataset(kitti), 2)
    frames, messages = epoch(dataset, 0)
    broken = [text for text in messages if 'data.skip_broken' in text]
    assert len(broken) == 2 and len(frames) == 8
    assert {re.search(r'velodyne/(\d+)\.bin', text)[1] for text in broken} == {'000002', '000005'}
    assert {re.search(r'sample \d of at most 2', text)[0] for text in broken} == {
        'sample 1 of at most 2',
        'sample 2 of at most 2',
    }
    again, messages = epoch(dataset, 0)
    assert len(again) == 8 and not any('data.skip_broken' in text for text in messages)


@pytest.mark.parametrize('method', ['spawn', 'forkserver'])
def test_workers_count_together_however_they_are_started(kitti, method):
    dataset = skip_broken(build_dataset(kitti), 1)
    with pytest.raises(DataFormatError, match=r'more than data\.skip_broken=1 allows'):
        epoch(dataset, 2, mp_start_method=method)


def test_processes_of_a_group_count_together(tmp_path):
    ranks = [BrokenSamples(str(tmp_path)) for _ in range(2)]
    errors = [ValueError('a.bin is cut short'), ValueError('b.bin is cut short')]
    assert ranks[0].add(errors[0]) == 1
    assert ranks[1].add(errors[0]) is None
    assert ranks[1].add(errors[1]) == 2


def test_a_missing_cloud_is_a_broken_sample(kitti):
    Path(kitti['data_root'], 'training/velodyne/000003.bin').unlink()
    frames, messages = epoch(skip_broken(build_dataset(kitti), 3), 0)
    assert len(frames) == 8 and any('000003.bin does not exist' in text for text in messages)


def test_without_broken_samples_nothing_else_is_drawn(make_kitti, load_steps, wrap_steps):
    arguments = make_kitti([([CAR], ['Car'])] * 4)
    steps = [*load_steps, {'type': 'PointShuffle'}, *wrap_steps]
    config = {**arguments, 'type': 'KittiDataset', 'classes': ['Car'], 'pipeline': steps}
    plain, skipping = (skip_broken(build_dataset(config), most) for most in (0, 3))
    assert isinstance(skipping, SkipBroken) and not isinstance(plain, SkipBroken)
    assert epoch(plain, 0) == epoch(skipping, 0)


def test_a_data_set_of_broken_samples_alone_ends(kitti):
    for cloud in Path(kitti['data_root'], 'training/velodyne').iterdir():
        cloud.write_bytes(b'abc')
    with pytest.raises(DataFormatError, match='each of the 8 samples is broken'):
        epoch(skip_broken(build_dataset(kitti), 99), 0)


def test_faults_of_the_program_are_no_broken_samples(kitti):
    class Faulty(SkipBroken):
        pass

    dataset = build_dataset(kitti)
    dataset.pipeline.transforms.insert(0, lambda results: results['absent'])
    with pytest.raises(KeyError, match='absent'):
        epoch(Faulty(dataset, 9), 0)


class EndsItsWorker:
    """A data set whose worker is killed, as for want of memory."""

    CLASSES = ('Car',)
    flag = np.zeros(4, dtype=np.uint8)

    def __len__(self):
        return 4

    def __getitem__(self, index):
        if multiprocessing.parent_process() is not None:
            os.kill(os.getpid(), signal.SIGKILL)
        return index


def test_a_killed_worker_ends_the_run_in_one_line():
    with pytest.raises(RuntimeError) as caught:
        list(loader_of(SkipBroken(EndsItsWorker(), 9), 1))
    line = describe(caught.value)
    assert '\n' not in line and 'was ended from outside' in line
    assert 'memory' in line and 'data.workers_per_gpu' in line
