"""Where a run takes place: OpenCV's threads, how workers start, devices, the learning rate."""

import cv2
import pytest
import torch
import torch.multiprocessing as mp
from mmcv import Config

from mmdet3d.apis.environment import scale_learning_rate, set_up_device, set_up_processes


@pytest.fixture(autouse=True)
def opencv_threads():
    """Leave OpenCV as it was."""
    threads = cv2.getNumThreads()
    yield
    cv2.setNumThreads(threads)


def settings(threads: object = 0, method: object = 'fork') -> Config:
    return Config(dict(opencv_num_threads=threads, mp_start_method=method))


@pytest.mark.parametrize('threads, in_use', [(0, 1), (1, 1), (3, 3)])
def test_opencv_has_the_threads_that_the_config_gives_it(threads, in_use):
    set_up_processes(settings(threads))
    assert cv2.getNumThreads() == in_use


@pytest.mark.parametrize('threads', [-1, 1.5, 'two', None, True])
def test_a_number_of_threads_that_is_none_is_an_error(threads):
    with pytest.raises(ValueError, match=r'opencv_num_threads=.*give a number of threads'):
        set_up_processes(settings(threads))


def test_an_unknown_way_to_start_workers_is_an_error_that_lists_the_ways():
    with pytest.raises(ValueError, match="'fokr': allowed are fork, spawn, forkserver"):
        set_up_processes(settings(method='fokr'))


def test_a_way_that_this_system_lacks_gives_way_to_its_own(monkeypatch):
    cfg = settings(method='fork')
    monkeypatch.setattr(mp, 'get_all_start_methods', lambda: ['spawn'])
    with pytest.warns(UserWarning, match="mp_start_method='fork' is not to be had"):
        set_up_processes(cfg)
    assert cfg.mp_start_method is None


@pytest.mark.parametrize('method', ['fork', 'spawn', 'forkserver', None])
def test_a_way_that_this_system_has_stays(method):
    cfg = settings(method=method)
    set_up_processes(cfg)
    assert cfg.mp_start_method == method


def test_a_gpu_that_is_not_there_is_missed_before_the_model(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    with pytest.raises(ValueError, match=r"device='cuda', but torch .* finds no GPU here"):
        set_up_device(Config({'device': 'cuda'}), 'none')


def test_more_processes_than_gpus_are_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 2)
    monkeypatch.setenv('LOCAL_RANK', '0')
    monkeypatch.setenv('LOCAL_WORLD_SIZE', '8')
    with pytest.raises(RuntimeError, match='GPUS=8, but this machine has 2: give 2'):
        set_up_device(Config({'device': 'cuda'}), 'pytorch')


def test_the_learning_rate_is_that_of_eight_processes():
    cfg = Config({'optimizer': {'type': 'AdamW', 'lr': 0.004}, 'gpu_ids': [0, 1]})
    assert scale_learning_rate(cfg) == 'Learning rate: 0.001, the 0.004 of the config * 2 / 8'
    assert cfg.optimizer.lr == 0.001
    with pytest.raises(ValueError, match='has no lr: set it'):
        scale_learning_rate(Config({'optimizer': {'type': 'Adam'}, 'gpu_ids': [0]}))
