"""What is seen before processes are started."""

import socket
from pathlib import Path

import pytest

from mmdet3d.utils.launch import launch


def refusal() -> str:
    with pytest.raises((ValueError, OSError)) as caught:
        launch(Path('train.py'), 2, ['config.py'], 'bash tools/dist_train.sh CONFIG GPUS')
    return str(caught.value)


def test_a_port_in_use_is_an_error_with_one_that_is_free(monkeypatch):
    with socket.socket() as other:
        other.bind(('', 0))
        other.listen()
        port = other.getsockname()[1]
        monkeypatch.setenv('PORT', str(port))
        message = refusal()
    assert message.startswith(f'port {port} is in use, probably by another run')
    assert 'PORT=' in message and 'bash tools/dist_train.sh CONFIG GPUS' in message


@pytest.mark.parametrize(
    'variables, message',
    [
        ({'PORT': 'x'}, "PORT='x': expected a number of 1 to 65535"),
        ({'PORT': '99999'}, "PORT='99999': expected a number of 1 to 65535"),
        ({'NNODES': '0'}, "NNODES='0': expected a number of 1 or more"),
        ({'NODE_RANK': '-1'}, "NODE_RANK='-1': expected a number of 0 or more"),
        ({'NNODES': '2', 'NODE_RANK': '2'}, 'NODE_RANK=2, but NNODES=2'),
    ],
)
def test_wrong_variables_are_named(monkeypatch, variables, message):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert message in refusal()
