_base_ = './pointpillars_3class.py'

# A quarter of the parameters and multiply-adds of the quickstart's teacher: every width halved.
model = dict(
    voxel_encoder=dict(feat_channels=[16]),
    middle_encoder=dict(in_channels=16),
    backbone=dict(in_channels=16, out_channels=[16, 32, 64]),
    neck=dict(in_channels=[16, 32, 64], out_channels=[32, 32, 32]),
    bbox_head=dict(in_channels=96, feat_channels=96),
    train_cfg=dict(
        kd_cfg=dict(
            type='PointPillars',
            compression_ratio=4,
            num_voxels=1000,
            kneighbours=32,
            temperature=1e-2)))

# Shorter than the teacher's training, which the students can then hope to reach.
runner = dict(max_epochs=4)

teacher = dict(
    config='configs/quickstart/pointpillars_3class.py',
    checkpoint='work_dirs/quickstart/teacher/latest.pth')
