"""The group of processes of a run, and ``dist_params``: how they talk to each other."""

import math
import os
from datetime import timedelta
from typing import Any

import torch.distributed as dist
from torch.distributed.rendezvous import rendezvous

from mmdet3d.utils.keywords import check_keys

TIMEOUT = 300.0
_BACKENDS = ('nccl', 'gloo')
# A day: a longer wait is a typing error, or milliseconds.
_LONGEST = 86_400


def check_dist_params(cfg: Any) -> None:
    """Check keys and values of ``cfg.dist_params``.

    Args:
        cfg: the config.

    Raises:
        TypeError: if a key is one that nothing reads; the message names those that come close.
        ValueError: if a value is not what it can be.
    """
    check_keys('dist_params', cfg.get('dist_params') or {}, ('backend', 'timeout'))
    timeout_of(cfg)
    backend_of(cfg)


def timeout_of(cfg: Any) -> float:
    """Return how many seconds a process waits for another, ``dist_params.timeout``.

    Args:
        cfg: the config.

    Raises:
        ValueError: if it is no number of seconds, from 1 to a day.
    """
    value = (cfg.get('dist_params') or {}).get('timeout', TIMEOUT)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not 1 <= value <= _LONGEST:
        raise ValueError(
            f'dist_params.timeout={value!r}: expected seconds, from 1 to {_LONGEST}, such as '
            f'timeout={TIMEOUT:.0f}'
        )
    return float(value)


def backend_of(cfg: Any) -> str:
    """Return what the processes talk by: gloo on the CPU, else ``dist_params.backend``.

    Args:
        cfg: the config, with its ``device``.

    Raises:
        ValueError: if it is none of torch's.
    """
    name = (cfg.get('dist_params') or {}).get('backend', 'nccl')
    if name not in _BACKENDS:
        raise ValueError(f'dist_params.backend={name!r}: expected {" or ".join(_BACKENDS)}')
    return name if str(cfg.get('device', 'cpu')).startswith('cuda') else 'gloo'


def join_group(cfg: Any) -> None:
    """Join the group of processes that torchrun has started; they wait for each other.

    Args:
        cfg: the config, with its ``device`` and ``dist_params``.

    Raises:
        ValueError: if ``dist_params`` cannot be.
        RuntimeError: if the others do not come within ``dist_params.timeout``.
    """
    timeout = timedelta(seconds=timeout_of(cfg))
    store, rank, world_size = next(rendezvous('env://', timeout=timeout))
    store.set_timeout(timeout)
    # torchrun's store outlives processes that are started again, and holds their old addresses.
    own = dist.PrefixStore(f'attempt{attempt()}', store)
    dist.init_process_group(
        backend_of(cfg), timeout=timeout, store=own, rank=rank, world_size=world_size
    )


def leave_group() -> None:
    """Leave the group that this process has joined, if any, at the end of a run that went well.

    Threads of gloo that are still there when Python ends can abort the process. After an error
    nobody is to leave in good order: others may wait for an answer, and leaving for them.
    """
    if dist.is_initialized():
        dist.destroy_process_group()


def attempt() -> int:
    """Return how often torchrun has started this process again; 0 without it too."""
    return int(os.environ.get('TORCHELASTIC_RESTART_COUNT', 0))


def may_start_again() -> bool:
    """Whether torchrun starts the processes again when one fails, as ``--max-restarts`` asks."""
    return int(os.environ.get('TORCHELASTIC_MAX_RESTARTS', 0)) > 0
