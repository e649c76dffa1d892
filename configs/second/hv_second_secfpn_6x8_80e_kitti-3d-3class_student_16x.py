_base_ = './hv_second_secfpn_6x8_80e_kitti-3d-3class.py'

# A sixteenth of the teacher's parameters and multiply-adds: every width quartered.
model = dict(
    middle_encoder=dict(
        base_channels=4,
        output_channels=32,
        encoder_channels=((4,), (8, 8, 8), (16, 16, 16), (16, 16, 16)),
        encoder_paddings=((1,), (1, 1, 1), (1, 1, 1), ((0, 1, 1), 1, 1))),
    backbone=dict(in_channels=64, out_channels=[32, 64]),
    neck=dict(in_channels=[32, 64], out_channels=[64, 64]),
    bbox_head=dict(in_channels=128, feat_channels=128),
    train_cfg=dict(
        kd_cfg=dict(
            type='SECOND',
            compression_ratio=16,
            num_voxels=256,
            kneighbours=128,
            temperature=1e-4)))

teacher = dict(
    config='configs/second/hv_second_secfpn_6x8_80e_kitti-3d-3class.py',
    checkpoint='pretrain/hv_second_secfpn_6x8_80e_kitti-3d-3class_20200620_230238-9208083a.pth')
