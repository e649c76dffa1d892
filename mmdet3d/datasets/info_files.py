"""Reading the pickles that ``create_data.py`` writes."""

import os.path as osp
import pickle
from typing import Any


def load_info_file(path: str, what: str) -> Any:
    """Read an annotation file or an object database.

    Args:
        path: the file. Loading a pickle can run code: take such files only from where you trust.
        what: what it is, for the messages.

    Returns:
        its content.

    Raises:
        FileNotFoundError: if it does not exist.
        ValueError: if it is broken off or no pickle.
    """
    remedy = (
        'write it with tools/create_data.py (for KITTI: python tools/create_data.py kitti '
        '--root-path DATA --out-dir DATA --extra-tag kitti; for nuScenes: python '
        'tools/create_data.py nuscenes --root-path DATA --version v1.0-trainval)'
    )
    if not osp.isfile(path):
        raise FileNotFoundError(f'{what} {path} does not exist; correct the path, or {remedy}')
    with open(path, 'rb') as file:
        try:
            return pickle.load(file)
        except (EOFError, pickle.UnpicklingError) as error:
            raise ValueError(f'{what} {path} is no complete pickle ({error}); {remedy}') from error
