# PointPillars on data of one's own in KITTI's layout, with classes of one's own: docs/own_data.md.
# Whatever has one entry per class lists them in the order of class_names.
_base_ = [
    '../_base_/models/hv_pointpillars_secfpn_kitti.py',
    '../_base_/schedules/cyclic_40e.py',
    '../_base_/default_runtime.py',
]

dataset_type = 'KittiDataset'
data_root = 'data/own/'
class_names = ['Bus', 'Scooter']
# x forward, y left, z up from the sensor, in metres. Both sides are whole numbers of voxels, and
# those whole multiples of 8 (here 432 and 496), by which the backbone shrinks the map.
point_cloud_range = [0, -39.68, -3, 69.12, 39.68, 1]
voxel_size = [0.16, 0.16, 4]
load_dim = 4  # float32 values of each point: x, y, z and intensity

model = dict(
    voxel_layer=dict(point_cloud_range=point_cloud_range, voxel_size=voxel_size),
    voxel_encoder=dict(
        in_channels=load_dim, point_cloud_range=point_cloud_range, voxel_size=voxel_size),
    middle_encoder=dict(output_shape=[496, 432]),  # voxels along y and x
    bbox_head=dict(
        num_classes=len(class_names),
        anchor_generator=dict(
            # The range again, with the height of each class's bottom twice.
            ranges=[
                [0, -39.68, -1.7, 69.12, 39.68, -1.7],  # Bus
                [0, -39.68, -1.7, 69.12, 39.68, -1.7],  # Scooter
            ],
            # Length, width and height of a typical object.
            sizes=[
                [11.0, 2.9, 3.2],  # Bus
                [1.8, 0.7, 1.6],  # Scooter
            ])),
    train_cfg=dict(
        # Least overlap of an anchor that is to find an object, and greatest of one that is not.
        assigner=[
            dict(  # Bus
                type='MaxIoUAssigner',
                iou_calculator=dict(type='BboxOverlapsNearest3D'),
                pos_iou_thr=0.6,
                neg_iou_thr=0.45,
                min_pos_iou=0.45,
                ignore_iof_thr=-1),
            dict(  # Scooter
                type='MaxIoUAssigner',
                iou_calculator=dict(type='BboxOverlapsNearest3D'),
                pos_iou_thr=0.5,
                neg_iou_thr=0.35,
                min_pos_iou=0.35,
                ignore_iof_thr=-1),
        ]))

load_points = dict(
    type='LoadPointsFromFile', coord_type='LIDAR', load_dim=load_dim, use_dim=load_dim)
db_sampler = dict(
    data_root=data_root,
    info_path=data_root + 'own_dbinfos_train.pkl',
    rate=1.0,
    prepare=dict(filter_by_difficulty=[-1], filter_by_min_points=dict(Bus=5, Scooter=5)),
    classes=class_names,
    sample_groups=dict(Bus=6, Scooter=6))
train_pipeline = [
    load_points,
    dict(type='LoadAnnotations3D', with_bbox_3d=True, with_label_3d=True),
    dict(type='ObjectSample', db_sampler=db_sampler),
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
    load_points,
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
tested = dict(
    type=dataset_type,
    data_root=data_root,
    ann_file=data_root + 'own_infos_val.pkl',
    split='training',
    pts_prefix='velodyne_reduced',
    pipeline=test_pipeline,
    modality=dict(use_lidar=True, use_camera=False),
    classes=class_names,
    # Strict and loose least overlap of a match.
    min_overlaps=dict(Bus=(0.7, 0.5), Scooter=(0.5, 0.25)),
    test_mode=True)
data = dict(
    samples_per_gpu=6,
    workers_per_gpu=4,
    train=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file=data_root + 'own_infos_train.pkl',
        split='training',
        pts_prefix='velodyne_reduced',
        pipeline=train_pipeline,
        modality=dict(use_lidar=True, use_camera=False),
        classes=class_names,
        test_mode=False),
    val=tested,
    test=tested)

evaluation = dict(interval=1, save_best='auto')
runner = dict(max_epochs=80)
