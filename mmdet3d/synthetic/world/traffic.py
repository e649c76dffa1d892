"""Placing road users where they would be."""

import numpy as np

from mmdet3d.synthetic.world.actors import choose_cyclist, choose_pedestrian, choose_vehicle
from mmdet3d.synthetic.world.districts import District
from mmdet3d.synthetic.world.placing import Site

# How far along the road there are road users.
_NEAR, _FAR = -60.0, 85.0


def add_traffic(site: Site, district: District) -> None:
    """Place driving and parked cars, cyclists and pedestrians."""
    _add_driving(site, district)
    _add_side_street(site)
    _add_parked(site, district)
    _add_driveways(site, district)
    for _ in range(site.rng.poisson(district.cyclists)):
        _add_cyclist(site)
    for _ in range(site.rng.poisson(district.pedestrians / 1.6)):
        _add_group(site)


def _add_driving(site: Site, district: District) -> None:
    """Fill the lanes; those on the left come towards the car."""
    rng, terrain = site.rng, site.terrain
    for lane in range(terrain.lanes):
        for side in (-1, 1):
            t = side * (lane + 0.5) * terrain.lane_width
            s = _NEAR + rng.exponential(district.traffic_gap)
            while s < _FAR:
                turn = (0 if side < 0 else np.pi) + rng.normal(0, 0.03)
                look = choose_vehicle(rng)
                speed = rng.uniform(4, 14)
                site.add_actor(look, s, t + rng.normal(0, 0.2), turn, speed, margin=0.4)
                s += look.size[0] + 4 + rng.exponential(district.traffic_gap)


def _add_side_street(site: Site) -> None:
    """Place cars that cross, wait or turn."""
    rng, terrain = site.rng, site.terrain
    if terrain.side_street is None:
        return
    for _ in range(rng.poisson(2.5)):
        side = rng.choice([-1, 1])
        t = side * (terrain.half_width + rng.uniform(2.5, 30))
        towards = rng.random() < 0.6
        # Whoever comes from the left drives on the side of the street that is nearer to us.
        turn = (-np.pi / 2 if side > 0 else np.pi / 2) * (1 if towards else -1)
        s = terrain.side_street - np.sign(turn) * -1 * terrain.side_half_width / 2
        site.add_actor(choose_vehicle(rng), s, t, turn + rng.normal(0, 0.05), rng.uniform(0, 8))


def _add_parked(site: Site, district: District) -> None:
    """Fill the parking lanes at the kerbs."""
    rng, terrain = site.rng, site.terrain
    room = terrain.half_width - terrain.lanes * terrain.lane_width
    if room < 1.5:
        return
    for side in (-1, 1):
        for s in np.arange(_NEAR, _FAR, 6.0) + rng.uniform(-1, 1):
            if rng.random() > district.parked or terrain.on_side_street(s, 4.0):
                continue
            t = side * (terrain.half_width - room / 2 + rng.normal(0, 0.08))
            turn = (0 if (side < 0) ^ (rng.random() < 0.12) else np.pi) + rng.normal(0, 0.03)
            site.add_actor(choose_vehicle(rng, parked=True), s + rng.uniform(-0.5, 0.5), t, turn)


def _add_driveways(site: Site, district: District) -> None:
    """Park cars across the road, beyond the pavement."""
    rng, terrain = site.rng, site.terrain
    for side in (-1, 1):
        for _ in range(rng.poisson(district.driveways * (_FAR - _NEAR) / 100)):
            s = rng.uniform(_NEAR, _FAR)
            t = side * (terrain.half_width + terrain.sidewalk + rng.uniform(2.6, 5.0))
            turn = rng.choice([-1, 1]) * np.pi / 2 + rng.normal(0, 0.12)
            site.add_actor(choose_vehicle(rng, parked=True), s, t, turn)


def _add_cyclist(site: Site) -> None:
    """Place a cyclist at the edge of a lane, on the pavement, or crossing."""
    rng, terrain = site.rng, site.terrain
    side = rng.choice([-1, 1])
    s = rng.uniform(_NEAR / 2, 65)
    along = (0 if side < 0 else np.pi) + np.pi * (rng.random() < 0.15)
    where = rng.random()
    lane_edge = terrain.lanes * terrain.lane_width
    if where < 0.55:
        t, turn = side * (lane_edge - rng.uniform(0.3, 1.2)), along
    elif where < 0.85:
        t, turn = side * (terrain.half_width + rng.uniform(0.5, 1 + terrain.sidewalk)), along
    else:
        t, turn = rng.uniform(-1.6, 1.6) * terrain.half_width, side * np.pi / 2
    turn += rng.normal(0, 0.12)
    site.add_actor(choose_cyclist(rng), s, t, turn, rng.uniform(2, 6))


def _add_group(site: Site) -> None:
    """Place one to three people who walk together, mostly along the pavement."""
    rng, terrain = site.rng, site.terrain
    s, side = rng.uniform(_NEAR / 2, 55), rng.choice([-1, 1])
    where = rng.random()
    turn = np.pi * rng.integers(2) + rng.normal(0, 0.2)
    t = side * (terrain.half_width + rng.uniform(0.5, max(1.0, terrain.sidewalk)))
    if where < 0.2:
        t, turn = rng.uniform(-1.2, 1.2) * terrain.half_width, turn + np.pi / 2
    elif where < 0.35:
        t, turn = t + side * rng.uniform(0, 6), rng.uniform(-np.pi, np.pi)
    speed = rng.uniform(0, 1.8)
    for i in range(rng.choice([1, 2, 3], p=[0.55, 0.33, 0.12])):
        aside = i * rng.uniform(0.65, 0.9)
        look = choose_pedestrian(rng)
        site.add_actor(
            look, s + rng.normal(0, 0.25), t + aside, turn + rng.normal(0, 0.15), speed, 0.05
        )
