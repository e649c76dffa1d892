"""Options that shrink the shipped configs to what a test can afford."""

from mmdet3d.utils.config import load_config

RANGE = [0, -20.48, -3, 40.96, 20.48, 1]


def small_scene() -> dict:
    """PointPillars on a quarter of the range, with pillars of twice the size: 128 x 128 cells."""
    return {
        **_range([0.32, 0.32, 4]),
        'model.voxel_encoder.voxel_size': [0.32, 0.32, 4],
        'model.voxel_encoder.point_cloud_range': RANGE,
        'model.middle_encoder.output_shape': [128, 128],
    }


def small_second_scene() -> dict:
    """SECOND on a quarter of the range, with wide voxels: 256 x 256 x 40 cells, maps of 32 x 32."""
    return {**_range([0.16, 0.16, 0.1]), 'model.middle_encoder.sparse_shape': [41, 256, 256]}


def _range(voxel_size: list[float]) -> dict:
    ground = {'Pedestrian': -0.6, 'Cyclist': -0.6, 'Car': -1.78}
    return {
        'model.voxel_layer.voxel_size': voxel_size,
        'model.voxel_layer.point_cloud_range': RANGE,
        'model.bbox_head.anchor_generator.ranges': [
            [*RANGE[:2], z, *RANGE[3:5], z] for z in ground.values()
        ],
    }


def widths(channels: int) -> dict:
    """PointPillars ``channels`` wide where the teacher has 64, with shallow stages."""
    c = channels
    return {
        'model.voxel_encoder.feat_channels': [c],
        'model.middle_encoder.in_channels': c,
        'model.backbone.in_channels': c,
        'model.backbone.out_channels': [c, 2 * c, 4 * c],
        'model.backbone.layer_nums': [1, 1, 1],
        'model.neck.in_channels': [c, 2 * c, 4 * c],
        'model.neck.out_channels': [2 * c, 2 * c, 2 * c],
        'model.bbox_head.in_channels': 6 * c,
        'model.bbox_head.feat_channels': 6 * c,
    }


def second_widths(channels: int) -> dict:
    """SECOND ``channels`` wide where the teacher has 16, with shallow stages."""
    c = channels
    return {
        'model.middle_encoder.base_channels': c,
        'model.middle_encoder.output_channels': 8 * c,
        'model.middle_encoder.encoder_channels': [[c], [2 * c] * 3, [4 * c] * 3, [4 * c] * 3],
        'model.backbone.in_channels': 16 * c,
        'model.backbone.out_channels': [8 * c, 16 * c],
        'model.backbone.layer_nums': [1, 1],
        'model.neck.in_channels': [8 * c, 16 * c],
        'model.neck.out_channels': [16 * c, 16 * c],
        'model.bbox_head.in_channels': 32 * c,
        'model.bbox_head.feat_channels': 32 * c,
    }


def data(root: str) -> dict:
    """All labelled frames that create_data.py put into ``root`` train and test."""
    infos = f'{root}/kitti_infos_trainval.pkl'
    return {
        **{f'data.{part}.ann_file': infos for part in ('train.dataset', 'val', 'test')},
        'data.train.times': 1,
        **small_batches(),
    }


def small_batches() -> dict:
    """Two frames at a time, loaded by the training process."""
    return {'data.samples_per_gpu': 2, 'data.workers_per_gpu': 0}


def ranges(config: str, limits: list[float] = RANGE) -> dict:
    """Let the filters of a config's training pipeline keep what is in ``limits``."""
    train, place = load_config(config).data.train, 'data.train'
    if 'dataset' in train:
        train, place = train.dataset, f'{place}.dataset'
    return {
        f'{place}.pipeline.{i}.point_cloud_range': limits
        for i, step in enumerate(train.pipeline)
        if 'point_cloud_range' in step
    }


def as_arguments(options: dict) -> list[str]:
    """What follows ``--cfg-options``."""
    return [f'{key}={str(value).replace(" ", "")}' for key, value in options.items()]
