_base_ = './hv_pointpillars_secfpn_6x8_160e_kitti-3d-pedcyc.py'

# A quarter of the teacher's parameters and multiply-adds: every width halved.
model = dict(
    voxel_encoder=dict(feat_channels=[32]),
    middle_encoder=dict(in_channels=32),
    backbone=dict(in_channels=32, out_channels=[32, 64, 128]),
    neck=dict(in_channels=[32, 64, 128], out_channels=[64, 64, 64]),
    bbox_head=dict(in_channels=192, feat_channels=192),
    train_cfg=dict(
        kd_cfg=dict(
            type='PointPillars',
            compression_ratio=4,
            num_voxels=6000,
            kneighbours=128,
            temperature=1e-2)))

# No weights are published: train the teacher first.
teacher = dict(
    config='configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-pedcyc.py',
    checkpoint='work_dirs/hv_pointpillars_secfpn_6x8_160e_kitti-3d-pedcyc/latest.pth')
