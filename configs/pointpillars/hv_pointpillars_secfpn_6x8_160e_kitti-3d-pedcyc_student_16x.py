_base_ = './hv_pointpillars_secfpn_6x8_160e_kitti-3d-pedcyc.py'

# A sixteenth of the teacher's parameters and multiply-adds: every width quartered.
model = dict(
    voxel_encoder=dict(feat_channels=[16]),
    middle_encoder=dict(in_channels=16),
    backbone=dict(in_channels=16, out_channels=[16, 32, 64]),
    neck=dict(in_channels=[16, 32, 64], out_channels=[32, 32, 32]),
    bbox_head=dict(in_channels=96, feat_channels=96),
    train_cfg=dict(
        kd_cfg=dict(
            type='PointPillars',
            compression_ratio=16,
            num_voxels=12000,
            kneighbours=128,
            temperature=1e-4)))

# No weights are published: train the teacher first.
teacher = dict(
    config='configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-pedcyc.py',
    checkpoint='work_dirs/hv_pointpillars_secfpn_6x8_160e_kitti-3d-pedcyc/latest.pth')
