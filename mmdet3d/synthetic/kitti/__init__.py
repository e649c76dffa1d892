"""Made-up LiDAR data in KITTI's format: street scenes, scanned by a simulated HDL-64E."""

from mmdet3d.synthetic.kitti.create import create_synthetic_kitti

__all__ = ['create_synthetic_kitti']
