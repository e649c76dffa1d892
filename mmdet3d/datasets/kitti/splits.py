"""Reading the lists of frames in ``ImageSets``."""

from pathlib import Path

from mmdet3d.datasets.files import DataFormatError


def read_split(root_path: str | Path, split: str) -> list[int]:
    """Read the frame ids of one split.

    Args:
        root_path: the folder that holds ``ImageSets``.
        split: the name of the list: 'train', 'val' or 'test'.

    Returns:
        the ids, in the order of the file.

    Raises:
        FileNotFoundError: if the list is not there; the message says which lists are expected.
        DataFormatError: if a line is no frame id, or an id is listed twice.
    """
    path = Path(root_path) / 'ImageSets' / f'{split}.txt'
    if not path.is_file():
        raise FileNotFoundError(
            f'{path}: the list of frames of the split {split!r} is missing. Expected '
            f'train.txt and val.txt in {path.parent}, and test.txt where there is testing/; each '
            'has one frame id per line, like 000008.'
        )
    lines = enumerate(path.read_text().splitlines(), start=1)
    ids = [_parse_id(line, f'{path}, line {number}') for number, line in lines if line.strip()]
    if len(set(ids)) < len(ids):
        repeated = sorted({index for index in ids if ids.count(index) > 1})
        raise DataFormatError(f'{path}: listed more than once: {repeated[:10]}')
    return ids


def _parse_id(line: str, where: str) -> int:
    word = line.strip()
    if not (word.isascii() and word.isdigit()):
        raise DataFormatError(f'{where}: {word!r} is no frame id; expected digits, like 000008')
    return int(word)
