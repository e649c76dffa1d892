"""Where a run takes place: device, group of processes, seed."""

import os
import platform
import random
import warnings
from importlib import metadata

import cv2
import mmcv
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from mmdet3d.utils.group import check_dist_params, join_group
from mmdet3d.utils.memory import keep_freed_memory
from mmdet3d.version import __version__
from mmdet_patched.apis import seed_process

_START_METHODS = ('fork', 'spawn', 'forkserver')


def set_up_device(cfg: mmcv.Config, launcher: str) -> bool:
    """Choose the device, and join the group of processes where there is one.

    Sets ``cfg.gpu_ids``.

    Args:
        cfg: the config of the run, whose ``device`` is 'cuda' or 'cpu'.
        launcher: 'none' or 'pytorch' (torchrun).

    Returns:
        whether the run is distributed.

    Raises:
        ValueError: for another launcher, a device that there is not, or ``dist_params`` that cannot
            be.
        TypeError: if ``dist_params`` has a key that nothing reads.
        RuntimeError: with 'pytorch', if the process was not started by torchrun, or there are more
            processes than GPUs.
    """
    _check_device(cfg.device)
    check_dist_params(cfg)
    cfg.gpu_ids = [0]
    if launcher == 'none':
        return False
    if launcher != 'pytorch':
        raise ValueError(f"launcher={launcher!r}: allowed are 'none' and 'pytorch' (torchrun)")
    if 'LOCAL_RANK' not in os.environ:
        raise RuntimeError(
            'launcher=pytorch, but LOCAL_RANK is not set: start with tools/dist_train.sh (torchrun)'
        )
    if cfg.device == 'cuda':
        _check_number_of_gpus()
        torch.cuda.set_device(int(os.environ['LOCAL_RANK']))
    join_group(cfg)
    cfg.gpu_ids = list(range(dist.get_world_size()))
    return True


def _check_device(device: str) -> None:
    kind = str(device).partition(':')[0]
    if kind not in ('cpu', 'cuda'):
        raise ValueError(f"device={device!r}: allowed are 'cpu' and 'cuda'")
    if kind == 'cuda' and not torch.cuda.is_available():
        raise ValueError(
            f'device={device!r}, but torch {torch.__version__} finds no GPU here: install a build '
            'for your driver (tools/install.sh says how), or run with --cfg-options device=cpu'
        )


def _check_number_of_gpus() -> None:
    started, there = int(os.environ.get('LOCAL_WORLD_SIZE', 1)), torch.cuda.device_count()
    if started > there:
        raise RuntimeError(
            f'GPUS={started}, but this machine has {there}: give {there}, or run on the processor '
            'with --cfg-options device=cpu'
        )


def scale_learning_rate(cfg: mmcv.Config) -> str:
    """Multiply the learning rate by the number of processes over 8, as ``--autoscale-lr`` asks.

    Args:
        cfg: the config, after :func:`set_up_device`; its optimizer is changed.

    Returns:
        what was done, for the log.

    Raises:
        ValueError: if the optimizer has no learning rate.
    """
    given, processes = cfg.optimizer.get('lr'), len(cfg.gpu_ids)
    if given is None:
        raise ValueError(f'--autoscale-lr: optimizer={dict(cfg.optimizer)} has no lr: set it')
    cfg.optimizer['lr'] = given * processes / 8
    return f'Learning rate: {cfg.optimizer["lr"]:g}, the {given:g} of the config * {processes} / 8'


def set_up_processes(cfg: mmcv.Config) -> None:
    """Limit OpenCV's threads, and check how the data loaders' workers are to be started.

    On a CPU the process keeps the memory that it frees.

    Args:
        cfg: the config of the run, with ``device``, ``opencv_num_threads`` (0 for no threads beside
            the main one) and ``mp_start_method``. A method that this system lacks is replaced by
            None, the system's own.

    Raises:
        ValueError: if one of the two is not what it can be.
    """
    threads, method = cfg.opencv_num_threads, cfg.mp_start_method
    if type(threads) is not int or threads < 0:
        raise ValueError(f'opencv_num_threads={threads!r}: give a number of threads, 0 for none')
    if method not in (None, *_START_METHODS):
        raise ValueError(f'mp_start_method={method!r}: allowed are {", ".join(_START_METHODS)}')
    cv2.setNumThreads(threads)
    if cfg.get('device') == 'cpu':
        keep_freed_memory()
    if method is not None and method not in mp.get_all_start_methods():
        warnings.warn(
            f'mp_start_method={method!r} is not to be had on {platform.system()}: data loaders '
            f'start their workers by {mp.get_start_method()!r}',
            stacklevel=2,
        )
        cfg.mp_start_method = None


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
    seed_process(seed)
    if deterministic:
        use_deterministic_algorithms()


def use_deterministic_algorithms() -> None:
    """Let torch use deterministic algorithms only, where it has them."""
    os.environ.setdefault('CUBLAS_WORKSPACE_CONFIG', ':4096:8')
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False
