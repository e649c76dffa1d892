"""Helpers shared by the packages of ``mmdet3d.core``."""

from mmdet3d.core.utils.tensor_rows import TensorRows, float_rows

__all__ = ['TensorRows', 'float_rows']
