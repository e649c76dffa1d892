"""The distillation losses, a file each."""

from mmdet3d.models.kd.losses.local_graph import LocalGraph

__all__ = ['LocalGraph']
