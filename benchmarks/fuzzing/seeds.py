"""Small valid inputs of every kind that is read."""

import io
from typing import Any

import numpy as np
import torch

LABEL = b"""Car 0.00 0 -1.57 599.41 156.40 629.75 189.25 2.85 2.63 12.34 0.47 1.49 69.44 -1.56
Pedestrian 0.10 1 0.20 387.63 181.54 423.81 203.12 1.67 1.87 0.69 -16.53 2.39 58.49 1.57
DontCare -1 -1 -10 503.89 169.71 590.61 190.13 -1 -1 -1 -1000 -1000 -1000 -10
"""
CALIB = b"""P0: 700 0 600 0 0 700 180 0 0 0 1 0
P2: 721.54 0 609.56 44.86 0 721.54 172.85 0.21 0 0 1 0.003
R0_rect: 1 0 0 0 1 0 0 0 1
Tr_velo_to_cam: 0 -1 0 0 0 0 -1 -0.08 1 0 0 -0.27
Tr_imu_to_velo: 1 0 0 0 0 1 0 0 0 0 1 0
"""
SPLIT = b'000000\n000003\n000008\nscene-1_7\n'
CLASSES = b'Car\nPedestrian\nCyclist\n'
_CAR = [20.0, 4.0, -1.6, 4.0, 1.7, 1.5, 0.3]
_WALKER = [12.0, -3.0, -1.6, 0.8, 0.6, 1.7, 2.0]


def cloud() -> np.ndarray:
    """Points in float32 of shape (120, 4)."""
    rng = np.random.default_rng(0)
    return rng.uniform([0, -40, -3, 0], [70, 40, 1, 1], (120, 4)).astype(np.float32)


def clouds() -> dict[str, bytes]:
    """The points as files, by what their names end in."""
    points = cloud()
    npy = io.BytesIO()
    np.save(npy, points)
    text = '\n'.join(' '.join(map(repr, row)) for row in points.tolist()).encode() + b'\n'
    block = points.T.tobytes()
    packed = b''.join(
        bytes([len(part) - 1]) + part
        for part in (block[i : i + 32] for i in range(0, len(block), 32))
    )
    sizes = np.array([len(packed), len(block)], '<u4').tobytes()
    return {
        '.bin': points.tobytes(),
        '.npy': npy.getvalue(),
        '-ascii.pcd': _pcd_header('ascii') + text,
        '-binary.pcd': _pcd_header('binary') + points.tobytes(),
        '-packed.pcd': _pcd_header('binary_compressed') + sizes + packed,
        '-ascii.ply': _ply_header('ascii') + text,
        '-binary.ply': _ply_header('binary_little_endian') + points.tobytes(),
    }


def _pcd_header(encoding: str) -> bytes:
    return (
        'VERSION 0.7\nFIELDS x y z intensity\nSIZE 4 4 4 4\nTYPE F F F F\nCOUNT 1 1 1 1\n'
        f'WIDTH 120\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS 120\nDATA {encoding}\n'
    ).encode()


def _ply_header(encoding: str) -> bytes:
    properties = ''.join(f'property float {name}\n' for name in ('x', 'y', 'z', 'intensity'))
    return f'ply\nformat {encoding} 1.0\nelement vertex 120\n{properties}end_header\n'.encode()


def kitti_infos() -> list[dict[str, Any]]:
    """Two labelled frames, the second as OpenPCDet writes them."""
    matrix = np.array([[0, -1, 0, 0], [0, 0, -1, -0.1], [1, 0, 0, -0.3], [0, 0, 0, 1]], float)
    camera = np.array([[700, 0, 600, 0], [0, 700, 180, 0], [0, 0, 1, 0], [0, 0, 0, 1]], float)
    infos = []
    for index in range(2):
        image = {'image_idx': index, 'image_shape': np.array([375, 1242], np.int32)}
        image['image_path'] = f'training/image_2/{index:06d}.png'
        path = f'training/velodyne/{index:06d}.bin'
        infos.append(
            {
                'image': image,
                'point_cloud': {'num_features': 4, 'velodyne_path': path},
                'calib': {'P2': camera, 'R0_rect': np.eye(4), 'Tr_velo_to_cam': matrix},
                'annos': kitti_annos(),
            }
        )
    openpcdet = infos[1]
    openpcdet['image'] = {'image_idx': '000001', 'image_shape': np.array([375, 1242], np.int32)}
    openpcdet['point_cloud'] = {'num_features': 4, 'lidar_idx': '000001'}
    openpcdet['calib'] = {'P2': camera, 'R0_rect': np.eye(4), 'Tr_velo_to_cam': matrix}
    openpcdet['annos']['gt_boxes_lidar'] = np.array([_CAR])
    return infos


def kitti_annos() -> dict[str, np.ndarray]:
    """A car and a region that is left out."""
    return {
        'name': np.array(['Car', 'DontCare']),
        'truncated': np.zeros(2),
        'occluded': np.zeros(2, np.int64),
        'alpha': np.zeros(2),
        'bbox': np.array([[500.0, 150, 600, 250], [1, 2, 30, 40]]),
        'dimensions': np.array([[4, 1.5, 1.7], [-1, -1, -1]]),
        'location': np.array([[-4, 1.5, 19.7], [-1000, -1000, -1000]]),
        'rotation_y': np.array([-1.9, -10]),
        'score': np.zeros(2),
        'index': np.array([0, -1], np.int32),
        'group_ids': np.arange(2, dtype=np.int32),
        'difficulty': np.zeros(2, np.int32),
        'num_points_in_gt': np.array([30, -1], np.int32),
    }


def custom_infos() -> list[dict[str, Any]]:
    """Two frames of Custom3DDataset, one of them labelled by a teacher."""
    truth = {'gt_bboxes_3d': np.array([_CAR, _WALKER]), 'gt_names': np.array(['Car', 'Pedestrian'])}
    marks = {'gt_scores': np.array([0.5, 0.9]), 'gt_ignored': np.array([False, True])}
    return [
        {'sample_idx': 0, 'pts_path': 'clouds/0.bin', 'annos': truth},
        {'sample_idx': 'b', 'pts_path': 'clouds/1.bin', 'annos': {**truth, **marks}},
    ]


def nuscenes_infos() -> dict[str, Any]:
    """Two samples, each with a sweep."""
    at_rest = {
        'ego2global_translation': [100.0, 200.0, 0.0],
        'ego2global_rotation': [1.0, 0.0, 0.0, 0.0],
        'timestamp': 1_500_000_000_000_000,
    }
    sweep = {
        'data_path': 'sweeps/LIDAR_TOP/a.pcd.bin',
        'sensor2lidar_rotation': np.eye(3),
        'sensor2lidar_translation': np.zeros(3),
        **at_rest,
    }
    sample = {
        'lidar_path': 'samples/LIDAR_TOP/a.pcd.bin',
        'token': 'a',
        'sweeps': [sweep],
        'lidar2ego_translation': [0.94, 0.0, 1.84],
        'lidar2ego_rotation': [1.0, 0.0, 0.0, 0.0],
        **at_rest,
        'gt_boxes': np.array([_CAR, _WALKER]),
        'gt_names': np.array(['car', 'pedestrian']),
        'gt_velocity': np.zeros((2, 2)),
        'num_lidar_pts': np.array([5, 7]),
        'num_radar_pts': np.array([0, 1]),
        'valid_flag': np.array([True, True]),
    }
    return {'infos': [sample, {**sample, 'token': 'b'}], 'metadata': {'version': 'v1.0-mini'}}


def database() -> dict[str, list[dict[str, Any]]]:
    """Three objects of two classes."""
    entry = {
        'name': 'Car',
        'path': 'kitti_gt_database/0_Car_0.bin',
        'image_idx': 0,
        'gt_idx': 0,
        'box3d_lidar': np.array(_CAR, np.float32),
        'num_points_in_gt': 30,
        'difficulty': 0,
        'group_id': 0,
    }
    walker = {**entry, 'name': 'Pedestrian', 'box3d_lidar': np.array(_WALKER, np.float32)}
    return {'Car': [entry, {**entry, 'score': 0.5}], 'Pedestrian': [walker]}


def network() -> torch.nn.Module:
    """A network whose weights a checkpoint holds."""
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))


def checkpoint() -> bytes:
    """Its weights, as a run saves them."""
    file = io.BytesIO()
    meta = {'epoch': 1, 'iter': 7, 'CLASSES': ('Car', 'Pedestrian')}
    torch.save({'meta': meta, 'state_dict': network().state_dict()}, file)
    return file.getvalue()


def kd_cfg() -> dict[str, Any]:
    """A distillation of the released type with terms beside it."""
    return {
        'type': 'PointPillars',
        'compression_ratio': 4,
        'num_voxels': 6000,
        'kneighbours': 128,
        'temperature': 0.01,
        'terms': {
            'maps': {
                'feature': 'neck_features',
                'level': 0,
                'loss': {'type': 'AttentionNonLocal', 'temperature': 0.5, 'relation_size': 16},
            },
            'heads': {
                'feature': 'head_outputs',
                'loss': {'type': 'HeadLogits', 'where': 'confident', 'score_thr': 0.1},
            },
        },
    }
