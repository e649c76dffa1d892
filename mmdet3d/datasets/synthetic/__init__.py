"""Made-up LiDAR data in KITTI's format: scenes, a simulated scanner and a simulated camera."""

from mmdet3d.datasets.synthetic.create import create_synthetic_kitti

__all__ = ['create_synthetic_kitti']
