"""Errors in one line: what happened, and what to do about it where that is known."""

import ast
import re

from mmcv_patched.messages import one_line

# What users can cause. Other errors are more likely the program's own.
_MISTAKES = (OSError, ValueError, RuntimeError, ImportError, SyntaxError, MemoryError, EOFError)
_OF_CALLS = re.compile(r'unexpected keyword argument|missing \d+ required')
_WRAPPED = re.compile(r'^Caught (\w+) in [^\n]*\.\nOriginal ')
_LAST_OF_TRACEBACK = re.compile(r'[A-Za-z_][\w.]*(: |$)')
_QUOTED = re.compile(r'^((?:\w+: )*)(([\'"]).*\3)$', re.DOTALL)
_ERRNO = re.compile(r"\[Errno \d+\] ([^:]+): '(.+?)'( -> '.+')?")

_CONSEQUENCE = re.compile(
    r'Connection (closed|reset) by peer|Broken pipe|Socket Timeout|NCCL.*(remote|peer)|'
    r'Timed out waiting \d+ms for \w+ operation|wait timeout after \d+ms|'
    r'[Cc]ollective operation timeout|connectFullMesh failed|timed out connecting|'
    r'failed to (recv|send), got|has not answered for \d+ s|NCCL.*(timed out|aborted)'
)
_LESS = 'lower data.samples_per_gpu, or data.workers_per_gpu'
_REMEDIES = [
    (
        r'Bus error|shared memory|</torch_\d+',
        'the workers of the data loader ran out of shared memory: give /dev/shm more (docker run '
        '--shm-size=8g), or load without workers by data.workers_per_gpu=0',
    ),
    (
        r'DataLoader worker .*(killed by signal|exited unexpectedly)',
        'a worker of the data loader was ended from outside, probably for want of memory: lower '
        'data.workers_per_gpu (0 for no workers)',
    ),
    (
        r'process pool was terminated abruptly',
        'a worker was ended from outside, probably for want of memory: give fewer --workers',
    ),
    (r'CUDA out of memory|OutOfMemoryError', 'the GPU has not enough memory: lower '
     'data.samples_per_gpu, or train with fp16.loss_scale=512.0'),
    (r'DefaultCPUAllocator|an.t allocate memory|Unable to allocate|^MemoryError',
     f'the machine has not enough memory: {_LESS}'),
    (r'No space left on device|Disk quota exceeded|PytorchStreamWriter|file write failed',
     'the disk is full: free some space, or write elsewhere'),
    (r'Timed out after \d+ seconds waiting for clients|client socket has timed out', 'another '
     'machine of the run is not there: start all NNODES of them with the same MASTER_ADDR and '
     'PORT, within dist_params.timeout seconds'),
    (r'EADDRINUSE|already in use', 'another run uses this port: choose another, as in '
     'PORT=29501 bash tools/dist_train.sh ...'),
    (r'Permission denied|Read-only file system', 'change its permissions, or give another path'),
    (r'Is a directory', 'a file is expected, not a folder'),
    (r'Not a directory|File exists', 'a folder is expected, not a file'),
    (r'No such file or directory', 'correct the path'),
    (r'Too many open files', 'raise the limit by ulimit -n 65536, or lower data.workers_per_gpu'),
]  # fmt: skip


def describe(error: BaseException) -> str:
    """Return an error as one line.

    Args:
        error: any error, also one that a worker of a data loader met.

    Returns:
        its text, without the quotes of a ``KeyError`` and the traceback of a worker; its class
        where the text alone would not say enough; and a remedy where there is a common one.
    """
    kind, text = _kind_and_text(error)
    if not is_mistake(error) or not text:
        text = f'{kind}: {text}' if text else kind
    full = f'{kind}: {error}'
    remedy = next((advice for pattern, advice in _REMEDIES if re.search(pattern, full)), None)
    return f'{text}: {remedy}' if remedy else text


def is_mistake(error: BaseException) -> bool:
    """Whether an error is of a kind that users can cause, rather than a fault of the program."""
    _, text = _kind_and_text(error)
    if isinstance(error, KeyError):
        return ' ' in text
    if isinstance(error, TypeError):
        return _OF_CALLS.search(text) is not None
    return isinstance(error, _MISTAKES) and bool(text)


def consequence(error: BaseException) -> str:
    """Return what an error says, if only that another process of a group is gone; else ''."""
    found = _CONSEQUENCE.search(str(error))
    return found[0] if found else ''


def _kind_and_text(error: BaseException) -> tuple[str, str]:
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    kind = type(error).__name__
    wrapped = _WRAPPED.match(text)
    if wrapped:
        kind, text = wrapped[1], _end_of_traceback(text)
    text = _ERRNO.sub(lambda found: f'{found[2]}: {found[1].lower()}', _unquoted(text))
    return kind, one_line(re.sub(r'^\[Errno \d+\] ', '', text))


def _end_of_traceback(text: str) -> str:
    """Return the message of the last error in the text of a traceback."""
    lines = text.splitlines()
    ends = [
        number
        for number, line in enumerate(lines)
        if number and lines[number - 1].startswith(' ') and _LAST_OF_TRACEBACK.match(line)
    ]
    return '\n'.join(lines[ends[-1] :]).partition(': ')[2] if ends else text


def _unquoted(text: str) -> str:
    """Take a text out of the quotes that ``str`` of a ``KeyError`` put around it."""
    while (found := _QUOTED.match(text)) is not None:
        try:
            text = f'{found[1]}{ast.literal_eval(found[2])}'
        except (SyntaxError, ValueError):
            break  # quotes at both ends, but not of one string
    return text
