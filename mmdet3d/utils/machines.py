"""Which machine of how many this is, as NNODES, NODE_RANK, MASTER_ADDR and PORT say."""

import os
import socket
from dataclasses import dataclass


@dataclass
class Machines:
    """The machines of a run.

    Attributes:
        number: how many there are.
        own: which of them this is, from 0.
        address: that of machine 0.
        port: one of machine 0, for the run alone.
    """

    number: int
    own: int
    address: str
    port: int

    def settings(self) -> list[str]:
        """Return the arguments of torchrun that say so."""
        return [
            f'--nnodes={self.number}',
            f'--node-rank={self.own}',
            f'--master-addr={self.address}',
            f'--master-port={self.port}',
        ]


def read_machines(command: str) -> Machines:
    """Read the variables, each of which may be left out.

    Args:
        command: how the user started this, for errors.

    Raises:
        ValueError: if one of them is not what it can be.
        OSError: if this is machine 0 and the port is taken.
    """
    nodes, node = _number('NNODES', 1, least=1), _number('NODE_RANK', 0)
    if node >= nodes:
        raise ValueError(f'NODE_RANK={node}, but NNODES={nodes}: machines are numbered from 0')
    port = _number('PORT', 29500, least=1, most=65535)
    if node == 0:
        _check_port(port, command)
    return Machines(nodes, node, os.environ.get('MASTER_ADDR') or '127.0.0.1', port)


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
