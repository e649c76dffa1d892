_base_ = './point_rcnn_2x8_kitti-3d-3classes.py'

# An eighth of the teacher's parameters and multiply-adds: every width divided by the root of 8.
model = dict(
    backbone=dict(
        sa_channels=(
            ((5, 5, 11), (11, 11, 22)),
            ((22, 22, 45), (22, 34, 45)),
            ((45, 70, 91), (45, 70, 91)),
            ((91, 91, 182), (91, 137, 182)))),
    neck=dict(fp_channels=((546, 182, 182), (272, 182, 182), (215, 91, 91), (92, 45, 45))),
    rpn_head=dict(
        pred_layer_cfg=dict(
            in_channels=45, cls_linear_channels=(91, 91), reg_linear_channels=(91, 91))),
    roi_head=dict(
        bbox_head=dict(
            pred_layer_cfg=dict(
                in_channels=182, cls_conv_channels=(91, 91), reg_conv_channels=(91, 91)),
            mlp_channels=[45, 45],
            sa_channels=((45, 45, 45), (45, 45, 91), (91, 91, 182)))),
    train_cfg=dict(kd_cfg=dict(type='PointRCNN', compression_ratio=8)))

teacher = dict(
    config='configs/point_rcnn/point_rcnn_2x8_kitti-3d-3classes.py',
    checkpoint='pretrain/point_rcnn_2x8_kitti-3d-3classes_20211208_151344.pth')
