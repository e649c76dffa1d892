"""Options that shrink the shipped PointPillars configs to what a test can afford."""

RANGE = [0, -20.48, -3, 40.96, 20.48, 1]
VOXEL = [0.32, 0.32, 4]


def small_scene() -> dict:
    """A quarter of the range and pillars of twice the size: 128 x 128 cells."""
    ground = {'Pedestrian': -0.6, 'Cyclist': -0.6, 'Car': -1.78}
    ranges = [[*RANGE[:2], z, *RANGE[3:5], z] for z in ground.values()]
    return {
        'model.voxel_layer.voxel_size': VOXEL,
        'model.voxel_layer.point_cloud_range': RANGE,
        'model.voxel_encoder.voxel_size': VOXEL,
        'model.voxel_encoder.point_cloud_range': RANGE,
        'model.middle_encoder.output_shape': [128, 128],
        'model.bbox_head.anchor_generator.ranges': ranges,
    }


def widths(channels: int) -> dict:
    """A network ``channels`` wide where the teacher has 64, with shallow stages."""
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


def data(root: str) -> dict:
    """Data made by create_data.py in ``root``, all of whose labelled frames train and test."""
    infos = f'{root}/kitti_infos_trainval.pkl'
    sampler = 'data.train.dataset.pipeline.2.db_sampler'
    options = {f'data.{part}.data_root': f'{root}/' for part in ('train.dataset', 'val', 'test')}
    options |= {f'data.{part}.ann_file': infos for part in ('train.dataset', 'val', 'test')}
    options |= {
        f'{sampler}.data_root': f'{root}/',
        f'{sampler}.info_path': f'{root}/kitti_dbinfos_train.pkl',
        'data.train.dataset.pipeline.5.point_cloud_range': RANGE,
        'data.train.dataset.pipeline.6.point_cloud_range': RANGE,
        'data.train.times': 1,
        'data.samples_per_gpu': 2,
        'data.workers_per_gpu': 0,
    }
    return options


def as_arguments(options: dict) -> list[str]:
    """What follows ``--cfg-options``."""
    return [f'{key}={str(value).replace(" ", "")}' for key, value in options.items()]
