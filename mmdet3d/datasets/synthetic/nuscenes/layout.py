"""Drawing a world with all ten classes of nuScenes' detection task."""

import numpy as np

from mmdet3d.datasets.synthetic.districts import District, choose_district, choose_terrain
from mmdet3d.datasets.synthetic.nuscenes.looks import CARS, choose_look
from mmdet3d.datasets.synthetic.nuscenes.world import REACH, Track, World
from mmdet3d.datasets.synthetic.placing import Site
from mmdet3d.datasets.synthetic.surroundings import add_surroundings
from mmdet3d.datasets.synthetic.terrain import Terrain

# How far the recording car goes at most, and how fast, in metres and m/s.
_LONGEST, _SPEEDS = 80.0, (4.0, 9.0)
# Where the map has the middle of the world, see maps.py.
_MAP_ORIGIN = 200.0
_VEHICLES = (*CARS, 'truck', 'bus', 'motorcyclist')
_SHARES = (0.24, 0.16, 0.12, 0.22, 0.08, 0.08, 0.04, 0.06)


def random_world(rng: np.random.Generator, duration: float) -> World:
    """Draw a world.

    Args:
        rng: the only source of chance: the same state gives the same world.
        duration: seconds for which nothing in it collides.
    """
    district = choose_district(rng)
    site = Site(choose_terrain(rng, district), rng)
    site.reserve_road(REACH)
    builder = _Builder(site, duration, _choose_ego(rng, site.terrain, duration))
    _add_lanes(builder, district)
    _add_road_works(builder)
    _add_walkers(builder, district)
    _add_standing(builder, district)
    add_surroundings(site, district)
    origin = (*rng.normal(_MAP_ORIGIN, 10, 2), rng.uniform(-np.pi, np.pi))
    return World(site.terrain, tuple(builder.tracks), site.scene().props, builder.ego, origin)


def _choose_ego(
    rng: np.random.Generator, terrain: Terrain, duration: float
) -> tuple[float, float, float]:
    speed = rng.uniform(*_SPEEDS)
    speed = min(speed, _LONGEST / max(duration, 1.0))
    return -speed * duration / 2, float(terrain.lateral(np.zeros(()), np.zeros(()))), speed


class _Builder:
    """A world under construction: a site, and the tracks placed on it."""

    def __init__(self, site: Site, duration: float, ego: tuple[float, float, float]) -> None:
        self.site, self.rng, self.terrain = site, site.rng, site.terrain
        self.duration, self.ego = duration, ego
        self.tracks: list[Track] = []

    def add_driving(self, name: str, s: float, t: float, speed: float) -> float:
        """Place a vehicle in a lane; gives its length. The lanes are kept free for them."""
        look = choose_look(self.rng, name)
        cycle = look.category == 'vehicle.motorcycle'
        attribute = 'cycle.with_rider' if cycle else 'vehicle.moving'
        turn = (0.0 if speed > 0 else np.pi) + self.rng.normal(0, 0.01)
        # Trailers follow their trucks in a straight line.
        aside = 0.0 if name in ('truck', 'trailer', 'bus') else self.rng.normal(0, 0.08)
        middle = s + np.sign(speed) * look.size[0] / 2
        self.tracks.append(Track(look, middle, t + aside, turn, speed, attribute))
        return look.size[0]

    def add(
        self, name: str, s: float, t: float, turn: float, attribute: str, speed: float = 0.0
    ) -> bool:
        """Place an object beside the lanes if its way is free."""
        look = choose_look(self.rng, name)
        path = (s, s + speed * self.duration)
        if not self.site.take_path(look.size, path, t, turn, margin=0.15):
            return False
        self.tracks.append(Track(look, s, t, turn, speed, attribute))
        return True


def _add_lanes(builder: _Builder, district: District) -> None:
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


def _fill_own_lane(builder: _Builder, district: District) -> None:
    start, t, speed = builder.ego
    ahead = start + builder.rng.uniform(9, 14)
    ahead += builder.add_driving('motorcyclist', ahead, t, speed) + 8
    _fill_ahead(builder, ahead, t, speed, district.traffic_gap)
    behind = start - builder.rng.uniform(19, 23)
    builder.add_driving('bus', behind, t, speed)
    _fill_behind(builder, behind, t, speed, district.traffic_gap)


def _fill_lane(
    builder: _Builder, s: float, t: float, speed: float, first: tuple[str, ...], gap: float
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


def _fill_ahead(builder: _Builder, s: float, t: float, speed: float, gap: float) -> None:
    """Place vehicles from ``s`` on in the direction of travel."""
    way = np.sign(speed)
    s += way * builder.rng.exponential(gap / 2)
    while way * s < REACH:
        length = builder.add_driving(_vehicle(builder.rng), s, t, speed)
        s += way * (length + 5 + builder.rng.exponential(gap / 2))


def _fill_behind(builder: _Builder, s: float, t: float, speed: float, gap: float) -> None:
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


def _edge(builder: _Builder) -> float:
    return builder.terrain.half_width + builder.terrain.sidewalk


def _add_road_works(builder: _Builder) -> None:
    """Dig beside the road where the recording car starts, and once more further on."""
    for s in (builder.ego[0] + builder.rng.uniform(7, 11), builder.rng.uniform(20, 60)):
        for i in range(5):
            t = -(builder.terrain.half_width + 0.3)
            builder.add('cone', s + (i - 2) * 2.6, t, builder.rng.uniform(-3, 3), '')
            builder.add('barrier', s + (i - 2) * 2.9, -(_edge(builder) + 0.9), np.pi / 2, '')
        turn = builder.rng.choice([0.0, np.pi]) + builder.rng.normal(0, 0.2)
        builder.add('excavator', s, -(_edge(builder) + 3.6), turn, 'vehicle.parked')


def _add_walkers(builder: _Builder, district: District) -> None:
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


def _add_cyclist(builder: _Builder, s: float, side: int) -> bool:
    rng = builder.rng
    way = rng.choice([-1, 1])
    t = side * (builder.terrain.half_width + rng.uniform(0.5, 1.0 + builder.terrain.sidewalk))
    turn = (0.0 if way > 0 else np.pi) + rng.normal(0, 0.05)
    return builder.add('cyclist', s, t, turn, 'cycle.with_rider', way * rng.uniform(2.5, 5))


def _add_pedestrian(builder: _Builder, s: float) -> bool:
    rng = builder.rng
    side, way = rng.choice([-1, 1], 2)
    t = side * (builder.terrain.half_width + rng.uniform(0.4, 1.2 + builder.terrain.sidewalk))
    if rng.random() < 0.3:
        turn = rng.uniform(-np.pi, np.pi)
        return builder.add('pedestrian', s, t, turn, 'pedestrian.standing')
    turn = (0.0 if way > 0 else np.pi) + rng.normal(0, 0.1)
    speed = way * rng.uniform(0.7, 1.8)
    return builder.add('pedestrian', s, t, turn, 'pedestrian.moving', speed)


def _add_standing(builder: _Builder, district: District) -> None:
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


def _add_driveway(builder: _Builder, s: float, side: int) -> None:
    rng = builder.rng
    name = str(rng.choice([*CARS, 'truck'], p=[0.18] * 5 + [0.1]))
    t = side * (_edge(builder) + rng.uniform(3.6, 6.5))
    turn = rng.choice([-1, 1]) * np.pi / 2 + rng.normal(0, 0.1)
    builder.add(name, s, t, turn, 'vehicle.parked')
