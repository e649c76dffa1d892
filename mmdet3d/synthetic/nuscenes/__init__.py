"""Made-up LiDAR data in nuScenes' format: short drives, scanned by a simulated HDL-32E."""

from mmdet3d.synthetic.nuscenes.create import create_synthetic_nuscenes

__all__ = ['create_synthetic_nuscenes']
