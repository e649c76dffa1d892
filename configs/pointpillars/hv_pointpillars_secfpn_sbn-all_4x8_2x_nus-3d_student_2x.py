_base_ = './hv_pointpillars_fpn_sbn-all_4x8_2x_nus-3d.py'

# Half the teacher's parameters and multiply-adds: every width divided by the square root of 2. Its
# neck is the teacher's FPN too, whatever the name of this file says, which is the released one.
model = dict(
    pts_voxel_encoder=dict(feat_channels=[45, 45]),
    pts_middle_encoder=dict(in_channels=45),
    pts_backbone=dict(in_channels=45, out_channels=[45, 91, 182]),
    pts_neck=dict(in_channels=[45, 91, 182], out_channels=182),
    pts_bbox_head=dict(in_channels=182, feat_channels=182),
    train_cfg=dict(
        kd_cfg=dict(
            type='MVXFasterRCNN',
            compression_ratio=2,
            out_channels=182,  # as the neck; 256 / sqrt(2) would be 181
            num_voxels=256,
            kneighbours=128,
            temperature=1e-4)))

teacher = dict(
    config='configs/pointpillars/hv_pointpillars_fpn_sbn-all_fp16_2x8_2x_nus-3d.py',
    checkpoint='pretrain/hv_pointpillars_fpn_sbn-all_fp16_2x8_2x_nus-3d_20201021_120719-269f9dd6.pth')
