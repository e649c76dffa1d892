"""Made-up LiDAR data in KITTI's and nuScenes' formats: scenes, simulated scanners and a camera."""

from mmdet3d.synthetic.kitti.create import create_synthetic_kitti
from mmdet3d.synthetic.nuscenes import create_synthetic_nuscenes

__all__ = ['create_synthetic_kitti', 'create_synthetic_nuscenes']
