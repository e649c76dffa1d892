"""The entry of one sample in an info file, with the keys of mmdetection3d's."""

import os.path as osp
from typing import TYPE_CHECKING, Any

import numpy as np

from mmdet3d.datasets.files import DataFormatError
from mmdet3d.datasets.nuscenes.classes import CLASS_OF_CATEGORY
from mmdet3d.datasets.nuscenes.quaternions import rotation_matrix, yaw_of
from mmdet3d.datasets.object_numbers import as_numbers, sound_boxes

if TYPE_CHECKING:
    from nuscenes import NuScenes

Record = dict[str, Any]
LIDAR = 'LIDAR_TOP'


def sample_info(tables: 'NuScenes', sample: Record, max_sweeps: int, with_annos: bool) -> Record:
    """Gather what training and evaluation need of a sample.

    Args:
        tables: of the data set.
        sample: its record.
        max_sweeps: sweeps before the key frame to list; fewer are listed at the start of a scene.
        with_annos: add the annotations.

    Returns:
        ``lidar_path``, ``token``, ``sweeps``, ``cams``, the poses ``lidar2ego_*`` and
        ``ego2global_*`` (translation in metres, rotation as quaternion w, x, y, z), ``timestamp``
        in microseconds; and of the N annotations ``gt_boxes`` (N, 7), x, y, z of the middle,
        length, width, height and yaw in the LiDAR frame, ``gt_names`` (N,), ``gt_velocity`` (N, 2)
        in m/s in the LiDAR frame, NaN where unknown, ``num_lidar_pts``, ``num_radar_pts`` and
        ``valid_flag`` (N,), whether either saw the object. Annotations that are not sound, see
        :func:`sound_annotations`, are left out.

    Raises:
        DataFormatError: if the sample has no LiDAR.
        FileNotFoundError: if the cloud of the key frame or of a sweep is missing.
    """
    if LIDAR not in sample['data']:
        raise DataFormatError(
            f'sample {sample["token"]} has no {LIDAR}, only {sorted(sample["data"]) or "nothing"}; '
            'its sample_data has no key frame of the LiDAR'
        )
    key_frame = tables.get('sample_data', sample['data'][LIDAR])
    pose = _Pose(tables, key_frame)
    info = {
        'lidar_path': _cloud_path(tables, key_frame, 'key frame'),
        'token': sample['token'],
        'sweeps': _sweeps(tables, key_frame, pose, max_sweeps),
        'cams': _cameras(tables, sample, pose),
        'lidar2ego_translation': pose.sensor['translation'],
        'lidar2ego_rotation': pose.sensor['rotation'],
        'ego2global_translation': pose.ego['translation'],
        'ego2global_rotation': pose.ego['rotation'],
        'timestamp': sample['timestamp'],
    }
    return {**info, **_annotations(tables, sample, pose)} if with_annos else info


class _Pose:
    """Where a sensor was when it recorded: its records, and the rigid transform to the map."""

    def __init__(self, tables: 'NuScenes', sample_data: Record) -> None:
        self.sensor = tables.get('calibrated_sensor', sample_data['calibrated_sensor_token'])
        self.ego = tables.get('ego_pose', sample_data['ego_pose_token'])
        to_ego, to_map = (rotation_matrix(each['rotation']) for each in (self.sensor, self.ego))
        self.rotation = to_map @ to_ego
        self.translation = to_map @ self.sensor['translation'] + self.ego['translation']

    def relative_to(self, other: '_Pose') -> tuple[np.ndarray, np.ndarray]:
        """Rotation (3, 3) and translation (3,) from this sensor's frame to another's."""
        back = other.rotation.T
        return back @ self.rotation, back @ (self.translation - other.translation)


def _cloud_path(tables: 'NuScenes', sample_data: Record, what: str) -> str:
    path = tables.get_sample_data_path(sample_data['token'])
    if osp.isfile(path):
        return path
    hint = 'Unpack all of its download'
    if what == 'sweep':
        hint += ', or give --max-sweeps 0 to do without sweeps'
    raise FileNotFoundError(f'{path}: the {what} that the tables list is missing. {hint}')


def _sweeps(
    tables: 'NuScenes', key_frame: Record, pose: _Pose, max_sweeps: int
) -> list[dict[str, Any]]:
    """List the sweeps before a key frame, the latest first."""
    sweeps: list[dict[str, Any]] = []
    record = key_frame
    while len(sweeps) < max_sweeps and record['prev']:
        record = tables.get('sample_data', record['prev'])
        path = _cloud_path(tables, record, 'sweep')
        sweeps.append(_relative_sensor(tables, record, pose, path, 'lidar'))
    return sweeps


def _cameras(tables: 'NuScenes', sample: Record, pose: _Pose) -> dict[str, dict[str, Any]]:
    cameras = {}
    for channel, token in sample['data'].items():
        if channel.startswith('CAM_'):
            record = tables.get('sample_data', token)
            path = tables.get_sample_data_path(token)
            camera = _relative_sensor(tables, record, pose, path, channel)
            sensor = tables.get('calibrated_sensor', record['calibrated_sensor_token'])
            cameras[channel] = {**camera, 'cam_intrinsic': np.array(sensor['camera_intrinsic'])}
    return cameras


def _relative_sensor(
    tables: 'NuScenes', sample_data: Record, reference: _Pose, path: str, kind: str
) -> dict[str, Any]:
    """Describe a recording, with its pose relative to the key frame's LiDAR.

    A point p of it, as a column, is ``sensor2lidar_rotation @ p + sensor2lidar_translation`` there.
    """
    pose = _Pose(tables, sample_data)
    rotation, translation = pose.relative_to(reference)
    return {
        'data_path': path,
        'type': kind,
        'sample_data_token': sample_data['token'],
        'sensor2ego_translation': pose.sensor['translation'],
        'sensor2ego_rotation': pose.sensor['rotation'],
        'ego2global_translation': pose.ego['translation'],
        'ego2global_rotation': pose.ego['rotation'],
        'timestamp': sample_data['timestamp'],
        'sensor2lidar_rotation': rotation,
        'sensor2lidar_translation': translation,
    }


def _annotations(tables: 'NuScenes', sample: Record, pose: _Pose) -> dict[str, np.ndarray]:
    records = [tables.get('sample_annotation', token) for token in sample['anns']]
    records = [record for record, kept in zip(records, sound_annotations(records)) if kept]
    tokens = [record['token'] for record in records]
    velocity = np.array([tables.box_velocity(token) for token in tokens]).reshape(-1, 3)
    num_points = {
        key: np.array([record[key] for record in records], dtype=np.int64)
        for key in ('num_lidar_pts', 'num_radar_pts')
    }
    names = [record['category_name'] for record in records]
    return {
        'gt_boxes': _lidar_boxes(records, pose),
        'gt_names': np.array([CLASS_OF_CATEGORY.get(name, name) for name in names], dtype=np.str_),
        'gt_velocity': (velocity @ pose.rotation)[:, :2],
        **num_points,
        'valid_flag': sum(num_points.values()) > 0,
    }


def sound_annotations(records: list[Record]) -> np.ndarray:
    """Tell which annotations have a place, a direction and sizes above 0.

    Args:
        records: N records of the table ``sample_annotation``.

    Returns:
        bool of shape (N,).

    Raises:
        DataFormatError: if one has not three coordinates, three sizes and a quaternion.
    """
    widths = (('translation', 3), ('size', 3), ('rotation', 4))
    for record in records:
        if any(_count(record.get(key)) != width for key, width in widths):
            raise DataFormatError(
                f'annotation {record["token"]} of sample_annotation.json has translation, size and '
                f'rotation {[record.get(key) for key, _ in widths]}; expected 3, 3 and 4 numbers'
            )
    numbers = [
        as_numbers(
            [record[key] for record in records], f'{key} of an annotation of sample_annotation.json'
        ).reshape(-1, width)
        for key, width in widths
    ]
    # A quaternion of length 0 is no direction.
    direction = np.linalg.norm(numbers.pop(), axis=1, keepdims=True)
    return sound_boxes(np.concatenate([*numbers, direction], axis=1)) & (direction[:, 0] > 0)


def _count(value: Any) -> int:
    return len(value) if isinstance(value, list) else -1


def _lidar_boxes(records: list[Record], pose: _Pose) -> np.ndarray:
    """Turn N annotations of the map to (N, 7) boxes of the LiDAR frame."""
    middles = np.array([record['translation'] for record in records]).reshape(-1, 3)
    width, length, height = np.array([record['size'] for record in records]).reshape(-1, 3).T
    turns = rotation_matrix(np.array([record['rotation'] for record in records]).reshape(-1, 4))
    columns = [(middles - pose.translation) @ pose.rotation, np.stack([length, width, height], 1)]
    return np.concatenate([*columns, yaw_of(pose.rotation.T @ turns)[:, None]], axis=1)
