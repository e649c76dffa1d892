_base_ = './hv_second_secfpn_6x8_80e_kitti-3d-3class.py'

# A quarter of the teacher's parameters and multiply-adds: every width halved.
model = dict(
    middle_encoder=dict(
        base_channels=8,
        output_channels=64,
        encoder_channels=((8,), (16, 16, 16), (32, 32, 32), (32, 32, 32)),
        encoder_paddings=((1,), (1, 1, 1), (1, 1, 1), ((0, 1, 1), 1, 1))),
    backbone=dict(in_channels=128, out_channels=[64, 128]),
    neck=dict(in_channels=[64, 128], out_channels=[128, 128]),
    bbox_head=dict(in_channels=256, feat_channels=256),
    train_cfg=dict(
        kd_cfg=dict(
            type='SECOND',
            compression_ratio=4,
            num_voxels=256,
            kneighbours=256,
            temperature=1e-2)))

teacher = dict(
    config='configs/second/hv_second_secfpn_6x8_80e_kitti-3d-3class.py',
    checkpoint='pretrain/hv_second_secfpn_6x8_80e_kitti-3d-3class_20200620_230238-9208083a.pth')
