"""Fetch files in a way that can be checked and resumed."""

import hashlib
import re
import time
from email.message import Message
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from tqdm import tqdm

_CHUNK = 1 << 20
_TIMEOUT_S = 30
_RANGE_NOT_SATISFIABLE = 416
_PASSING_ERRORS = (URLError, HTTPException, ConnectionError, TimeoutError)


def verify_sha256_prefix(path: str | Path, name: str | None = None) -> bool:
    """Check a file against the SHA-256 prefix that ends its name, as in ``model-aa0f3adb.pth``.

    Args:
        path: the file.
        name: the name that holds the prefix; the file's own by default.

    Returns:
        True if it matches; False if the name holds no prefix (8 hexadecimal digits between a
        hyphen and the extension), so that nothing was checked.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it does not match.
    """
    name = name or Path(path).name
    prefix = re.search(r'-([0-9a-f]{8})\.\w+$', name)
    if prefix is None:
        return False
    found = file_sha256(Path(path))[:8]
    if found != prefix[1]:
        raise ValueError(
            f'{path} is damaged or is another file: by its name ({name}) its SHA-256 begins with '
            f'{prefix[1]}, but it begins with {found}; delete it and fetch it again'
        )
    return True


def download(url: str, path: str | Path, attempts: int = 4, wait_s: float = 2.0) -> bool:
    """Fetch a file; what an earlier call left unfinished is not sent again.

    The file grows as ``path`` with ``.part`` appended and takes its own name once it is whole and
    verified. A file that is already there is verified and left as it is.

    Args:
        url: where it is, by http or https.
        path: where to put it; missing folders are made.
        attempts: how often to try, at least 1, before giving up on a failing connection.
        wait_s: seconds to wait before the second attempt, doubled before each further one.

    Returns:
        what ``verify_sha256_prefix`` says of it.

    Raises:
        ValueError: if the address is not http(s), or the contents do not match the name; a download
            that does not match is removed.
        FileNotFoundError: if the server has no such file, or does not give it out.
        ConnectionError: if the connection failed at every attempt.
    """
    path = Path(path)
    if path.exists():
        return verify_sha256_prefix(path)
    if not url.startswith(('http://', 'https://')):
        raise ValueError(
            f'{url!r} is not an address; give one that begins with http:// or https://'
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f'{path.name}.part')
    _fetch_patiently(url, part, attempts, wait_s)
    try:
        verified = verify_sha256_prefix(part, path.name)
    except ValueError:
        part.unlink()
        raise
    part.replace(path)
    return verified


def _fetch_patiently(url: str, part: Path, attempts: int, wait_s: float) -> None:
    for attempt in range(attempts):
        if attempt:
            time.sleep(wait_s * 2 ** (attempt - 1))
        try:
            return _fetch_rest(url, part)
        except _PASSING_ERRORS as error:
            failure = error
            if isinstance(error, HTTPError) and error.code < 500:
                raise FileNotFoundError(
                    f'the server does not give out {url}: HTTP {error.code} {error.reason}'
                ) from error
    raise ConnectionError(
        f'could not fetch {url} in {attempts} attempts; the last failed with: {failure}. '
        'Check the network; the next call goes on where this one stopped'
    ) from failure


def _fetch_rest(url: str, part: Path) -> None:
    """Append to ``part`` what it lacks; start over where the server cannot send a part."""
    have = part.stat().st_size if part.exists() else 0
    headers = {'Range': f'bytes={have}-'} if have else {}
    try:
        response = urlopen(Request(url, headers=headers), timeout=_TIMEOUT_S)
    except HTTPError as error:
        if error.code != _RANGE_NOT_SATISFIABLE:
            raise
        if _total_size(error.headers) == have:
            return
        part.unlink()
        raise ConnectionError(f'{part.name} is longer than the file on the server') from error
    with response, open(part, 'ab') as file:
        start = have if response.status == 206 else 0
        file.truncate(start)
        total = _total_size(response.headers)
        with tqdm(
            desc=part.stem, total=total, initial=start, unit='B', unit_scale=True, leave=False
        ) as bar:
            while chunk := response.read(_CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
    size = part.stat().st_size
    if total is not None and size != total:
        raise ConnectionError(f'the connection ended after {size} of {total} bytes')


def _total_size(headers: Message) -> int | None:
    """Return the whole file's size: a Content-Range ends with it, else it is the length sent."""
    given = headers.get('Content-Range', '').rpartition('/')[2] or headers.get('Content-Length', '')
    return int(given) if given.isdecimal() else None


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal digits."""
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
