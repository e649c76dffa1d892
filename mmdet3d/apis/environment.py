"""Where a run takes place: device, group of processes, seed."""

import os
import platform
import random
from importlib import metadata

import mmcv
import numpy as np
import torch
import torch.distributed as dist

from mmdet3d.version import __version__


def set_up_device(cfg: mmcv.Config, launcher: str) -> bool:
    """Choose the device, and join the group of processes where there is one.

    Sets ``cfg.device`` ('cuda' or 'cpu') and ``cfg.gpu_ids``.

    Args:
        cfg: the config of the run; its ``device``, if set, is kept.
        launcher: 'none' or 'pytorch' (torchrun).

    Returns:
        Whether the run is distributed.

    Raises:
        ValueError: for another launcher.
        RuntimeError: with 'pytorch', if the process was not started by torchrun.
    """
    cfg.device = cfg.get('device') or ('cuda' if torch.cuda.is_available() else 'cpu')
    cfg.gpu_ids = [0]
    if launcher == 'none':
        return False
    if launcher != 'pytorch':
        raise ValueError(f"launcher={launcher!r}: allowed are 'none' and 'pytorch' (torchrun)")
    if 'LOCAL_RANK' not in os.environ:
        raise RuntimeError(
            'launcher=pytorch, but LOCAL_RANK is not set: start with tools/dist_train.sh (torchrun)'
        )
    backend = 'gloo'
    if cfg.device == 'cuda':
        torch.cuda.set_device(int(os.environ['LOCAL_RANK']))
        backend = cfg.get('dist_params', {}).get('backend', 'nccl')
    dist.init_process_group(backend=backend)
    cfg.gpu_ids = list(range(dist.get_world_size()))
    return True


def describe_environment() -> dict[str, str]:
    """Return what a run's log and checkpoints say of machine and versions."""
    described = {'system': platform.platform(), 'python': platform.python_version()}
    if torch.cuda.is_available():
        described['gpu'] = torch.cuda.get_device_name()
        described['cuda'] = str(torch.version.cuda)
    described['pointdistiller'] = __version__
    for package in ('torch', 'mmcv-full', 'mmdet', 'numpy', 'numba'):
        described[package] = metadata.version(package)
    return described


def choose_seed(seed: int | None) -> int:
    """Return ``seed``, or a random one that all processes of the group share."""
    chosen = [seed if seed is not None else random.SystemRandom().randrange(2**31)]
    if dist.is_initialized():
        dist.broadcast_object_list(chosen)
    return chosen[0]


def seed_everything(seed: int, deterministic: bool = False) -> None:
    """Seed Python, numpy and torch.

    Args:
        seed: the seed.
        deterministic: let torch use deterministic algorithms only, where it has them.
    """
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    if deterministic:
        os.environ.setdefault('CUBLAS_WORKSPACE_CONFIG', ':4096:8')
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.backends.cudnn.benchmark = False
