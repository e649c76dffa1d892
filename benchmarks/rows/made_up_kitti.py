"""Generated frames in KITTI's format, made once a process."""

import tempfile
from functools import cache
from pathlib import Path

from mmdet3d.datasets.kitti import create_kitti_data
from mmdet3d.synthetic import create_synthetic_kitti

FRAMES = 12


@cache
def raw_data() -> Path:
    """Return the folder of a raw data set with ``FRAMES`` frames to train on."""
    folder = _folder() / 'raw'
    create_synthetic_kitti(folder, train=FRAMES, val=1, test=0)
    return folder


@cache
def training_data() -> Path:
    """Return the folder of the same frames, as training reads them."""
    folder = _folder() / 'data'
    create_kitti_data(raw_data(), folder, workers=1)
    return folder


@cache
def _temporary() -> tempfile.TemporaryDirectory:
    # Deleted with the process.
    return tempfile.TemporaryDirectory()


def _folder() -> Path:
    return Path(_temporary().name)
