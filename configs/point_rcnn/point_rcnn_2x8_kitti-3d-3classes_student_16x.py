_base_ = './point_rcnn_2x8_kitti-3d-3classes.py'

# A sixteenth of the teacher's parameters and multiply-adds: every width quartered.
model = dict(
    backbone=dict(
        sa_channels=(
            ((4, 4, 8), (8, 8, 16)),
            ((16, 16, 32), (16, 24, 32)),
            ((32, 49, 64), (32, 49, 64)),
            ((64, 64, 128), (64, 96, 128)))),
    neck=dict(fp_channels=((384, 128, 128), (192, 128, 128), (152, 64, 64), (65, 32, 32))),
    rpn_head=dict(
        pred_layer_cfg=dict(
            in_channels=32, cls_linear_channels=(64, 64), reg_linear_channels=(64, 64))),
    roi_head=dict(
        bbox_head=dict(
            pred_layer_cfg=dict(
                in_channels=128, cls_conv_channels=(64, 64), reg_conv_channels=(64, 64)),
            mlp_channels=[32, 32],
            sa_channels=((32, 32, 32), (32, 32, 64), (64, 64, 128)))),
    train_cfg=dict(kd_cfg=dict(type='PointRCNN', compression_ratio=16)))

teacher = dict(
    config='configs/point_rcnn/point_rcnn_2x8_kitti-3d-3classes.py',
    checkpoint='pretrain/point_rcnn_2x8_kitti-3d-3classes_20211208_151344.pth')
