"""The settings of processes: OpenCV's threads and how workers start."""

import cv2
import pytest
import torch.multiprocessing as mp
from mmcv import Config

from mmdet3d.apis.environment import set_up_processes


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
