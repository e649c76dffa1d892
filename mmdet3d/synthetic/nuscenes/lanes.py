"""Filling the lanes: all vehicles of a lane drive at one speed, so that none catches up."""

import numpy as np

from mmdet3d.synthetic.nuscenes.builder import Builder
from mmdet3d.synthetic.nuscenes.looks import CARS
from mmdet3d.synthetic.nuscenes.world import REACH
from mmdet3d.synthetic.world.districts import District

_VEHICLES = (*CARS, 'truck', 'bus', 'motorcyclist')
_SHARES = (0.24, 0.16, 0.12, 0.22, 0.08, 0.08, 0.04, 0.06)


def add_lanes(builder: Builder, district: District) -> None:
    """Fill the lanes; all in one lane drive at one speed, those in ours at our own."""
    rng, terrain = builder.rng, builder.terrain
    own = round(abs(builder.ego[1]) / terrain.lane_width - 0.5)
    for lane in range(terrain.lanes):
        for side in (-1, 1):
            t = side * (lane + 0.5) * terrain.lane_width
            if side < 0 and lane == own:
                _fill_own_lane(builder, district)
                continue
            speed = -side * rng.uniform(5, 12)
            first = ('truck', 'trailer') if side > 0 and lane == 0 else ()
            s = builder.ego[0] + rng.uniform(6, 12)
            _fill_lane(builder, s, t, speed, first, district.traffic_gap)


def _fill_own_lane(builder: Builder, district: District) -> None:
    start, t, speed = builder.ego
    ahead = start + builder.rng.uniform(9, 14)
    ahead += builder.add_driving('motorcyclist', ahead, t, speed) + 8
    _fill_ahead(builder, ahead, t, speed, district.traffic_gap)
    behind = start - builder.rng.uniform(19, 23)
    builder.add_driving('bus', behind, t, speed)
    _fill_behind(builder, behind, t, speed, district.traffic_gap)


def _fill_lane(
    builder: Builder, s: float, t: float, speed: float, first: tuple[str, ...], gap: float
) -> None:
    """Fill a lane in both directions from ``s``, where the vehicles of ``first`` stand."""
    way = np.sign(speed)
    end = s
    for name in first:
        length = 12.5 if name == 'trailer' else 8.5
        end -= way * length
        builder.add_driving(name, end, t, speed)
    low, high = sorted((s, end))
    if way > 0:
        _fill_ahead(builder, high + 5, t, speed, gap)
        _fill_behind(builder, low, t, speed, gap)
    else:
        _fill_ahead(builder, low - 5, t, speed, gap)
        _fill_behind(builder, high, t, speed, gap)


def _fill_ahead(builder: Builder, s: float, t: float, speed: float, gap: float) -> None:
    """Place vehicles from ``s`` on in the direction of travel."""
    way = np.sign(speed)
    s += way * builder.rng.exponential(gap / 2)
    while way * s < REACH:
        length = builder.add_driving(_vehicle(builder.rng), s, t, speed)
        s += way * (length + 5 + builder.rng.exponential(gap / 2))


def _fill_behind(builder: Builder, s: float, t: float, speed: float, gap: float) -> None:
    """Place vehicles behind ``s``, those included that arrive later."""
    way = np.sign(speed)
    last = REACH + abs(speed) * builder.duration
    # The longest are 13 m.
    s -= way * (18 + builder.rng.exponential(gap / 2))
    while -way * s < last:
        builder.add_driving(_vehicle(builder.rng), s, t, speed)
        s -= way * (18 + builder.rng.exponential(gap / 2))


def _vehicle(rng: np.random.Generator) -> str:
    return str(rng.choice(_VEHICLES, p=_SHARES))
