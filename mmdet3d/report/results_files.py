"""Detections as ``tools/test.py --out`` writes them."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from mmdet3d.core.bbox import CameraInstance3DBoxes, LiDARInstance3DBoxes
from mmdet3d.datasets.files import DataFormatError, require_file
from mmdet3d.utils.unpickling import load_plain

_KEYS = ('boxes_3d', 'scores_3d', 'labels_3d')


def _load_storage(content: bytes) -> Any:
    """Load the numbers of a tensor, which torch pickles as a file of its own."""
    return torch.load(io.BytesIO(content), weights_only=True)


# What detections hold besides plain objects. The boxes' modules are those of mmdetection3d v1.0.
_NAMES = {
    ('torch._utils', '_rebuild_tensor_v2'): torch._utils._rebuild_tensor_v2,
    ('torch.storage', '_load_from_bytes'): _load_storage,
    **{
        (kind.__module__, kind.__name__): kind
        for kind in (CameraInstance3DBoxes, LiDARInstance3DBoxes)
    },
}
_REMEDY = 'write it with tools/test.py CONFIG CHECKPOINT --out FILE'


def load_results(path: str | Path, count: int) -> list[dict[str, Any]]:
    """Read the detections of all frames of a data set.

    Args:
        path: the pickle. Nothing that it asks for is run: it may hold boxes, tensors, arrays and
            plain objects.
        count: number of frames.

    Returns:
        for each frame ``boxes_3d``, ``scores_3d`` and ``labels_3d``, or these under ``pts_bbox``.

    Raises:
        FileNotFoundError: if it does not exist.
        DataFormatError: if it is no such pickle, or of another number of frames.
    """
    content = require_file(path, 'a pickle of detections').read_bytes()
    try:
        results = load_plain(content, _NAMES)
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
