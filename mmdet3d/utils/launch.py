"""Start one process per device, and end in one line like any tool."""

import argparse
import logging
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import torch.distributed.run
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

from mmcv_patched.messages import noted_consequence, print_error, share_messages
from mmdet3d.utils.config import load_config
from mmdet3d.utils.group import timeout_of
from mmdet3d.utils.machines import read_machines
from mmdet3d.utils.parallel import LAUNCHER_VARIABLE
from mmdet3d.utils.tool_parser import KeyValues

# What a process probably died of.
_CAUSES = {
    'SIGKILL': 'probably for want of memory: lower data.samples_per_gpu, data.workers_per_gpu or '
    'the number of processes',
    'SIGABRT': 'which is how torch ends it where a library fails, or where it has waited for '
    'another process for dist_params.timeout: see what it said before',
}


def launch(script: Path, processes: int, arguments: Sequence[str], command: str) -> int:
    """Run a tool in several processes, which end together.

    NNODES, NODE_RANK, MASTER_ADDR and PORT say which machine of how many this is. Of the arguments,
    ``--max-restarts N`` is the launcher's: so often the processes are started again when one of
    them fails.

    Args:
        script: the tool.
        processes: how many of them on this machine.
        arguments: arguments of the tool, the first of them its config.
        command: how the user started this, for errors.

    Returns:
        the exit status: 0, or that of the process that failed first, or 128 and the signal.

    Raises:
        ValueError: if one of the variables, or the number of restarts, is not what it can be.
        OSError: if the port is taken.
    """
    restarts, arguments = take_restarts(arguments)
    machines = read_machines(command)
    settings = [*machines.settings(), f'--nproc-per-node={processes}', f'--max-restarts={restarts}']
    if machines.number > 1:
        settings.append(f'--rdzv-conf=timeout={_timeout(arguments):.0f}')
    # torchrun has tracebacks and tables of its own; the tool's processes have said what is wrong.
    logging.disable(logging.CRITICAL)
    share_messages()
    os.environ[LAUNCHER_VARIABLE] = str(os.getpid())
    return _run(
        torch.distributed.run.parse_args(
            [*settings, str(script), *arguments, '--launcher', 'pytorch']
        )
    )


def take_restarts(arguments: Sequence[str]) -> tuple[int, list[str]]:
    """Take ``--max-restarts`` out of the arguments of a tool.

    Args:
        arguments: the arguments.

    Returns:
        its value, 0 without it, and the others.

    Raises:
        ValueError: if it is no whole number of 0 or more.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument('--max-restarts', nargs='?', default='0', const='')
    known, others = parser.parse_known_args(list(arguments))
    if not known.max_restarts.isdecimal():
        raise ValueError(f'--max-restarts {known.max_restarts}: expected a whole number, 0 or more')
    return int(known.max_restarts), others


def _timeout(arguments: Sequence[str]) -> float:
    """How long the machines wait for each other, as the config and its options say."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument('config', nargs='?')
    parser.add_argument('--cfg-options', '--options', nargs='+', action=KeyValues)
    known, _ = parser.parse_known_args(list(arguments))
    return timeout_of(load_config(known.config, known.cfg_options) if known.config else {})


def _run(parsed: argparse.Namespace) -> int:
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
        name = failure.signal_name()
        cause = f', {_CAUSES[name]}' if name in _CAUSES else ''
        print_error(f'process {rank} was ended by {name}{cause}')
        return 128 - status
    noted = noted_consequence()
    what = f'process {rank} ended with status {status}'
    if noted:
        what += f', since another process is gone or does not answer ({noted})'
    print_error(f'{what}: see the errors of the other machines')
    return status


def _order(status: int) -> tuple[bool, bool]:
    """Sort first what was killed, which others may suffer from; last what torchrun ended then."""
    return status == -signal.SIGTERM, status > 0
