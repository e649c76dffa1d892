"""The thirteen tables of nuScenes' schema."""

import hashlib
from collections.abc import Iterable
from typing import Any

from mmdet3d.datasets.nuscenes.quaternions import from_rotation_matrix
from mmdet3d.synthetic.nuscenes.annotations import (
    annotated_samples,
    box_record,
    visibility_token,
)
from mmdet3d.synthetic.nuscenes.recording import KeyFrame, SceneJob
from mmdet3d.synthetic.nuscenes.rig import (
    LIDAR_ROTATION,
    LIDAR_TRANSLATION,
    sweep_time,
    sweeps_of,
)
from mmdet3d.synthetic.nuscenes.vocabulary import (
    ATTRIBUTES,
    CATEGORIES,
    VISIBILITY_LEVELS,
)
from mmdet3d.synthetic.nuscenes.world import World

Record = dict[str, Any]
Tables = dict[str, list[Record]]
TABLES = (
    'category',
    'attribute',
    'visibility',
    'instance',
    'sensor',
    'calibrated_sensor',
    'ego_pose',
    'log',
    'scene',
    'sample',
    'sample_data',
    'sample_annotation',
    'map',
)


def token(*parts: Any) -> str:
    """Give the 32 hexadecimal digits that stand for something, the same in every run."""
    return hashlib.md5('/'.join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()


def common_tables() -> Tables:
    """Give the tables with what all scenes share; the others are empty."""
    tables: Tables = {name: [] for name in TABLES}
    for table, names in (('category', CATEGORIES), ('attribute', ATTRIBUTES)):
        tables[table] = [
            {'token': token(table, name), 'name': name, 'description': ''} for name in names
        ]
    tables['visibility'] = [
        {'token': str(number), 'level': level, 'description': f'visibility of {level[1:]} percent'}
        for number, level in enumerate(VISIBILITY_LEVELS, start=1)
    ]
    tables['sensor'] = [
        {'token': token('sensor'), 'channel': 'LIDAR_TOP', 'modality': 'lidar'},
    ]
    return tables


def add_scene(
    tables: Tables, job: SceneJob, name: str, world: World, key_frames: list[KeyFrame]
) -> None:
    """Add the records of a scene.

    Args:
        tables: what to add to.
        job: the scene.
        name: its name in the devkit's splits.
        world: what was recorded.
        key_frames: what the objects show at each sample.
    """
    own = (job.seed, name)
    samples = [token(*own, 'sample', i) for i in range(job.samples)]
    for table, record in _scene_records(job, name, samples).items():
        tables[table].append(record)
    records = [
        {
            'token': each,
            'timestamp': job.timestamp(sweeps_of(i)[-1]),
            'scene_token': token(*own, 'scene'),
        }
        for i, each in enumerate(samples)
    ]
    tables['sample'] += _linked(records)
    _add_sweeps(tables, job, own, world, samples)
    _add_objects(tables, own, world, key_frames, samples)


def _scene_records(job: SceneJob, name: str, samples: list[str]) -> dict[str, Record]:
    """Give the records of which a scene has one."""
    own = (job.seed, name)
    records: dict[str, Record] = {
        'log': {
            'logfile': f'n000-{job.seed:06d}-{job.scene:02d}',
            'vehicle': 'n000',
            'date_captured': '2020-09-13',
            'location': 'synthetic',
        },
        'map': {
            'log_tokens': [token(*own, 'log')],
            'category': 'semantic_prior',
            'filename': f'maps/{token(*own, "map")}.png',
        },
        'scene': {
            'name': name,
            'description': 'made up, scanned by a simulated HDL-32E',
            'log_token': token(*own, 'log'),
            'nbr_samples': job.samples,
            'first_sample_token': samples[0],
            'last_sample_token': samples[-1],
        },
        'calibrated_sensor': {
            'sensor_token': token('sensor'),
            'translation': list(LIDAR_TRANSLATION),
            'rotation': list(LIDAR_ROTATION),
            'camera_intrinsic': [],
        },
    }
    return {table: {'token': token(*own, table), **each} for table, each in records.items()}


def _linked(records: list[Record]) -> list[Record]:
    """Let records point to their neighbours, '' at the ends."""
    tokens = ['', *(record['token'] for record in records), '']
    return [
        {**record, 'prev': tokens[i], 'next': tokens[i + 2]} for i, record in enumerate(records)
    ]


def _add_sweeps(
    tables: Tables, job: SceneJob, own: tuple, world: World, samples: list[str]
) -> None:
    records = []
    for sample, sweep in _sweeps(len(samples)):
        pose = world.global_from_world @ world.ego_pose(sweep_time(sweep))
        stamp = {'token': token(*own, 'sweep', sweep), 'timestamp': job.timestamp(sweep)}
        tables['ego_pose'].append(
            {
                **stamp,
                'rotation': from_rotation_matrix(pose[:3, :3]).tolist(),
                'translation': pose[:3, 3].tolist(),
            }
        )
        records.append(
            {
                **stamp,
                'sample_token': samples[sample],
                'ego_pose_token': stamp['token'],
                'calibrated_sensor_token': token(*own, 'calibrated_sensor'),
                'fileformat': 'pcd',
                'is_key_frame': sweep == sweeps_of(sample)[-1],
                'height': 0,
                'width': 0,
                'filename': job.cloud_path(sweep, sample),
            }
        )
    tables['sample_data'] += _linked(records)


def _sweeps(samples: int) -> Iterable[tuple[int, int]]:
    return ((sample, sweep) for sample in range(samples) for sweep in sweeps_of(sample))


def _add_objects(
    tables: Tables, own: tuple, world: World, key_frames: list[KeyFrame], samples: list[str]
) -> None:
    actors = [world.actors(sweep_time(sweeps_of(i)[-1])) for i in range(len(samples))]
    by_sample: dict[str, list[Record]] = {sample: [] for sample in samples}
    for number, track in enumerate(world.tracks):
        instance = token(*own, 'instance', number)
        attribute = [token('attribute', track.attribute)] if track.attribute else []
        records = _linked(
            [
                {
                    'token': token(*own, 'annotation', number, i),
                    'sample_token': samples[i],
                    'instance_token': instance,
                    'visibility_token': visibility_token(key_frames[i].visible.get(number, 0.0)),
                    'attribute_tokens': attribute,
                    **box_record(world, actors[i][number]),
                    'num_lidar_pts': key_frames[i].num_points.get(number, 0),
                    'num_radar_pts': 0,
                }
                for i in annotated_samples(number, key_frames)
            ]
        )
        for record in records:
            by_sample[record['sample_token']].append(record)
        tables['instance'] += _instances(instance, track.look.category, records)
    tables['sample_annotation'] += [record for each in by_sample.values() for record in each]


def _instances(instance: str, category: str, records: list[Record]) -> list[Record]:
    """Give the record of an object, if it is annotated at all."""
    if not records:
        return []
    return [
        {
            'token': instance,
            'category_token': token('category', category),
            'nbr_annotations': len(records),
            'first_annotation_token': records[0]['token'],
            'last_annotation_token': records[-1]['token'],
        }
    ]
