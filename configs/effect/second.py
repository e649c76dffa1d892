# SECOND made to train on two cores: the quickstart's frames, wider voxels, half the channels of the
# real teacher, and one stage less, so that a cell of the map is 0.64 m wide: the real one's 0.4 m are
# eight of its voxels, and eight of these would be wider than a pedestrian.
_base_ = ['../_base_/models/hv_second_secfpn_kitti.py', '../_base_/quickstart.py']

point_cloud_range = [0, -20.48, -3, 40.96, 20.48, 1]

model = dict(
    voxel_layer=dict(point_cloud_range=point_cloud_range, voxel_size=[0.16, 0.16, 0.2]),
    middle_encoder=dict(
        sparse_shape=[21, 256, 256],
        base_channels=8,
        output_channels=64,
        encoder_channels=((8,), (16, 16, 16), (32, 32, 32)),
        encoder_paddings=((1,), (1, 1, 1), ((0, 1, 1), 1, 1))),
    backbone=dict(in_channels=128, out_channels=[64, 128]),
    neck=dict(in_channels=[64, 128], out_channels=[128, 128]),
    bbox_head=dict(
        in_channels=256,
        feat_channels=256,
        anchor_generator=dict(
            ranges=[
                [0, -20.48, -0.6, 40.96, 20.48, -0.6],
                [0, -20.48, -0.6, 40.96, 20.48, -0.6],
                [0, -20.48, -1.78, 40.96, 20.48, -1.78],
            ])))
