import numpy as np
import pytest

from mmdet3d.on_cpu.rotated_iou import rotated_overlaps
from mmdet3d.synthetic.shapes.materials import Material
from mmdet3d.synthetic.world.geometry import GROUND, NOTHING, SceneGeometry
from mmdet3d.synthetic.world.layout import random_scene
from mmdet3d.synthetic.world.terrain import SENSOR_HEIGHT

# Mean length, width and height over KITTI's training labels, in metres.
KITTI_SIZES = {
    'Car': (3.88, 1.63, 1.53),
    'Pedestrian': (0.84, 0.66, 1.76),
    'Cyclist': (1.76, 0.60, 1.74),
}


@pytest.fixture(scope='module')
def scenes():
    return [random_scene(np.random.default_rng([5, index])) for index in range(25)]


def test_same_seed_same_scene_and_another_seed_another():
    first, again, other = (random_scene(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.actors == again.actors and first.props == again.props
    assert first.actors != other.actors


def test_no_two_road_users_share_their_ground(scenes):
    for scene in scenes:
        boxes = np.array([[a.x, a.y, *a.size[:2], a.yaw] for a in scene.actors]).reshape(-1, 5)
        overlaps = rotated_overlaps(boxes, boxes)
        assert overlaps[~np.eye(len(boxes), dtype=bool)].max(initial=0) == 0


def test_nothing_stands_on_the_recording_car(scenes):
    own = np.array([[0.3, 0.0, 5.2, 2.4, 0.0]])
    for scene in scenes:
        boxes = np.array([[a.x, a.y, *a.size[:2], a.yaw] for a in scene.actors]).reshape(-1, 5)
        assert rotated_overlaps(own, boxes).max(initial=0) == 0


@pytest.mark.parametrize('category', KITTI_SIZES)
def test_sizes_follow_kitti(scenes, category):
    sizes = [a.size for scene in scenes for a in scene.actors if a.category == category]
    assert len(sizes) > 20
    np.testing.assert_allclose(np.mean(sizes, axis=0), KITTI_SIZES[category], rtol=0.08)


def test_road_users_stand_on_an_uneven_ground(scenes):
    heights = []
    for scene in scenes:
        assert scene.terrain.height(np.zeros(1), np.zeros(1))[0] == pytest.approx(-SENSOR_HEIGHT)
        for actor in scene.actors:
            ground = scene.terrain.height(np.array(actor.x), np.array(actor.y))
            assert actor.z == pytest.approx(float(ground))
            heights.append(actor.z)
    assert np.std(heights) > 0.1


def test_road_coordinates_lead_to_their_distance_from_the_middle(scenes):
    for scene in scenes:
        s, t = np.array([-30.0, 0.0, 12.0, 50.0]), np.array([-4.0, 1.0, 6.0, -2.0])
        x, y = scene.terrain.from_road(s, t)
        np.testing.assert_allclose(scene.terrain.lateral(x, y), t, atol=0.1)


def test_ground_has_lanes_pavement_and_grass(flat):
    x = np.full(5, 1.0)
    y = flat.offset + np.array([0.0, 1.6, 3.2, 4.0, 9.0])
    expected = [Material.MARKING, Material.ASPHALT, Material.MARKING, Material.PAVEMENT]
    assert list(flat.material(x, y)) == [*expected, Material.GRASS]


def brute_force(corners, origin, direction):
    """Distances along one ray to every triangle (Moeller and Trumbore), inf where it misses."""
    a, b, c = corners.transpose(1, 0, 2)
    e1, e2 = b - a, c - a
    p = np.cross(direction, e2)
    with np.errstate(divide='ignore', invalid='ignore'):
        inverse = 1 / np.einsum('ij,ij->i', e1, p)
        u = np.einsum('ij,ij->i', origin - a, p) * inverse
        q = np.cross(origin - a, e1)
        v = q @ direction * inverse
        distance = np.einsum('ij,ij->i', e2, q) * inverse
        hit = (u >= 0) & (v >= 0) & (u + v <= 1) & (distance > 0)
    return np.where(hit, distance, np.inf)


def test_rays_meet_what_a_search_of_all_triangles_finds():
    rng = np.random.default_rng(3)
    geometry = SceneGeometry(random_scene(rng))
    directions = rng.normal(size=(60, 3)) * [1, 1, 0.15]
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    hits = geometry.cast(np.zeros(3), directions)
    corners = geometry._vertices.astype(np.float64)[geometry._faces]
    distances = np.array([brute_force(corners, np.zeros(3), d) for d in directions])
    np.testing.assert_allclose(hits.distance, distances.min(axis=1), rtol=1e-3)
    met = np.isfinite(hits.distance)
    np.testing.assert_array_equal(hits.owner == NOTHING, ~met)
    nearest = geometry._owners[distances.argmin(axis=1)]
    assert (hits.owner[met] == nearest[met]).mean() > 0.95


def test_hits_name_the_car_the_ground_and_the_sky(street):
    geometry = street((10.0, 0.0, 0.0))
    ways = np.array([[1, 0, -0.1], [0.3, 0, -1], [0, 0, 1]])
    hits = geometry.cast(np.zeros(3), ways / np.linalg.norm(ways, axis=1, keepdims=True))
    assert list(hits.owner) == [0, GROUND, NOTHING]
    assert hits.distance[0] == pytest.approx(8.1, abs=0.4)
    assert hits.cosine[1] == pytest.approx(1 / np.hypot(0.3, 1), abs=1e-3)
