import dataclasses

import numpy as np
import pytest

from mmdet3d.synthetic.sensors.lidar import hdl64e, scan
from mmdet3d.synthetic.world.geometry import GROUND
from mmdet3d.synthetic.world.scene import Item

SCANNER = hdl64e()


def wall(x, yaw=0.0, tone=0.4, shape='wall'):
    """30 m of wall, high enough for every beam, across the way ahead."""
    return Item(shape, x, 0.0, -3.0, yaw + np.pi / 2, (30.0, 0.3, 12.0), tone)


@pytest.fixture(scope='module')
def empty(street):
    return scan(street(), SCANNER, np.random.default_rng(0))


def returned_share(street, item, half_angle=4.0):
    """Share of the rays straight ahead that come back from the first thing in a scene."""
    turn = scan(street(props=(item,)), SCANNER, np.random.default_rng(0))
    azimuth = np.degrees(np.arctan2(turn.points[:, 1], turn.points[:, 0]))
    hit = (turn.owner == 0) & (np.abs(azimuth) < half_angle) & (turn.beam < 12)
    return hit.sum() / (12 * 2 * half_angle / 360 * SCANNER.steps)


def test_scanner_has_the_beams_of_an_hdl64e():
    assert len(SCANNER.elevations) == 64
    assert SCANNER.elevations[0] == pytest.approx(2.0, abs=0.1)
    assert SCANNER.elevations[-1] == pytest.approx(-24.8, abs=0.1)
    assert 360 / SCANNER.steps == pytest.approx(0.17, abs=0.005)


def test_points_come_beam_by_beam_counter_clockwise(empty):
    assert (np.diff(empty.beam) >= 0).all()
    for beam in (20, 40, 63):
        x, y = empty.points[empty.beam == beam, :2].T
        azimuth = np.degrees(np.arctan2(y, x)) % 360
        assert np.count_nonzero(np.diff(azimuth) < -180) <= 1
        steps = np.diff(azimuth)
        assert np.median(steps) == pytest.approx(0.18, abs=0.01)


def test_rings_on_level_ground_have_the_radius_that_the_angles_give(empty):
    for beam in (30, 45, 63):
        radius = np.hypot(*empty.points[(empty.beam == beam) & (empty.owner == GROUND), :2].T)
        drop = 1.73 + SCANNER.heights[beam]
        expected = drop / np.tan(np.radians(-SCANNER.elevations[beam]))
        assert np.median(radius) == pytest.approx(expected, rel=0.005)


def test_own_roof_is_not_in_the_scan_but_hides_what_is_behind(empty):
    points = empty.points[empty.beam == 63]
    behind = (points[:, 0] < -np.abs(points[:, 1])).sum()
    ahead = (points[:, 0] > np.abs(points[:, 1])).sum()
    assert ahead > 0.9 * SCANNER.steps / 4
    assert behind < 0.3 * ahead
    assert empty.points[:, 2].max() < -1.5


def test_range_noise_is_two_centimetres(street):
    smooth = dataclasses.replace(
        SCANNER, elevations=np.zeros(8), heights=np.zeros(8), gains=np.ones(8)
    )
    turn = scan(street(props=(wall(15.0),)), smooth, np.random.default_rng(0))
    x, y = turn.points[(turn.owner == 0) & (np.abs(turn.points[:, 1]) < 5), :2].T
    distance = np.hypot(x, y)
    # Below its cap, the wall is 0.225 m thick.
    errors = distance - (15 - 0.1125) * distance / x
    assert np.std(errors) == pytest.approx(0.0206, rel=0.1)
    assert np.mean(errors) == pytest.approx(0, abs=0.004)


def test_echoes_are_lost_more_often_far_away(street):
    shares = [returned_share(street, wall(x)) for x in (10, 50, 80, 118)]
    assert shares[0] > 0.95
    assert shares[0] > shares[1] > shares[2] > shares[3]
    assert shares[3] < 0.4


def test_nothing_comes_back_from_beyond_the_maximum_range(street):
    assert returned_share(street, wall(121.0)) == 0


def test_echoes_are_lost_more_often_on_grazing_and_on_dark_surfaces(street):
    square, grazing = (returned_share(street, wall(60.0, yaw), 2.0) for yaw in (0.0, 1.45))
    assert grazing < 0.8 * square
    assert returned_share(street, wall(60.0, tone=0.08)) < 0.5 * returned_share(street, wall(60.0))


def test_intensity_grows_with_reflectance_and_falls_with_incidence(street):
    def intensity(**kind):
        turn = scan(street(props=(wall(12.0, **kind),)), SCANNER, np.random.default_rng(0))
        points = turn.points[(turn.owner == 0) & (np.abs(turn.points[:, 1]) < 3)]
        return np.median(points[:, 3])

    assert intensity(tone=0.6) > 1.5 * intensity(tone=0.3)
    assert intensity(yaw=1.2) < 0.9 * intensity()


def test_intensities_are_hundredths_between_0_and_1(empty):
    hundredths = empty.points[:, 3] * 100
    assert hundredths.min() >= 0 and hundredths.max() <= 99
    np.testing.assert_allclose(hundredths, np.round(hundredths), atol=1e-4)


def test_a_car_casts_a_shadow(street):
    turn = scan(street((12.0, 0.0, 0.0)), SCANNER, np.random.default_rng(0))
    x, y = turn.points[:, 0], turn.points[:, 1]
    behind = (x > 15) & (x < 19) & (np.abs(y) < 0.6)
    assert behind.sum() == 0
    on_car = turn.points[turn.owner == 0]
    assert len(on_car) > 300
    assert on_car[:, 0].min() > 9.9 and on_car[:, 0].max() < 14.1


def test_noise_is_drawn_from_the_generator_alone(street):
    first, again, other = (
        scan(street(), SCANNER, np.random.default_rng(seed)).points for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert len(first) != len(other) or (first != other).any()
