"""What a file seems to be that cannot be loaded as a checkpoint."""

import os.path as osp
import pickletools
import re
import tarfile
import zipfile

_DOWNLOAD = 'download it again'
_CONVERT = "save a network's state_dict() with torch.save instead"
_BEGINNINGS = {
    b'version https://git-lfs': ('a git-lfs pointer, not the file itself', 'run git lfs pull'),
    b'<': ('an HTML or XML page, as failed downloads leave it', _DOWNLOAD),
    b'\x93NUMPY': ('a NumPy array', _CONVERT),
    b'\x1f\x8b': ('a gzip archive', 'unpack it and name the .pth file in it'),
    b'\x80': ('a pickle that is truncated or that torch.save did not write', _DOWNLOAD),
}


def describe_file(filename: str, error: Exception) -> str:
    """Say in one line what a file is that ``torch.load`` refused, and what to do.

    Args:
        filename: path of the file.
        error: what ``torch.load`` raised.
    """
    kind, advice = _find_kind(filename, str(error))
    size = osp.getsize(filename)
    return (
        f'{filename} ({size} bytes) cannot be loaded as a checkpoint: it is {kind}. '
        f"Expected a file that torch.save wrote, with tensors by name under 'state_dict': {advice}"
    )


def _find_kind(filename: str, message: str) -> tuple[str, str]:
    with open(filename, 'rb') as file:
        head = file.read(512)
    refused = re.search(r'GLOBAL (\S+)', message)
    name = refused[1] if refused else _first_global(filename) if head[:1] == b'\x80' else None
    if name:
        never = 'which are never loaded because they can run code'
        return f'a pickle of Python objects ({name}), {never}', _CONVERT
    if not head.strip(b'\0'):
        return 'empty' if not head else 'nothing but zeros', _DOWNLOAD
    if head.startswith(b'PK'):
        return _kind_of_zip(filename)
    if head[8:9] == b'{':
        return 'a safetensors file', _CONVERT
    for beginning, kind in _BEGINNINGS.items():
        if head.lstrip().startswith(beginning):
            return kind
    if tarfile.is_tarfile(filename):
        return 'a tar archive', 'unpack it and name the .pth file in it'
    return _kind_without_mark(head)


def _first_global(filename: str) -> str | None:
    """Return the first object that a plain pickle names; it is only read, not loaded."""
    strings: list[str] = []
    with open(filename, 'rb') as file:
        try:
            for operation, argument, _ in pickletools.genops(file):
                if operation.name == 'GLOBAL':
                    return str(argument).replace(' ', '.')
                if operation.name == 'STACK_GLOBAL':
                    return '.'.join(strings[-2:])
                if isinstance(argument, str):
                    strings.append(argument)
        except ValueError:
            # Where it stops to be a pickle, it names nothing further.
            return None
    return None


def _kind_of_zip(filename: str) -> tuple[str, str]:
    try:
        if not zipfile.is_zipfile(filename):
            return 'truncated', _DOWNLOAD
        with zipfile.ZipFile(filename) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):  # a broken list of its members
        return 'damaged', _DOWNLOAD
    if any(name.endswith('constants.pkl') for name in names):
        return 'a TorchScript program', _CONVERT
    if any(name.endswith('data.pkl') for name in names):
        return 'damaged', _DOWNLOAD
    return f'a zip archive of {", ".join(names[:3]) or "nothing"}', 'name the .pth file in it'


def _kind_without_mark(head: bytes) -> tuple[str, str]:
    if all(byte >= 32 or byte in b'\t\n\r\f' for byte in head):
        start = head[:40].decode('utf-8', 'replace').split('\n')[0].strip()
        return f'a text that begins with {start!r}', _DOWNLOAD
    return 'of no known kind, or damaged', _DOWNLOAD
