"""The generated tables, read by the devkit."""

from collections import Counter

import numpy as np
import pytest
from nuscenes import NuScenes
from nuscenes.eval.detection.utils import (
    category_to_detection_name,
    detection_name_to_rel_attributes,
)
from nuscenes.utils.data_classes import LidarPointCloud
from nuscenes.utils.geometry_utils import points_in_box
from nuscenes.utils.splits import create_splits_scenes

from mmdet3d.synthetic.nuscenes.vocabulary import MINI_TRAIN, MINI_VAL


@pytest.fixture(scope='module')
def tables(nuscenes_root):
    return NuScenes('v1.0-mini', str(nuscenes_root), verbose=False)


def samples_of(tables, scene):
    token = scene['first_sample_token']
    while token:
        yield tables.get('sample', token)
        token = tables.get('sample', token)['next']


def clouds_of(tables, scene):
    token = tables.get('sample', scene['first_sample_token'])['data']['LIDAR_TOP']
    while token:
        yield tables.get('sample_data', token)
        token = tables.get('sample_data', token)['next']


def test_scene_names_are_the_devkits_mini_splits():
    splits = create_splits_scenes()
    assert list(MINI_TRAIN) == splits['mini_train'] and list(MINI_VAL) == splits['mini_val']


def test_chains_of_samples_and_clouds_run_through_the_scenes(tables):
    for scene in tables.scene:
        samples = list(samples_of(tables, scene))
        assert len(samples) == scene['nbr_samples'] == 3
        assert samples[-1]['token'] == scene['last_sample_token']
        assert np.diff([sample['timestamp'] for sample in samples]).tolist() == [500_000] * 2
        clouds = list(clouds_of(tables, scene))
        assert np.diff([cloud['timestamp'] for cloud in clouds]).tolist() == [50_000] * 20
        assert [i for i, cloud in enumerate(clouds) if cloud['is_key_frame']] == [0, 10, 20]
        assert len({cloud['filename'] for cloud in clouds}) == 21
        for cloud in clouds:
            # As in nuScenes, sweeps belong to the sample after them.
            assert tables.get('sample', cloud['sample_token'])['timestamp'] >= cloud['timestamp']
            assert (
                tables.get('ego_pose', cloud['ego_pose_token'])['timestamp'] == cloud['timestamp']
            )


def test_annotations_form_tracks(tables):
    for instance in tables.instance:
        token, length = instance['first_annotation_token'], 0
        while token:
            record = tables.get('sample_annotation', token)
            assert record['instance_token'] == instance['token']
            if record['next']:
                sample = tables.get('sample', record['sample_token'])
                following = tables.get('sample_annotation', record['next'])
                assert following['sample_token'] == sample['next']
            last, token, length = token, record['next'], length + 1
        assert last == instance['last_annotation_token']
        assert length == instance['nbr_annotations']


def test_boxes_hold_exactly_the_points_that_are_counted(tables):
    held = Counter()
    for sample in tables.sample:
        path, boxes, _ = tables.get_sample_data(sample['data']['LIDAR_TOP'])
        points = LidarPointCloud.from_file(path).points[:3]
        for box in boxes:
            inside = points_in_box(box, points).sum()
            counted = tables.get('sample_annotation', box.token)['num_lidar_pts']
            # float32 points at a face may fall to either side.
            assert abs(int(inside) - counted) <= 1
            held[category_to_detection_name(box.name)] += counted
    assert len(held) == 10 and min(held.values()) >= 10


def test_boxes_fit_the_points_tightly(tables):
    """Points above the ground beside an object's box are rare: it covers the object."""
    for sample in tables.sample:
        path, boxes, _ = tables.get_sample_data(sample['data']['LIDAR_TOP'])
        points = LidarPointCloud.from_file(path).points[:3]
        for box in boxes:
            # Above the foot, and without what stands beside objects that are small.
            if box.name.startswith('vehicle.') and points_in_box(box, points).sum() >= 50:
                low = box.center + box.rotation_matrix @ [0, 0, box.wlh[2] * 0.15]
                core = type(box)(low, box.wlh * [1, 1, 0.6], box.orientation)
                grown = type(box)(low, box.wlh * [1, 1, 0.6] + [0.2, 0.2, 0], box.orientation)
                inside = points_in_box(core, points).sum()
                assert points_in_box(grown, points).sum() - inside <= 0.05 * inside + 2, box.name


def test_velocities_are_those_of_the_tracks_and_agree_with_the_attributes(tables):
    moving = Counter()
    for record in tables.sample_annotation:
        velocity = tables.box_velocity(record['token'])[:2]
        if np.isnan(velocity).any():
            assert not record['prev'] and not record['next']
            continue
        names = [tables.get('attribute', token)['name'] for token in record['attribute_tokens']]
        name = category_to_detection_name(record['category_name'])
        assert len(names) == bool(detection_name_to_rel_attributes(name))
        assert set(names) <= set(detection_name_to_rel_attributes(name))
        speed = np.linalg.norm(velocity)
        in_motion = {'vehicle.moving', 'pedestrian.moving', 'cycle.with_rider'} & set(names)
        assert (speed > 0.5) if in_motion else (speed < 1e-6)
        if in_motion:
            box = tables.get_box(record['token'])
            ahead = box.rotation_matrix[:2, 0]
            assert velocity @ ahead > 0.9 * speed
            moving[name] += 1
    assert {'car', 'truck', 'bus', 'trailer', 'motorcycle', 'bicycle', 'pedestrian'} <= set(moving)


def test_the_devkit_draws_a_cloud_on_the_map(tables, tmp_path):
    path = tmp_path / 'picture.png'
    token = tables.sample[0]['data']['LIDAR_TOP']
    tables.render_sample_data(token, out_path=str(path), verbose=False)
    assert path.stat().st_size > 10_000
    pose = tables.get('ego_pose', tables.get('sample_data', token)['ego_pose_token'])
    mask = tables.get('map', tables.map[0]['token'])['mask']
    assert mask.is_on_mask(*pose['translation'][:2])[0]
    assert not mask.is_on_mask(10.0, 10.0)[0]


def test_visibility_levels_are_all_in_use(tables):
    tokens = Counter(record['visibility_token'] for record in tables.sample_annotation)
    assert set(tokens) <= {'1', '2', '3', '4'} and len(tokens) >= 3


def test_clouds_have_rings_and_intensities_as_nuscenes(nuscenes_root):
    for path in sorted(nuscenes_root.glob('samples/LIDAR_TOP/*.bin')):
        points = np.fromfile(path, np.float32).reshape(-1, 5)
        assert set(np.unique(points[:, 4])) == set(range(32))
        assert points[:, 3].min() >= 0 and points[:, 3].max() <= 255
        np.testing.assert_array_equal(points[:, 3], np.round(points[:, 3]))
        elevation = np.degrees(np.arctan2(points[:, 2], np.hypot(points[:, 0], points[:, 1])))
        expected = np.linspace(-30.67, 10.67, 32)[points[:, 4].astype(int)]
        far = np.hypot(points[:, 0], points[:, 1]) > 3
        assert np.abs(elevation - expected)[far].max() < 0.15
