"""Reading the lists of frames in ``ImageSets``."""

from collections import defaultdict
from pathlib import Path

from mmdet3d.datasets.files import DataFormatError, read_text
from mmdet3d.datasets.kitti.frame_ids import FrameId, parse_id

_SHOWN = 10


def folder_of(split: str) -> str:
    """Give the folder of a split's frames: 'testing' for 'test', else 'training'."""
    return 'testing' if split == 'test' else 'training'


def read_split(root_path: str | Path, split: str) -> list[FrameId]:
    """Read the frame ids of one split.

    Args:
        root_path: the folder that holds ``ImageSets``.
        split: the name of the list: 'train', 'val' or 'test'.

    Returns:
        the ids, in the order of the file: numbers for KITTI's six digits, else as they are written.

    Raises:
        FileNotFoundError: if the list is not there; the message says which lists are expected.
        DataFormatError: if a line is no frame id, or an id is listed twice.
    """
    root_path = Path(root_path)
    path = root_path / 'ImageSets' / f'{split}.txt'
    if not path.is_file():
        raise FileNotFoundError(
            f'{path}: the list of frames of the split {split!r} is missing. Expected '
            f'train.txt and val.txt in {path.parent}, and test.txt where there is testing/; each '
            f'has one frame id per line, like 000008.{_hint(root_path)}'
        )
    clouds = root_path / folder_of(split) / 'velodyne'
    lines = enumerate(read_text(path, 'a list of frames').splitlines(), start=1)
    ids = [
        parse_id(line, f'{path}, line {number}', clouds) for number, line in lines if line.strip()
    ]
    _refuse_repeated(path, ids)
    return ids


def _refuse_repeated(path: Path, ids: list[FrameId]) -> None:
    """Refuse ids that are listed twice, and those that mean the same number."""
    written = defaultdict(list)
    for index in ids:
        is_number = isinstance(index, int) or (index.isascii() and index.isdigit())
        written[int(index) if is_number else index].append(index)
    repeated = sorted((key for key, members in written.items() if len(members) > 1), key=str)
    if repeated:
        raise DataFormatError(f'{path}: listed more than once: {repeated[:_SHOWN]}')


def _hint(root_path: Path) -> str:
    """Say which folder was meant, where one beside or below the given one has the lists."""
    if not root_path.is_dir():
        return f' There is no folder {root_path}: correct the root path.'
    candidates = [root_path.resolve().parent, *sorted(root_path.iterdir())]
    meant = [path for path in candidates if (path / 'ImageSets').is_dir()]
    if meant and not (root_path / 'ImageSets').is_dir():
        return f' {meant[0]} has ImageSets: is that the root path?'
    if (root_path / 'training').is_dir():
        return ' KITTI does not come with these lists: write them, or take those of OpenPCDet.'
    return ''
