_base_ = './point_rcnn.py'

# A sixteenth of the parameters and multiply-adds of the teacher: every width quartered.
model = dict(
    backbone=dict(
        sa_channels=(
            ((2, 2, 4), (4, 4, 8)),
            ((8, 8, 16), (8, 12, 16)),
            ((16, 24, 32), (16, 24, 32)),
            ((32, 32, 64), (32, 48, 64)))),
    neck=dict(fp_channels=((192, 64, 64), (96, 64, 64), (76, 32, 32), (33, 16, 16))),
    rpn_head=dict(
        pred_layer_cfg=dict(
            in_channels=16, cls_linear_channels=(32, 32), reg_linear_channels=(32, 32))),
    roi_head=dict(
        bbox_head=dict(
            pred_layer_cfg=dict(
                in_channels=64, cls_conv_channels=(32, 32), reg_conv_channels=(32, 32)),
            mlp_channels=[16, 16],
            sa_channels=((16, 16, 16), (16, 16, 32), (32, 32, 64)))),
    train_cfg=dict(kd_cfg=dict(type='PointRCNN', compression_ratio=16)))

teacher = dict(
    config='configs/effect/point_rcnn.py',
    checkpoint='work_dirs/gain/point_rcnn/teacher/latest.pth')
