"""LiDAR 3D detection, compatible with mmdetection3d v1.0 and without its binary dependencies."""

import mmcv_patched  # noqa: F401  (has to come before anything that imports mmcv.ops or mmdet)
from mmdet3d.version import __version__

__all__ = ['__version__']
