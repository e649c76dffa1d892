"""``dist_params``: how processes talk, and how long they wait."""

import math

import pytest
import torch.distributed as dist
from mmcv import Config

from mmdet3d.apis.environment import set_up_device
from mmdet3d.utils.config import load_config
from mmdet3d.utils.group import backend_of, check_dist_params, leave_group, timeout_of

CONFIG = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class.py'


def config(**dist_params: object) -> Config:
    return Config(dict(dist_params=dist_params, device='cuda'))


def test_configs_wait_a_few_minutes():
    assert timeout_of(load_config(CONFIG)) == timeout_of(Config({})) == 300
    assert timeout_of(config(timeout=20)) == 20


@pytest.mark.parametrize('timeout', [0, -5, math.nan, math.inf, 1e9, '20', None, True])
def test_a_timeout_that_is_none_is_refused(timeout):
    with pytest.raises(ValueError, match=r'dist_params\.timeout=.*: expected seconds, from 1 to'):
        check_dist_params(config(timeout=timeout))


def test_backends_are_those_of_the_device():
    assert backend_of(Config(dict(dist_params=dict(backend='nccl'), device='cpu'))) == 'gloo'
    assert backend_of(config()) == 'nccl'
    assert backend_of(config(backend='gloo')) == 'gloo'
    with pytest.raises(ValueError, match=r"dist_params\.backend='ncl': expected nccl or gloo"):
        check_dist_params(config(backend='ncl'))


def test_tools_refuse_keys_that_nothing_reads():
    cfg = Config(dict(dist_params=dict(time_out=3), device='cpu'))
    with pytest.raises(TypeError, match='timeout'):
        set_up_device(cfg, 'none')


def test_a_process_leaves_its_group_once():
    dist.init_process_group('gloo', store=dist.HashStore(), rank=0, world_size=1)
    for _ in range(2):
        leave_group()
        assert not dist.is_initialized()
