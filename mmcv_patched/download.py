"""Fetch files in a way that can be checked and resumed."""

import hashlib
import re
import ssl
import time
from email.message import Message
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from tqdm import tqdm

from mmcv_patched.full_disk import explain_full_disk

_CHUNK = 1 << 20
_TIMEOUT_S = 30
_RANGE_NOT_SATISFIABLE = 416
# Too slow, too early, too many requests.
_TRY_LATER = (408, 425, 429)
_PASSING_ERRORS = (URLError, HTTPException, ConnectionError, TimeoutError, ssl.SSLError)
_HASH_IN_NAME = re.compile(r'-([0-9a-f]{8})\.\w+$')


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
    prefix = hash_in_name(name)
    if prefix is None:
        return False
    found = file_sha256(Path(path))[:8]
    if found != prefix:
        raise ValueError(
            f'{path} is damaged or is another file: by its name ({name}) its SHA-256 begins with '
            f'{prefix}, but it begins with {found}; delete it and fetch it again'
        )
    return True


def hash_in_name(name: str) -> str | None:
    """Return the eight digits of a SHA-256 that a file's name ends in; None without them."""
    found = _HASH_IN_NAME.search(name)
    return found[1] if found else None


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
        ValueError: if the address is not http(s), the contents do not match the name (a download
            that does not match is removed), or nothing tells a whole file from a cut one: neither
            the server's answer nor a prefix in the name.
        FileNotFoundError: if the server has no such file, or does not give it out.
        ConnectionError: if the connection failed at every attempt.
        DiskFullError: if there is no room for it.
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
    finally:
        _version_file(part).unlink(missing_ok=True)
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
            if isinstance(error, HTTPError) and error.code < 500 and error.code not in _TRY_LATER:
                reason = ' '.join(str(error.reason).split())  # of a circle of redirections: lines
                raise FileNotFoundError(
                    f'the server does not give out {url}: HTTP {error.code} {reason}'
                ) from error
    raise ConnectionError(
        f'could not fetch {url} in {attempts} attempts; the last failed with: {failure}. '
        'Check the network; the next call goes on where this one stopped'
    ) from failure


def _fetch_rest(url: str, part: Path) -> None:
    """Append to ``part`` what it lacks; start over where the server cannot send a part."""
    have = part.stat().st_size if part.exists() else 0
    try:
        response = urlopen(Request(url, headers=_ask_for_rest(part, have)), timeout=_TIMEOUT_S)
    except HTTPError as error:
        if error.code != _RANGE_NOT_SATISFIABLE:
            raise
        if _total_size(error.headers, 0) == have:
            return
        part.unlink()
        raise ConnectionError(f'{part.name} is longer than the file on the server') from error
    with response:
        start = _first_byte(response, have)
        total = _total_size(response.headers, start)
        if total is None:
            _require_an_end(response, url, part)
        with explain_full_disk(part, lambda: total or start):
            _keep_version(part, response.headers)
            _append(response, part, start, total)
    size = part.stat().st_size
    if total is not None and size != total:
        raise ConnectionError(f'the connection ended after {size} of {total} bytes')


def _ask_for_rest(part: Path, have: int) -> dict[str, str]:
    """Return the headers that ask for what a part lacks, if the server has that file still."""
    if not have:
        return {}
    headers = {'Range': f'bytes={have}-'}
    if _version_file(part).exists():
        headers['If-Range'] = _version_file(part).read_text()
    return headers


def _keep_version(part: Path, headers: Message) -> None:
    """Note which version of a file a part is of, as the server names it."""
    tag = headers.get('ETag', '')
    # A weak tag may name two versions that differ in a byte.
    version = tag if tag.startswith('"') else headers.get('Last-Modified')
    _version_file(part).unlink(missing_ok=True)
    if version:
        _version_file(part).write_text(version)


def _version_file(part: Path) -> Path:
    return part.with_name(f'{part.name}.version')


def _append(response: HTTPResponse, part: Path, start: int, total: int | None) -> None:
    with (
        open(part, 'ab') as file,
        tqdm(
            desc=part.stem, total=total, initial=start, unit='B', unit_scale=True, leave=False
        ) as bar,
    ):
        file.truncate(start)
        while chunk := response.read(_CHUNK):
            file.write(chunk)
            bar.update(len(chunk))


def _first_byte(response: HTTPResponse, have: int) -> int:
    """Return where in the file an answer begins: not every server sends the part it is asked for.

    Raises:
        ConnectionError: if it leaves a gap.
    """
    if response.status != 206:
        return 0
    given = re.match(r'bytes (\d+)-', response.headers.get('Content-Range', ''))
    start = int(given[1]) if given else have
    if start > have:
        raise ConnectionError(f'the server sent the file from byte {start} on, not from {have}')
    return start


def _require_an_end(response: HTTPResponse, url: str, part: Path) -> None:
    """Refuse an answer of unknown length whose end cannot be told from a lost connection.

    Raises:
        ValueError: if it is not sent in chunks, and no hash in the name shows whether it is whole.
    """
    if not response.chunked and hash_in_name(part.name.removesuffix('.part')) is None:
        raise ValueError(
            f'the server does not say how long {url} is, and its name holds no SHA-256 prefix '
            '(as in model-aa0f3adb.pth), so a file that was cut would pass for a whole one: fetch '
            'it by other means, and give the path of the file'
        )


def _total_size(headers: Message, start: int) -> int | None:
    """Return the size of the whole file.

    A Content-Range ends with it, else what is sent from ``start`` on has a length.
    """
    whole = headers.get('Content-Range', '').rpartition('/')[2]
    if whole.isdecimal():
        return int(whole)
    sent = headers.get('Content-Length', '')
    return start + int(sent) if sent.isdecimal() else None


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal digits."""
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
