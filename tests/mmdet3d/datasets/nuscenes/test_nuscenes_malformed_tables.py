"""Tables of nuScenes that are none, or hold what nothing has, end in an error that names it."""

import json

import pytest

from mmdet3d.datasets.files import DataFormatError
from mmdet3d.datasets.nuscenes import create_nuscenes_data


def changing(**values):
    """A change of the last record of a table; None drops a key."""

    def change(records):
        last = {**records[-1], **values}
        return [*records[:-1], {key: value for key, value in last.items() if value is not None}]

    return change


@pytest.mark.parametrize(
    ('table', 'change', 'message'),
    [
        ('ego_pose', {'translation': None}, r"has no \['translation'\]"),
        ('ego_pose', {'translation': 'here'}, r"translation is no array of numbers .*'here'"),
        ('ego_pose', {'rotation': [1, 0, 0]}, r'rotation has the shape \(3,\); expected \(4,\)'),
        ('ego_pose', {'rotation': [0, 0, 0, 0]}, r'rotation is \[0, 0, 0, 0\]; expected a quatern'),
        ('ego_pose', {'translation': [1e300, 0, 0]}, r'translation is \[1e\+300.*between'),
        ('calibrated_sensor', {'rotation': [float('nan')] * 4}, r'rotation is \[nan.*between'),
        ('sample_data', {'timestamp': 'now'}, "timestamp is 'now'; expected numbers"),
        ('sample_data', {'prev': 7}, 'prev is 7; expected text'),
        ('sample_annotation', {'num_lidar_pts': 'many'}, "num_lidar_pts is 'many'"),
        ('sample', {'timestamp': float('inf')}, 'timestamp is inf'),
    ],
)
def test_a_malformed_record_is_named_by_table_record_and_key(
    spoiled, tmp_path, table, change, message
):
    root = spoiled(**{table: changing(**change)})
    with pytest.raises(DataFormatError, match=rf'{table}\.json, record \d+: .*{message}'):
        create_nuscenes_data(root, tmp_path / 'out', 'v1.0-mini')


@pytest.mark.parametrize('size', [['a', 'b', 'c'], 4, None])
def test_a_malformed_size_is_named(spoiled, tmp_path, size):
    root = spoiled(sample_annotation=changing(size=size))
    with pytest.raises(DataFormatError, match=r'of sample_annotation\.json'):
        create_nuscenes_data(root, tmp_path / 'out', 'v1.0-mini')


def test_a_token_that_no_table_has_is_named(spoiled, tmp_path):
    def dangle(records):
        return [{**record, 'prev': 'nowhere' if record['prev'] else ''} for record in records]

    root = spoiled(sample_data=dangle)
    with pytest.raises(DataFormatError, match=r"v1\.0-mini refer to 'nowhere'"):
        create_nuscenes_data(root, tmp_path / 'out', 'v1.0-mini')


@pytest.mark.parametrize(
    'content',
    ['[{"token": "\u00e4"}]'.encode('latin-1'), json.dumps([]).encode('utf-16'), b'{}', b'[1]'],
)
def test_what_is_no_table_is_named(spoiled, tmp_path, content):
    root = spoiled()
    (root / 'v1.0-mini' / 'sensor.json').write_bytes(content)
    with pytest.raises(DataFormatError, match=r'tables of v1\.0-mini .*malformed'):
        create_nuscenes_data(root, tmp_path / 'out', 'v1.0-mini')
