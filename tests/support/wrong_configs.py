"""The shipped configs that tests change one key of."""

PILLARS = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class.py'
PILLARS_CAR = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-car.py'
STUDENT = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class_student_4x.py'
SECOND = 'configs/second/hv_second_secfpn_6x8_80e_kitti-3d-3class.py'
FPN = 'configs/pointpillars/hv_pointpillars_fpn_sbn-all_4x8_2x_nus-3d.py'
POINTS = 'configs/point_rcnn/point_rcnn_2x8_kitti-3d-3classes.py'
