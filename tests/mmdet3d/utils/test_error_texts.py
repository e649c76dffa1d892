"""Errors of every origin become one line that says what to do."""

import errno
import os

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from mmdet3d.datasets.files import DataFormatError
from mmdet3d.utils.mistakes import consequence, describe, is_mistake


class Failing(Dataset):
    """Frames none of which can be loaded."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> None:
        try:
            raise ZeroDivisionError('first')
        except ZeroDivisionError:
            raise self.error  # noqa: B904  (as where two errors follow each other)


def raised_in_a_worker(error: Exception) -> Exception:
    with pytest.raises(Exception) as caught:
        list(DataLoader(Failing(error), num_workers=1))
    return caught.value


@pytest.mark.parametrize(
    'error, line',
    [
        (DataFormatError('a.bin: 3 bytes'), 'a.bin: 3 bytes'),
        (ValueError('two\n\tlines'), 'two lines'),
        (KeyError('no "a" here'), 'no "a" here'),
        (FileNotFoundError(errno.ENOENT, 'No such file or directory', 'a.bin'), 'a.bin: no such'),
        (UnicodeDecodeError('utf-8', b'\xff', 0, 1, 'invalid'), "'utf-8' codec can't decode"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_in_a_worker_reads_as_one_in_the_main_process(error, line):
    for each in (error, raised_in_a_worker(error)):
        assert describe(each).startswith(line)
        assert 'Traceback' not in describe(each) and '\n' not in describe(each)
        assert is_mistake(each)


@pytest.mark.parametrize(
    'error, parts',
    [
        (AttributeError("'NoneType' object has no attribute 'x'"), ['AttributeError: ']),
        (AssertionError(), ['AssertionError']),
        (KeyError('ann_file'), ['KeyError: ann_file']),
        (TypeError('unsupported operand'), ['TypeError: unsupported operand']),
        (ValueError(), ['ValueError']),
    ],
)
def test_a_fault_of_the_program_names_its_class(error, parts):
    assert not is_mistake(error)
    assert all(part in describe(error) for part in parts)


def test_names_before_a_quoted_text_are_kept():
    error = KeyError(f'VoxelNet: {KeyError("type of loss is missing")!s}')
    assert describe(error) == 'VoxelNet: type of loss is missing'
    assert describe(ValueError("'a' and 'b'")) == "'a' and 'b'"


@pytest.mark.parametrize(
    'error, remedy',
    [
        (MemoryError(), 'data.samples_per_gpu'),
        (torch.OutOfMemoryError('CUDA out of memory. Tried to allocate'), 'samples_per_gpu'),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), 'samples'),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), 'the disk is full'),
        (RuntimeError('[enforce fail] PytorchStreamWriter failed writing'), 'the disk is full'),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES), 'x'), 'permissions'),
        (IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), 'x'), 'a file is expected'),
        (
            RuntimeError('DataLoader worker (pid 7) is killed by signal: Killed. '),
            'data.workers_per_gpu',
        ),
        (
            RuntimeError('DataLoader worker (pid 7) is killed by signal: Bus error. It is possible '
                         'that dataloader\'s workers are out of shared memory.'),
            '/dev/shm',
        ),
        (RuntimeError('unable to write to file </torch_1_2>: No space left'), '/dev/shm'),
    ],
)  # fmt: skip
def test_what_many_meet_comes_with_a_remedy(error, remedy):
    assert remedy in describe(error)
    assert '[Errno' not in describe(error)


def test_a_lost_connection_is_another_process_s_doing():
    lost = RuntimeError('[gloo/pair.cc:553] Connection closed by peer [::1]')
    assert consequence(lost) == 'Connection closed by peer'
    late = RuntimeError('[gloo/x.cc:81] Timed out waiting 15000ms for recv operation to complete')
    assert consequence(late) == 'Timed out waiting 15000ms for recv operation'
    assert not consequence(ValueError('peer is no detector'))


def test_a_text_without_end_is_cut():
    assert len(describe(ValueError('missing key ' * 1000))) < 2000
