"""Files for which there is no room: named, with what they need; what was there stays."""

import contextlib
import errno
import os
import re
from types import SimpleNamespace

import pytest
import torch
from support.file_server import running_server
from support.full_disk import files_of_at_most, no_space
from torch import nn

from mmcv_patched.download import download
from mmcv_patched.full_disk import (
    DiskFullError,
    atomic_write,
    bytes_of_tensors,
    explain_full_disk,
    write_whole,
)
from mmcv_patched.runner import (
    TensorboardLoggerHook,
    TextLoggerHook,
    point_to,
    save_checkpoint,
)
from mmdet3d.datasets.files import dump_pickle


def test_a_checkpoint_without_room_is_named_with_what_it_needs(tmp_path):
    path = tmp_path / 'epoch_1.pth'
    model = nn.Linear(1000, 100)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model(torch.ones(1, 1000)).sum().backward()
    optimizer.step()
    path.write_bytes(b'earlier')
    message = r'epoch_1\.pth cannot be written: the file is larger .* needs at least 0\.80 MB'
    with files_of_at_most(100_000), pytest.raises(DiskFullError, match=message):
        save_checkpoint(model, str(path), optimizer=optimizer)
    assert path.read_bytes() == b'earlier'
    assert os.listdir(tmp_path) == ['epoch_1.pth']
    save_checkpoint(model, str(path), optimizer=optimizer)


def test_info_files_and_pictures_are_named_with_what_they_need(tmp_path):
    path = tmp_path / 'new' / 'infos.pkl'
    message = re.escape(f'{path} cannot be written') + r'.* it needs at least 0\.3\d MB'
    with files_of_at_most(10_000), pytest.raises(DiskFullError, match=message):
        dump_pickle(path, {'a': list(range(100_000)), 'b': ['x' * 1000] * 10})
    with files_of_at_most(10), pytest.raises(DiskFullError, match=r'needs at least 0\.00 MB'):
        write_whole(path, 'a table of some length')
    assert os.listdir(path.parent) == []


@pytest.mark.parametrize(
    'number, reason', [(errno.ENOSPC, 'no space left on device'), (errno.EDQUOT, 'disk quota')]
)
def test_the_reasons_are_told_apart(tmp_path, number, reason):
    message = rf'a/b/log cannot be written: {reason}.* MB are free there: free some space, or '
    with pytest.raises(DiskFullError, match=message), explain_full_disk('a/b/log', lambda: 5):
        raise OSError(number, os.strerror(number))


def test_other_errors_stay_as_they_are(tmp_path):
    with pytest.raises(PermissionError), explain_full_disk(tmp_path / 'a', lambda: 5):
        raise PermissionError(errno.EACCES, 'Permission denied')


def test_a_write_that_fails_at_the_end_leaves_the_earlier_file(tmp_path, monkeypatch):
    (tmp_path / 'a').write_text('earlier')
    monkeypatch.setattr(os, 'replace', no_space)
    with (
        pytest.raises(DiskFullError, match=r'needs at least 3\.00 MB'),
        atomic_write(tmp_path / 'a') as file,
    ):
        file.write(bytes(3_000_000))
    assert (tmp_path / 'a').read_text() == 'earlier'
    assert os.listdir(tmp_path) == ['a']


def test_a_copy_of_the_latest_checkpoint_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(os, 'symlink', no_space)
    (tmp_path / 'epoch_1.pth').write_bytes(bytes(200_000))
    with files_of_at_most(1000), pytest.raises(DiskFullError, match=r'latest\.pth .* 0\.20 MB'):
        point_to('epoch_1.pth', str(tmp_path / 'latest.pth'))
    assert os.listdir(tmp_path) == ['epoch_1.pth']


def test_a_download_without_room_goes_on_when_there_is_some(tmp_path, monkeypatch):
    monkeypatch.setenv('no_proxy', '127.0.0.1')
    with running_server() as server:
        with files_of_at_most(2_000_000), pytest.raises(DiskFullError, match=r'part .* 3\.15 MB'):
            download(f'{server.url}/a.pth', tmp_path / 'a.pth')
        assert not (tmp_path / 'a.pth').exists()
        download(f'{server.url}/a.pth', tmp_path / 'a.pth')
        assert (tmp_path / 'a.pth').read_bytes() == server.content
        assert server.asked == [None, 'bytes=2000000-']


def test_bytes_of_tensors_are_counted_at_any_depth():
    assert bytes_of_tensors({'a': [torch.ones(3), (torch.ones(2).half(), 5)], 'b': 'x'}) == 16


@pytest.mark.parametrize('size', [0, 100])
def test_logs_without_room_are_named(tmp_path, capfd, size):
    runner = SimpleNamespace(work_dir=str(tmp_path), hooks=[], rank=0)
    text, board = TextLoggerHook(), TensorboardLoggerHook(log_dir=str(tmp_path / 'tf_logs'))
    text.json_log_path = str(tmp_path / '1.log.json')
    board.get_loggable_tags = lambda *_, **__: {'loss': 1.0}
    board.get_iter = lambda _: 1
    with files_of_at_most(size):
        with pytest.raises(DiskFullError, match=r'1\.log\.json cannot be written'):
            text._dump_log({'loss': list(range(10_000))}, runner)
        with pytest.raises(DiskFullError, match='tf_logs cannot be written'):
            board.before_run(runner)
            for _ in range(100):
                board.log(runner)
                with contextlib.suppress(OSError):
                    board.writer.flush()  # so that its thread has met the end of the disk
    assert 'Traceback' not in capfd.readouterr().err
