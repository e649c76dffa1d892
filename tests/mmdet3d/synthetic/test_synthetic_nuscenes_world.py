from pathlib import Path

import numpy as np
import pytest

from mmdet3d.datasets.nuscenes.classes import CLASS_OF_CATEGORY, CLASSES
from mmdet3d.on_cpu.rotated_iou import rotated_overlaps
from mmdet3d.synthetic.nuscenes.layout import random_world
from mmdet3d.synthetic.nuscenes.looks import KINDS, choose_look
from mmdet3d.synthetic.nuscenes.recording import SceneJob, record_sweep
from mmdet3d.synthetic.shapes.catalogue import natural_size

DURATION = 9.5
# Half a metre behind the rear axle to the bumper ahead; a little wider than the body.
EGO_SIZE = (4.6, 1.8)


@pytest.fixture(scope='module')
def worlds():
    return [random_world(np.random.default_rng(seed), DURATION) for seed in range(6)]


def footprints(world, time):
    actors = world.actors(time).values()
    boxes = [(a.x, a.y, 0.98 * a.size[0], 0.98 * a.size[1], a.yaw) for a in actors]
    pose = world.ego_pose(time)
    middle = pose[:3, 3] + 1.3 * pose[:3, 0]
    yaw = np.arctan2(pose[1, 0], pose[0, 0])
    return np.array([*boxes, (*middle[:2], *EGO_SIZE, yaw)])


def test_nothing_collides_while_a_scene_lasts(worlds):
    for world in worlds:
        for time in np.linspace(0, DURATION, 8):
            boxes = footprints(world, time)
            overlaps = np.triu(rotated_overlaps(boxes, boxes), 1)
            assert overlaps.max() < 1e-3, np.unravel_index(overlaps.argmax(), overlaps.shape)


def test_all_ten_classes_are_near_the_car_from_the_start(worlds):
    for world in worlds:
        pose = world.ego_pose(0.0)
        near = {
            CLASS_OF_CATEGORY[actor.category]
            for actor in world.actors(0.0).values()
            if np.hypot(actor.x - pose[0, 3], actor.y - pose[1, 3]) < 40
        }
        assert set(CLASSES) - near <= {'bicycle'}, 'only a cyclist may find no room'
    assert {'bicycle'} & {CLASS_OF_CATEGORY[t.look.category] for w in worlds for t in w.tracks}


def test_the_car_drives_along_the_road_on_the_ground(worlds):
    for world in worlds:
        poses = np.array([world.ego_pose(time) for time in np.linspace(0, DURATION, 20)])
        steps = np.diff(poses[:, :2, 3], axis=0)
        speed = np.linalg.norm(steps, axis=1) / (DURATION / 19)
        assert np.all(np.abs(speed - world.ego[2]) < 0.2)
        assert np.all(np.einsum('ij,ij->i', steps, poses[:-1, :2, 0]) > 0)
        height = world.terrain.height(*poses[:, :2, 3].T)
        np.testing.assert_allclose(poses[:, 2, 3], height)
        for pose in poses:
            np.testing.assert_allclose(pose[:3, :3] @ pose[:3, :3].T, np.eye(3), atol=1e-12)
            assert pose[2, 2] > 0.98


@pytest.mark.parametrize('name', KINDS)
def test_shapes_have_about_the_proportions_of_their_boxes(name):
    for seed in range(5):
        look = choose_look(np.random.default_rng(seed), name)
        assert CLASS_OF_CATEGORY[look.category] in CLASSES
        stretch = np.array(look.size) / natural_size(look.shape)
        assert np.all((stretch > 0.75) & (stretch < 1.35))


def test_a_sweep_is_like_a_real_one(real_frames, worlds):
    """Points by range, intensity and nearest ground; the road works differ, so within a quarter."""
    real = np.fromfile(real_frames / 'nuscenes_sample/LIDAR_TOP.pcd.bin', np.float32)
    expected = figures(real.reshape(-1, 5))
    job = SceneJob(Path(), seed=0, scene=0, samples=20, steps=1084)
    found = np.array([figures(record_sweep(world, job, 50)) for world in worlds])
    ratio = np.median(found, axis=0) / expected
    assert np.all((ratio > 0.7) & (ratio < 1.4)), ratio


def figures(points: np.ndarray) -> np.ndarray:
    """Number, quartiles of range and of intensity, and nearest ground, without the car itself."""
    distance = np.linalg.norm(points[:, :3], axis=1)
    points, distance = points[distance > 2], distance[distance > 2]
    ground = distance[points[:, 2] < -1.5]
    quartiles = [np.percentile(values, (25, 50, 75)) for values in (distance, points[:, 3])]
    return np.array([len(points), *quartiles[0], *quartiles[1], np.percentile(ground, 1)])
