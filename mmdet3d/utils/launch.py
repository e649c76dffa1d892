"""Start one process per device, and end in one line like any tool."""

import logging
import os
import signal
import socket
from collections.abc import Sequence
from pathlib import Path

import torch.distributed.run
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

from mmcv_patched.messages import print_error, share_messages
from mmdet3d.utils.parallel import LAUNCHER_VARIABLE


def launch(script: Path, processes: int, arguments: Sequence[str], command: str) -> int:
    """Run a tool in several processes, which end together.

    NNODES, NODE_RANK, MASTER_ADDR and PORT say which machine of how many this is.

    Args:
        script: the tool.
        processes: how many of them on this machine.
        arguments: arguments of the tool.
        command: how the user started this, for errors.

    Returns:
        the exit status: 0, or that of the process that failed first, or 128 and the signal.

    Raises:
        ValueError: if one of the variables is not what it can be.
        OSError: if the port is taken.
    """
    settings = _read_settings(command)
    settings.append(f'--nproc-per-node={processes}')
    # torchrun has tracebacks and tables of its own; the tool's processes have said what is wrong.
    logging.disable(logging.CRITICAL)
    share_messages()
    os.environ[LAUNCHER_VARIABLE] = str(os.getpid())
    parsed = torch.distributed.run.parse_args(
        [*settings, str(script), *arguments, '--launcher', 'pytorch']
    )
    return _run(parsed)


def _run(parsed: object) -> int:
    try:
        torch.distributed.run.run(parsed)
    except ChildFailedError as error:
        return _report(error)
    except SignalException as error:
        if error.sigval == signal.SIGINT:
            raise KeyboardInterrupt from error
        print_error(f'ended by {signal.Signals(error.sigval).name}')
        return 128 + error.sigval
    return 0


def _report(error: ChildFailedError) -> int:
    """Say why the run ended if its processes could not, and return the exit status."""
    rank, failure = min(error.failures.items(), key=lambda each: _order(each[1].exitcode))
    status = failure.exitcode
    if status < 0:
        print_error(
            f'process {rank} was ended by {failure.signal_name()}, probably for want of memory: '
            'lower data.samples_per_gpu, data.workers_per_gpu or the number of processes'
        )
        return 128 - status
    print_error(f'process {rank} ended with status {status}: see the errors of the other machines')
    return status


def _order(status: int) -> tuple[bool, bool]:
    """Sort first what was killed, which others may suffer from; last what torchrun ended then."""
    return status == -signal.SIGTERM, status > 0


def _read_settings(command: str) -> list[str]:
    nodes, node = _number('NNODES', 1, least=1), _number('NODE_RANK', 0)
    if node >= nodes:
        raise ValueError(f'NODE_RANK={node}, but NNODES={nodes}: machines are numbered from 0')
    port = _number('PORT', 29500, least=1, most=65535)
    if node == 0:
        _check_port(port, command)
    address = os.environ.get('MASTER_ADDR') or '127.0.0.1'
    return [
        f'--nnodes={nodes}',
        f'--node-rank={node}',
        f'--master-addr={address}',
        f'--master-port={port}',
    ]


def _number(name: str, default: int, least: int = 0, most: int | None = None) -> int:
    given = os.environ.get(name) or str(default)
    if not given.isdecimal() or int(given) < least or (most is not None and int(given) > most):
        limits = f'{least} or more' if most is None else f'{least} to {most}'
        raise ValueError(f'{name}={given!r}: expected a number of {limits}')
    return int(given)


def _check_port(port: int, command: str) -> None:
    if not _is_free(port):
        others = (*range(port + 1, 65536), *range(1024, port))
        other = next((each for each in others if _is_free(each)), 0)
        raise OSError(
            f'port {port} is in use, probably by another run: choose another, as in '
            f'PORT={other} {command}'
        )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(('', port))
        except OSError:
            return False
    return True
