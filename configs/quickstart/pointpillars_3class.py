# PointPillars made to train in minutes on two cores: a shorter range, wider pillars and half the
# channels of the real teacher. Everything else is inherited.
_base_ = ['../_base_/models/hv_pointpillars_secfpn_kitti.py', '../_base_/quickstart.py']

point_cloud_range = [0, -20.48, -3, 40.96, 20.48, 1]
voxel_size = [0.32, 0.32, 4]

model = dict(
    voxel_layer=dict(point_cloud_range=point_cloud_range, voxel_size=voxel_size),
    voxel_encoder=dict(
        feat_channels=[32], point_cloud_range=point_cloud_range, voxel_size=voxel_size),
    middle_encoder=dict(in_channels=32, output_shape=[128, 128]),
    backbone=dict(in_channels=32, out_channels=[32, 64, 128]),
    neck=dict(in_channels=[32, 64, 128], out_channels=[64, 64, 64]),
    bbox_head=dict(
        in_channels=192,
        feat_channels=192,
        anchor_generator=dict(
            ranges=[
                [0, -20.48, -0.6, 40.96, 20.48, -0.6],
                [0, -20.48, -0.6, 40.96, 20.48, -0.6],
                [0, -20.48, -1.78, 40.96, 20.48, -1.78],
            ])))
