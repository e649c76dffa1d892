"""Placing what stands, walks and cycles beside the lanes."""

import numpy as np

from mmdet3d.synthetic.nuscenes.builder import Builder
from mmdet3d.synthetic.nuscenes.looks import CARS
from mmdet3d.synthetic.world.districts import District


def _edge(builder: Builder) -> float:
    return builder.terrain.half_width + builder.terrain.sidewalk


def add_road_works(builder: Builder) -> None:
    """Dig beside the road where the recording car starts, and once more further on."""
    for s in (builder.ego[0] + builder.rng.uniform(7, 11), builder.rng.uniform(20, 60)):
        for i in range(5):
            t = -(builder.terrain.half_width + 0.3)
            builder.add('cone', s + (i - 2) * 2.6, t, builder.rng.uniform(-3, 3), '')
            builder.add('barrier', s + (i - 2) * 2.9, -(_edge(builder) + 0.9), np.pi / 2, '')
        turn = builder.rng.choice([0.0, np.pi]) + builder.rng.normal(0, 0.2)
        builder.add('excavator', s, -(_edge(builder) + 3.6), turn, 'vehicle.parked')


def add_walkers(builder: Builder, district: District) -> None:
    """Let people walk, stand and cycle beside the lanes; some of each near the recording car."""
    rng, start = builder.rng, builder.ego[0]
    for _ in range(30):
        if _add_cyclist(builder, start + rng.uniform(2, 14), 1):
            break
    for _ in range(rng.poisson(district.cyclists)):
        _add_cyclist(builder, rng.uniform(-60, 70), rng.choice([-1, 1]))
    for i in range(3 + rng.poisson(2 * district.pedestrians)):
        near = start + rng.uniform(0, 18)
        _add_pedestrian(builder, near if i < 6 else rng.uniform(-60, 70))


def _add_cyclist(builder: Builder, s: float, side: int) -> bool:
    rng = builder.rng
    way = rng.choice([-1, 1])
    t = side * (builder.terrain.half_width + rng.uniform(0.5, 1.0 + builder.terrain.sidewalk))
    turn = (0.0 if way > 0 else np.pi) + rng.normal(0, 0.05)
    return builder.add('cyclist', s, t, turn, 'cycle.with_rider', way * rng.uniform(2.5, 5))


def _add_pedestrian(builder: Builder, s: float) -> bool:
    rng = builder.rng
    side, way = rng.choice([-1, 1], 2)
    t = side * (builder.terrain.half_width + rng.uniform(0.4, 1.2 + builder.terrain.sidewalk))
    if rng.random() < 0.3:
        turn = rng.uniform(-np.pi, np.pi)
        return builder.add('pedestrian', s, t, turn, 'pedestrian.standing')
    turn = (0.0 if way > 0 else np.pi) + rng.normal(0, 0.1)
    speed = way * rng.uniform(0.7, 1.8)
    return builder.add('pedestrian', s, t, turn, 'pedestrian.moving', speed)


def add_standing(builder: Builder, district: District) -> None:
    """Park vehicles at the kerbs, across the road in driveways, and let some wait to turn in."""
    rng, terrain = builder.rng, builder.terrain
    room = terrain.half_width - terrain.lanes * terrain.lane_width
    for side in (-1, 1):
        along = 0.0 if side < 0 else np.pi
        for s in np.arange(-75, 90, 6.2) + rng.uniform(-1, 1):
            if room > 1.5 and rng.random() < district.parked and not terrain.on_side_street(s, 4):
                t = side * (terrain.half_width - room / 2 + 0.1)
                builder.add(str(rng.choice(CARS)), s, t, along, 'vehicle.parked')
        for _ in range(rng.poisson(2 * district.driveways)):
            _add_driveway(builder, rng.uniform(-75, 90), side)
        for _ in range(rng.poisson(1.2)):
            t = side * (_edge(builder) - 0.4)
            turn = along + np.pi / 2 + rng.normal(0, 0.2)
            name = str(rng.choice(['bicycle', 'motorcycle']))
            builder.add(name, rng.uniform(-40, 60), t, turn, 'cycle.without_rider')
    if terrain.side_street is not None:
        t = terrain.half_width + rng.uniform(3, 5)
        s = terrain.side_street - terrain.side_half_width / 2
        builder.add(str(rng.choice(CARS)), s, t, -np.pi / 2, 'vehicle.stopped')


def _add_driveway(builder: Builder, s: float, side: int) -> None:
    rng = builder.rng
    name = str(rng.choice([*CARS, 'truck'], p=[0.18] * 5 + [0.1]))
    t = side * (_edge(builder) + rng.uniform(3.6, 6.5))
    turn = rng.choice([-1, 1]) * np.pi / 2 + rng.normal(0, 0.1)
    builder.add(name, s, t, turn, 'vehicle.parked')
