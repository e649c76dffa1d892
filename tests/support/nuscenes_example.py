"""An entry of mmdetection3d's nuScenes info files, for checkouts that lack the reference's."""


def info_example() -> dict:
    """One key frame with three objects, their boxes in the convention of before v1.0.

    That is centre, width, length, height, and the yaw counted clockwise from the scanner's -y. The
    car has one camera that looks ahead, and the scanner's x points to the right, its y ahead.
    """
    at_rest = {
        'ego2global_translation': [100.0, 200.0, 0.0],
        'ego2global_rotation': [1.0, 0.0, 0.0, 0.0],
        'timestamp': 1_500_000_000_000_000,
    }
    return {
        'lidar_path': 'samples/LIDAR_TOP/cloud.pcd.bin',
        'token': 'sample',
        'sweeps': [],
        'cams': {'CAM_FRONT': _camera_ahead(at_rest)},
        'lidar2ego_translation': [0.94, 0.0, 1.84],
        'lidar2ego_rotation': [0.5**0.5, 0.0, 0.0, -(0.5**0.5)],
        **at_rest,
        'gt_boxes': [
            [-7.6, -8.8, -1.1, 1.7, 4.3, 1.5, -1.9],
            [5.0, 9.0, -0.9, 0.6, 0.8, 1.8, 0.4],
            [30.0, 1.0, -0.8, 1.8, 4.5, 1.6, 1.5],
        ],
        'gt_names': ['car', 'pedestrian', 'car'],
        'gt_velocity': [[0.7, 0.2], [0.0, 0.0], [1.0, -2.0]],
        'num_lidar_pts': [169, 3, 0],
        'num_radar_pts': [4, 0, 1],
        'valid_flag': [True, True, True],
    }


def _camera_ahead(at_rest: dict) -> dict:
    return {
        'data_path': 'samples/CAM_FRONT/picture.jpg',
        'type': 'CAM_FRONT',
        'sample_data_token': 'picture',
        'sensor2ego_translation': [1.7, 0.0, 1.51],
        'sensor2ego_rotation': [0.5, -0.5, 0.5, -0.5],
        **at_rest,
        'sensor2lidar_rotation': [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]],
        'sensor2lidar_translation': [0.0, 0.76, -0.33],
        'cam_intrinsic': [[1266.0, 0.0, 816.0], [0.0, 1266.0, 491.0], [0.0, 0.0, 1.0]],
    }
