"""Fetching files, which lives in :mod:`mmcv_patched.download`, under its earlier name."""

from mmdet3d.utils.moved import moved

__getattr__ = moved(
    __name__,
    dict.fromkeys(('download', 'file_sha256', 'verify_sha256_prefix'), 'mmcv_patched.download'),
)
