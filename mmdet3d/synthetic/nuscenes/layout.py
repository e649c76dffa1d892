"""Drawing a world with all ten classes of nuScenes' detection task."""

import numpy as np

from mmdet3d.synthetic.nuscenes.builder import Builder
from mmdet3d.synthetic.nuscenes.lanes import add_lanes
from mmdet3d.synthetic.nuscenes.roadside import (
    add_road_works,
    add_standing,
    add_walkers,
)
from mmdet3d.synthetic.nuscenes.world import REACH, World
from mmdet3d.synthetic.world.districts import choose_district, choose_terrain
from mmdet3d.synthetic.world.placing import Site
from mmdet3d.synthetic.world.surroundings import add_surroundings
from mmdet3d.synthetic.world.terrain import Terrain

# How far the recording car goes at most, and how fast, in metres and m/s.
_LONGEST, _SPEEDS = 80.0, (4.0, 9.0)
# Where the map has the middle of the world, see maps.py.
_MAP_ORIGIN = 200.0


def random_world(rng: np.random.Generator, duration: float) -> World:
    """Draw a world.

    Args:
        rng: the only source of chance: the same state gives the same world.
        duration: seconds for which nothing in it collides.
    """
    district = choose_district(rng)
    site = Site(choose_terrain(rng, district), rng)
    site.reserve_road(REACH)
    builder = Builder(site, duration, _choose_ego(rng, site.terrain, duration))
    add_lanes(builder, district)
    add_road_works(builder)
    add_walkers(builder, district)
    add_standing(builder, district)
    add_surroundings(site, district)
    origin = (*rng.normal(_MAP_ORIGIN, 10, 2), rng.uniform(-np.pi, np.pi))
    return World(site.terrain, tuple(builder.tracks), site.scene().props, builder.ego, origin)


def _choose_ego(
    rng: np.random.Generator, terrain: Terrain, duration: float
) -> tuple[float, float, float]:
    speed = rng.uniform(*_SPEEDS)
    speed = min(speed, _LONGEST / max(duration, 1.0))
    return -speed * duration / 2, float(terrain.lateral(np.zeros(()), np.zeros(()))), speed
