_base_ = '../quickstart/pointpillars_3class.py'

# A sixteenth of the parameters and multiply-adds of the quickstart's teacher: every width a quarter.
model = dict(
    voxel_encoder=dict(feat_channels=[8]),
    middle_encoder=dict(in_channels=8),
    backbone=dict(in_channels=8, out_channels=[8, 16, 32]),
    neck=dict(in_channels=[8, 16, 32], out_channels=[16, 16, 16]),
    bbox_head=dict(in_channels=48, feat_channels=48),
    train_cfg=dict(
        kd_cfg=dict(
            type='PointPillars',
            compression_ratio=16,
            num_voxels=1000,
            kneighbours=32,
            temperature=1e-2)))

runner = dict(max_epochs=8)

teacher = dict(
    config='configs/quickstart/pointpillars_3class.py',
    checkpoint='work_dirs/quickstart/teacher/latest.pth')
