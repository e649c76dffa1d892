"""Detections as ``tools/test.py --out`` writes them."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmdet3d.datasets.files import DataFormatError, require_file

_KEYS = ('boxes_3d', 'scores_3d', 'labels_3d')
_REMEDY = 'write it with tools/test.py CONFIG CHECKPOINT --out FILE'


def load_results(path: str | Path, count: int) -> list[dict[str, Any]]:
    """Read the detections of all frames of a data set.

    Args:
        path: the pickle. Loading one can run code: take such files only from where you trust.
        count: number of frames.

    Returns:
        for each frame ``boxes_3d``, ``scores_3d`` and ``labels_3d``, or these under ``pts_bbox``.

    Raises:
        FileNotFoundError: if it does not exist.
        DataFormatError: if it is no such pickle, or of another number of frames.
    """
    content = require_file(path, 'a pickle of detections').read_bytes()
    try:
        results = pickle.loads(content)
    # Broken bytes can make the unpickler raise anything.
    except Exception as error:
        reason = ' '.join(f'{type(error).__name__}: {error}'.split())
        raise DataFormatError(f'{path} is no complete pickle ({reason}); {_REMEDY}') from error
    if not isinstance(results, list) or not all(map(_is_result, results)):
        kind = f'a {type(results).__name__}' + (' of something else' if results else '')
        raise DataFormatError(
            f'{path} holds {kind}, expected a list with {", ".join(_KEYS)} of each frame; {_REMEDY}'
        )
    if len(results) != count:
        raise DataFormatError(
            f'{path} holds detections of {len(results)} frames, but data.test has {count}: give '
            'the config and --data-root that they were made with'
        )
    return results


def _is_result(result: Any) -> bool:
    if not isinstance(result, Mapping):
        return False
    found = result.get('pts_bbox', result)
    return isinstance(found, Mapping) and all(key in found for key in _KEYS)
