# Frames, augmentation and schedule of the small trainings: a shorter range, and minutes on two cores.
_base_ = [
    './datasets/kitti-3d-3class.py',
    './schedules/cyclic_40e.py',
    './default_runtime.py',
]

data_root = 'work_dirs/quickstart/data/'
class_names = ['Pedestrian', 'Cyclist', 'Car']
point_cloud_range = [0, -20.48, -3, 40.96, 20.48, 1]

db_sampler = dict(
    data_root=data_root,
    info_path=data_root + 'kitti_dbinfos_train.pkl',
    rate=1.0,
    prepare=dict(
        filter_by_difficulty=[-1],
        filter_by_min_points=dict(Car=5, Pedestrian=5, Cyclist=5)),
    classes=class_names,
    sample_groups=dict(Car=6, Pedestrian=4, Cyclist=4))
train_pipeline = [
    dict(type='LoadPointsFromFile', coord_type='LIDAR', load_dim=4, use_dim=4),
    dict(type='LoadAnnotations3D', with_bbox_3d=True, with_label_3d=True),
    dict(type='ObjectSample', db_sampler=db_sampler),
    # Neither turned nor scaled: in so few passes the scenes are best learnt as they are.
    dict(type='RandomFlip3D', flip_ratio_bev_horizontal=0.5),
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
            dict(type='PointsRangeFilter', point_cloud_range=point_cloud_range),
            dict(type='DefaultFormatBundle3D', class_names=class_names, with_label=False),
            dict(type='Collect3D', keys=['points']),
        ]),
]
data = dict(
    samples_per_gpu=2,  # small batches: many steps count for more than smooth ones here
    workers_per_gpu=1,
    train=dict(
        times=1,
        dataset=dict(
            data_root=data_root,
            ann_file=data_root + 'kitti_infos_train.pkl',
            pipeline=train_pipeline)),
    val=dict(
        data_root=data_root,
        ann_file=data_root + 'kitti_infos_val.pkl',
        pipeline=test_pipeline),
    test=dict(
        data_root=data_root,
        ann_file=data_root + 'kitti_infos_val.pkl',
        pipeline=test_pipeline))

lr = 0.0005
optimizer = dict(lr=lr)
optimizer_config = dict(grad_clip=dict(max_norm=35, norm_type=2))
runner = dict(max_epochs=10)
evaluation = dict(interval=10)
checkpoint_config = dict(interval=5, max_keep_ckpts=1)
log_config = dict(interval=10)
