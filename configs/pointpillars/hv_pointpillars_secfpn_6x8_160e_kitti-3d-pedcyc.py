# Pedestrians and cyclists, the second of PointPillars' two networks on KITTI; the first is for cars.
# Range, stride and anchors are those of PointPillars' own settings for these two classes: they are
# small and near, so a shorter range is seen on a map of twice the resolution.
_base_ = './hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class.py'

point_cloud_range = [0, -19.84, -2.5, 47.36, 19.84, 0.5]
voxel_size = [0.16, 0.16, 3]
data_root = 'data/kitti/'
class_names = ['Pedestrian', 'Cyclist']

assigner = dict(
    type='MaxIoUAssigner',
    iou_calculator=dict(type='BboxOverlapsNearest3D'),
    pos_iou_thr=0.5,
    neg_iou_thr=0.35,
    min_pos_iou=0.35,
    ignore_iof_thr=-1)
model = dict(
    voxel_layer=dict(point_cloud_range=point_cloud_range, voxel_size=voxel_size),
    voxel_encoder=dict(point_cloud_range=point_cloud_range, voxel_size=voxel_size),
    middle_encoder=dict(output_shape=[248, 296]),
    backbone=dict(layer_strides=[1, 2, 2]),
    bbox_head=dict(
        num_classes=2,
        anchor_generator=dict(
            ranges=[[0, -19.84, -1.465, 47.36, 19.84, -1.465]] * 2,
            sizes=[[0.8, 0.6, 1.73], [1.76, 0.6, 1.73]])),
    train_cfg=dict(assigner=[assigner] * 2))

db_sampler = dict(
    data_root=data_root,
    info_path=data_root + 'kitti_dbinfos_train.pkl',
    rate=1.0,
    prepare=dict(filter_by_difficulty=[-1], filter_by_min_points=dict(Pedestrian=5, Cyclist=5)),
    classes=class_names,
    sample_groups=dict(Pedestrian=15, Cyclist=15))
train_pipeline = [
    dict(type='LoadPointsFromFile', coord_type='LIDAR', load_dim=4, use_dim=4),
    dict(type='LoadAnnotations3D', with_bbox_3d=True, with_label_3d=True),
    dict(type='ObjectSample', db_sampler=db_sampler, use_ground_plane=False),
    dict(type='RandomFlip3D', flip_ratio_bev_horizontal=0.5),
    dict(
        type='GlobalRotScaleTrans',
        rot_range=[-0.78539816, 0.78539816],
        scale_ratio_range=[0.95, 1.05]),
    dict(type='PointsRangeFilter', point_cloud_range=point_cloud_range),
    dict(type='ObjectRangeFilter', point_cloud_range=point_cloud_range),
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
            dict(
                type='GlobalRotScaleTrans',
                rot_range=[0, 0],
                scale_ratio_range=[1.0, 1.0],
                translation_std=[0, 0, 0]),
            dict(type='RandomFlip3D'),
            dict(type='PointsRangeFilter', point_cloud_range=point_cloud_range),
            dict(type='DefaultFormatBundle3D', class_names=class_names, with_label=False),
            dict(type='Collect3D', keys=['points']),
        ]),
]
data = dict(
    train=dict(dataset=dict(pipeline=train_pipeline, classes=class_names)),
    val=dict(pipeline=test_pipeline, classes=class_names),
    test=dict(pipeline=test_pipeline, classes=class_names))
