"""Points of ten sweeps against the surfaces they were reflected by."""

import numpy as np
import pytest
from nuscenes.utils.data_classes import LidarPointCloud

from mmdet3d.datasets import Compose
from mmdet3d.synthetic.nuscenes.recording import world_of
from mmdet3d.synthetic.nuscenes.rig import ego_from_lidar
from mmdet3d.synthetic.world.geometry import GROUND, SceneGeometry

LOAD = [
    {'type': 'LoadPointsFromFile', 'coord_type': 'LIDAR', 'load_dim': 5, 'use_dim': 5},
    {'type': 'LoadPointsFromMultiSweeps', 'sweeps_num': 10},
]
# Range noise of the scanner in metres, and the last key frame in seconds after the first.
NOISE, LAST = 0.02, 1.0


@pytest.fixture
def frame(make_dataset):
    """The last sample of the validation scene, in the order of time."""
    return make_dataset('val', test_mode=True).get_data_info(2)


def world_and_pose():
    # The validation scene is the ninth of the mini splits.
    world = world_of(2, 8, 3)
    return world, world.ego_pose(LAST) @ ego_from_lidar()


def deviations(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far points (N, 4; x, y, z, lag) of static things are from their surface along the ray."""
    world, to_world = world_and_pose()
    static = {number for number, track in enumerate(world.tracks) if track.speed == 0}
    all_deviations, all_lags = [], []
    for lag in np.unique(points[:, 3]):
        some = points[points[:, 3] == lag, :3].astype(np.float64)
        here = some @ to_world[:3, :3].T + to_world[:3, 3]
        eye = (world.ego_pose(LAST - lag) @ ego_from_lidar())[:3, 3]
        way = here - eye
        distance = np.linalg.norm(way, axis=1)
        scene, numbers = world.scene(LAST - lag)
        hits = SceneGeometry(scene).cast(eye, way / distance[:, None])
        of_static = np.isin(hits.owner, [i for i, n in enumerate(numbers) if n in static])
        all_deviations.append((distance - hits.distance)[of_static])
        all_lags.append(np.full(of_static.sum(), lag))
    return np.concatenate(all_deviations), np.concatenate(all_lags)


def test_static_objects_coincide_in_ten_sweeps_within_the_scanners_noise(frame):
    points = Compose(LOAD)(frame)['points'].tensor.numpy()
    assert len(np.unique(points[:, 3])) == 11
    found, lags = deviations(points)
    assert len(found) > 3000 and len(np.unique(lags)) == 11
    # A ray that passes an edge closely may end on either side of it once its start is rounded.
    assert np.mean(np.abs(found) > 4.5 * NOISE) < 0.005
    for lag in np.unique(lags):
        own = found[(lags == lag) & (np.abs(found) < 4.5 * NOISE)]
        assert abs(own.mean()) < 5 * NOISE / np.sqrt(len(own))
        assert 0.85 * NOISE < own.std() < 1.15 * NOISE


def test_the_measure_tells_sweeps_that_are_not_aligned(frame):
    for sweep in frame['sweeps']:
        sweep['sensor2lidar_translation'] = sweep['sensor2lidar_translation'] * 0.9
    points = Compose(LOAD)(frame)['points'].tensor.numpy()
    found, lags = deviations(points)
    assert np.mean(np.abs(found[lags > 0.3]) > 4.5 * NOISE) > 0.2


def test_points_and_lags_are_the_devkits(frame, devkit):
    sample = devkit.get('sample', frame['sample_idx'])
    cloud, lags = LidarPointCloud.from_file_multisweep(
        devkit, sample, 'LIDAR_TOP', 'LIDAR_TOP', nsweeps=11, min_distance=1.0
    )
    remove_close = {**LOAD[1], 'remove_close': True}
    points = Compose([LOAD[0], remove_close])(frame)['points'].tensor.numpy()
    # The devkit leaves out those of the key frame too.
    own_and_near = (points[:, 3] == 0) & (np.abs(points[:, :2]) < 1).all(axis=1)
    points = points[~own_and_near]
    np.testing.assert_allclose(points[:, :3], cloud.points[:3].T, atol=1e-4)
    np.testing.assert_allclose(points[:, 3], lags[0], atol=1e-6)


def test_the_ground_is_where_the_world_has_it(frame):
    """A check of the measure's own transforms: roads are met at their height."""
    world, to_world = world_and_pose()
    points = Compose(LOAD)(frame)['points'].tensor.numpy()
    here = points[:, :3] @ to_world[:3, :3].T + to_world[:3, 3]
    scene, _ = world.scene(LAST)
    eye = to_world[:3, 3]
    way = here - eye
    hits = SceneGeometry(scene).cast(eye, way / np.linalg.norm(way, axis=1, keepdims=True))
    ground = (points[:, 3] == 0) & (hits.owner == GROUND)
    height = here[ground, 2] - world.terrain.height(here[ground, 0], here[ground, 1])
    assert abs(np.median(height)) < NOISE
