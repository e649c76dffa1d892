_base_ = './hv_pointpillars_fpn_sbn-all_4x8_2x_nus-3d.py'

# A quarter of the teacher's parameters and multiply-adds: every width halved. Its neck is the
# teacher's FPN too, whatever the name of this file says, which is the released one.
model = dict(
    pts_voxel_encoder=dict(feat_channels=[32, 32]),
    pts_middle_encoder=dict(in_channels=32),
    pts_backbone=dict(in_channels=32, out_channels=[32, 64, 128]),
    pts_neck=dict(in_channels=[32, 64, 128], out_channels=128),
    pts_bbox_head=dict(in_channels=128, feat_channels=128),
    train_cfg=dict(
        kd_cfg=dict(
            type='MVXFasterRCNN',
            compression_ratio=4,
            num_voxels=256,
            kneighbours=128,
            temperature=1e-4)))

teacher = dict(
    config='configs/pointpillars/hv_pointpillars_fpn_sbn-all_fp16_2x8_2x_nus-3d.py',
    checkpoint='pretrain/hv_pointpillars_fpn_sbn-all_fp16_2x8_2x_nus-3d_20201021_120719-269f9dd6.pth')
