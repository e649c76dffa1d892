_base_ = './second.py'

# A sixteenth of the parameters and multiply-adds of the teacher: every width quartered.
model = dict(
    middle_encoder=dict(
        base_channels=2,
        output_channels=16,
        encoder_channels=((2,), (4, 4, 4), (8, 8, 8))),
    backbone=dict(in_channels=32, out_channels=[16, 32]),
    neck=dict(in_channels=[16, 32], out_channels=[32, 32]),
    bbox_head=dict(in_channels=64, feat_channels=64),
    train_cfg=dict(
        kd_cfg=dict(
            type='SECOND',
            compression_ratio=16,
            num_voxels=256,
            kneighbours=128,
            temperature=1e-4)))

teacher = dict(
    config='configs/effect/second.py', checkpoint='work_dirs/gain/second/teacher/latest.pth')
