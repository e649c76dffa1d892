"""Teacher checkpoints: where they are, and fetching files that can be checked and resumed."""

import hashlib
import re
import time
from http.client import HTTPException, HTTPMessage
from pathlib import Path, PurePosixPath
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from tqdm import tqdm

BASE_URL = 'https://download.openmmlab.com/mmdetection3d'

TEACHERS = {
    'pointpillars': PurePosixPath(
        'v0.1.0_models/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class',
        'hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class_20200620_230421-aa0f3adb.pth',
    ),
    'second': PurePosixPath(
        'v0.1.0_models/second/hv_second_secfpn_6x8_80e_kitti-3d-3class',
        'hv_second_secfpn_6x8_80e_kitti-3d-3class_20200620_230238-9208083a.pth',
    ),
    'point_rcnn': PurePosixPath(
        'v1.0.0_models/point_rcnn',
        'point_rcnn_2x8_kitti-3d-3classes_20211208_151344.pth',
    ),
    'pointpillars_nus': PurePosixPath(
        'v0.1.0_models/fp16/hv_pointpillars_fpn_sbn-all_fp16_2x8_2x_nus-3d',
        'hv_pointpillars_fpn_sbn-all_fp16_2x8_2x_nus-3d_20201021_120719-269f9dd6.pth',
    ),
}
"""The four teachers' paths on the server, by a short name."""

_CHUNK = 1 << 20
_TIMEOUT_S = 30
_RANGE_NOT_SATISFIABLE = 416
_PASSING_ERRORS = (URLError, HTTPException, ConnectionError, TimeoutError)


def verify_sha256_prefix(path: str | Path, name: str | None = None) -> bool:
    """Check a file against the SHA-256 prefix that ends its name, as in ``model-aa0f3adb.pth``.

    Args:
        path: The file.
        name: The name that holds the prefix; the file's own by default.

    Returns:
        True if it matches; False if the name holds no prefix (8 hexadecimal digits between a
        hyphen and the extension), so that nothing was checked.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It does not match.
    """
    name = name or Path(path).name
    prefix = re.search(r'-([0-9a-f]{8})\.\w+$', name)
    if prefix is None:
        return False
    found = _sha256(Path(path))[:8]
    if found != prefix[1]:
        raise ValueError(
            f'{path} is damaged or is another file: by its name ({name}) its SHA-256 begins with '
            f'{prefix[1]}, but it begins with {found}; delete it and fetch it again'
        )
    return True


def download_teacher(name: str, out_dir: str | Path, base_url: str = BASE_URL) -> tuple[Path, bool]:
    """Fetch a teacher by its short name.

    Returns:
        Where it lies, and whether its contents could be checked against its name.

    Raises:
        ValueError: There is no teacher of that name, or as for ``download``.
        OSError: As for ``download``.
    """
    if name not in TEACHERS:
        raise ValueError(f'no teacher {name!r}; there are {", ".join(TEACHERS)}')
    path = Path(out_dir) / TEACHERS[name].name
    return path, download(f'{base_url.rstrip("/")}/{TEACHERS[name]}', path)


def download(url: str, path: str | Path, attempts: int = 4, wait_s: float = 2.0) -> bool:
    """Fetch a file; what an earlier call left unfinished is not sent again.

    The file grows as ``path`` with ``.part`` appended and takes its own name once it is whole and
    verified. A file that is already there is verified and left as it is.

    Args:
        url: Where it is, by http or https.
        path: Where to put it; missing folders are made.
        attempts: How often to try, at least 1, before giving up on a failing connection.
        wait_s: Seconds to wait before the second attempt, doubled before each further one.

    Returns:
        What ``verify_sha256_prefix`` says of it.

    Raises:
        ValueError: The address is not http(s), or the contents do not match the name; a download
            that does not match is removed.
        FileNotFoundError: The server has no such file, or does not give it out.
        ConnectionError: The connection failed at every attempt.
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


def _total_size(headers: HTTPMessage) -> int | None:
    """Return the whole file's size: a Content-Range ends with it, else it is the length sent."""
    given = headers.get('Content-Range', '').rpartition('/')[2] or headers.get('Content-Length', '')
    return int(given) if given.isdecimal() else None


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
