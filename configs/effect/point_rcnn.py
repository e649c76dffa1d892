# PointRCNN made to train on two cores: the quickstart's frames, an eighth of the points and half
# the channels of the real teacher.
_base_ = ['../_base_/models/point_rcnn.py', '../_base_/quickstart.py']

class_names = ['Pedestrian', 'Cyclist', 'Car']
point_cloud_range = [0, -20.48, -3, 40.96, 20.48, 1]
num_points = 2048

model = dict(
    backbone=dict(
        num_points=(512, 128, 64, 32),
        num_samples=((8, 16), (8, 16), (8, 16), (8, 16)),
        sa_channels=(
            ((8, 8, 16), (16, 16, 32)),
            ((32, 32, 64), (32, 48, 64)),
            ((64, 98, 128), (64, 98, 128)),
            ((128, 128, 256), (128, 192, 256)))),
    neck=dict(
        fp_channels=((768, 256, 256), (384, 256, 256), (304, 128, 128), (129, 64, 64))),
    rpn_head=dict(
        pred_layer_cfg=dict(
            in_channels=64, cls_linear_channels=(128, 128), reg_linear_channels=(128, 128)),
        bbox_coder=dict(mean_size=[[0.8, 0.6, 1.73], [1.76, 0.6, 1.73], [3.9, 1.6, 1.56]])),
    roi_head=dict(
        point_roi_extractor=dict(roi_layer=dict(num_sampled_points=64)),
        bbox_head=dict(
            pred_layer_cfg=dict(
                in_channels=256, cls_conv_channels=(128, 128), reg_conv_channels=(128, 128)),
            mlp_channels=[64, 64],
            num_points=(32, 16, -1),
            sa_channels=((64, 64, 64), (64, 64, 128), (128, 128, 256)))),
    train_cfg=dict(
        rpn=dict(nms_cfg=dict(nms_pre=2048, nms_post=128)), rcnn=dict(sampler=dict(num=64))),
    test_cfg=dict(rpn=dict(nms_cfg=dict(nms_pre=2048, nms_post=128))))

train_pipeline = [
    dict(type='LoadPointsFromFile', coord_type='LIDAR', load_dim=4, use_dim=4),
    dict(type='LoadAnnotations3D', with_bbox_3d=True, with_label_3d=True),
    dict(type='ObjectSample', db_sampler={{_base_.db_sampler}}),
    dict(type='RandomFlip3D', flip_ratio_bev_horizontal=0.5),
    dict(type='PointsRangeFilter', point_cloud_range=point_cloud_range),
    dict(type='ObjectRangeFilter', point_cloud_range=point_cloud_range),
    dict(type='PointSample', num_points=num_points, sample_range=20.0),
    dict(type='PointShuffle'),
    dict(type='DefaultFormatBundle3D', class_names=class_names),
    dict(type='Collect3D', keys=['points', 'gt_bboxes_3d', 'gt_labels_3d']),
]
test_pipeline = [
    dict(type='LoadPointsFromFile', coord_type='LIDAR', load_dim=4, use_dim=4),
    dict(
        type='MultiScaleFlipAug3D',
        img_scale=(1333, 800),
        pts_scale_ratio=1,
        flip=False,
        transforms=[
            dict(type='PointsRangeFilter', point_cloud_range=point_cloud_range),
            dict(type='PointSample', num_points=num_points, sample_range=20.0),
            dict(type='DefaultFormatBundle3D', class_names=class_names, with_label=False),
            dict(type='Collect3D', keys=['points']),
        ]),
]
data = dict(
    train=dict(dataset=dict(pipeline=train_pipeline)),
    val=dict(pipeline=test_pipeline),
    test=dict(pipeline=test_pipeline))
