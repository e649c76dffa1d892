"""Files that are no checkpoints: what the one line says of each."""

import io
import os
import pickle
import tarfile
import zipfile
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from mmcv_patched.runner import load_file


def saved(content: object, **options) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


def zipped(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w') as archive:
        archive.writestr(name, 'x')
    return buffer.getvalue()


def tarred(mode: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        archive.add(__file__, 'file.pth')
    return buffer.getvalue()


def scripted() -> bytes:
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.trace(nn.Linear(2, 2), torch.ones(1, 2)), buffer)
    return buffer.getvalue()


def array() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ones(2))
    return buffer.getvalue()


WEIGHTS = {'w': torch.ones(1000)}
OLD = {'_use_new_zipfile_serialization': False}
KINDS: list[tuple[str, Callable[[], bytes], str]] = [
    ('empty', lambda: b'', 'it is empty'),
    ('zeros', lambda: bytes(2000), 'nothing but zeros'),
    ('html', lambda: b'\n <!DOCTYPE html><html><body>Not found', 'an HTML or XML page'),
    ('xml', lambda: b'<?xml version="1.0"?><Error>', 'an HTML or XML page'),
    (
        'lfs',
        lambda: b'version https://git-lfs.github.com/spec/v1\noid',
        'a git-lfs pointer.*git lfs',
    ),
    ('text', lambda: b'not a checkpoint', "a text that begins with 'not a checkpoint'"),
    ('zip', lambda: zipped('model.pth'), 'a zip archive of model.pth.*name the .pth'),
    ('numpy', array, 'a NumPy array'),
    ('tar', lambda: tarred('w'), 'a tar archive.*unpack it'),
    ('gzip', lambda: tarred('w:gz'), 'a gzip archive.*unpack it'),
    ('script', scripted, r'a TorchScript program.*state_dict\(\)'),
    (
        'network',
        lambda: saved(nn.Linear(1, 1)),
        r'Python objects \(torch.nn.modules.linear',
    ),
    ('old network', lambda: saved(nn.Linear(1, 1), **OLD), r'Python objects \(torch.nn.modules.li'),
    ('pickle', lambda: pickle.dumps(np.ones(3), protocol=4), r'Python objects \(numpy.*_reconst'),
    ('plain pickle', lambda: pickle.dumps({'a': 1}), 'that torch.save did not write'),
    ('safetensors', lambda: (60).to_bytes(8, 'little') + b'{"a": 1}', 'a safetensors file'),
    ('half', lambda: saved(WEIGHTS)[:500], 'truncated.*download it again'),
    ('nearly whole', lambda: saved(WEIGHTS)[:-30], 'truncated'),
    ('old half', lambda: saved(WEIGHTS, **OLD)[:900], 'a pickle that is truncated'),
    ('noise', lambda: b'\x01\x02' + os.urandom(3000), 'of no known kind, or damaged'),
]


@pytest.mark.filterwarnings('ignore:`torch.jit:DeprecationWarning')
@pytest.mark.filterwarnings('error::UserWarning')
@pytest.mark.parametrize(
    'make, said', [kind[1:] for kind in KINDS], ids=[kind[0] for kind in KINDS]
)
def test_what_a_file_is_and_what_to_do_stand_in_one_line(tmp_path, make, said):
    path = tmp_path / 'model.pth'
    content = make()
    path.write_bytes(content)
    with pytest.raises(
        RuntimeError, match=rf'model.pth \({len(content)} bytes\) .*{said}'
    ) as caught:
        load_file(str(path))
    message = str(caught.value)
    assert '\n' not in message and len(message) < 450
    assert 'Expected a file that torch.save wrote' in message
    assert caught.value.__suppress_context__


def test_objects_that_would_run_code_are_named(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.system, ('true',)

    torch.save({'state_dict': {}, 'meta': Evil()}, tmp_path / 'evil.pth')
    with pytest.raises(RuntimeError, match=r'\(posix.system\), which are never loaded because'):
        load_file(str(tmp_path / 'evil.pth'))


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'is a folder: name the .pth file in it'):
        load_file(str(tmp_path))
