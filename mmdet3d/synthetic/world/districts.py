"""Kinds of surroundings, and how often each occurs."""

from dataclasses import dataclass

import numpy as np

from mmdet3d.synthetic.world.terrain import Terrain


@dataclass(frozen=True)
class District:
    """What a kind of surroundings has, on average.

    Attributes:
        weight: how often it occurs.
        lanes: choices for the number of lanes per direction.
        sidewalk: range of the pavement's width in metres.
        side_street: probability of a side street ahead.
        traffic_gap: mean distance between driving cars in a lane, in metres.
        parking: probability of a parking lane on a side.
        parked: share of its places that are taken.
        driveways: parked cars across the road, per side and 100 m.
        pedestrians: expected number, all around.
        cyclists: expected number, all around.
        building_gap: mean gap between buildings in metres.
        setback: range of the distance from pavement to buildings.
        tall: probability that a building is a block, not a house.
        frontage: share of the frontage with a hedge, fence or wall.
        trees: per side and 100 m.
        bushes: per side and 100 m.
        tree_line: probability of trees instead of buildings in the distance.
        thickets: share of the roadside with undergrowth where nothing else stands.
    """

    weight: float
    lanes: tuple[int, ...]
    sidewalk: tuple[float, float]
    side_street: float
    traffic_gap: float
    parking: float
    parked: float
    driveways: float
    pedestrians: float
    cyclists: float
    building_gap: float
    setback: tuple[float, float]
    tall: float
    frontage: float
    trees: float
    bushes: float
    tree_line: float
    thickets: float


DISTRICTS = {
    'city': District(
        weight=0.3,
        lanes=(1, 1, 2),
        sidewalk=(2.0, 4.0),
        side_street=0.5,
        traffic_gap=50,
        parking=0.6,
        parked=0.38,
        driveways=0.4,
        pedestrians=5,
        cyclists=3,
        building_gap=3,
        setback=(0.5, 4),
        tall=0.8,
        frontage=0.1,
        trees=4,
        bushes=2,
        tree_line=0.3,
        thickets=0.6,
    ),
    'suburb': District(
        weight=0.35,
        lanes=(1,),
        sidewalk=(1.5, 2.5),
        side_street=0.5,
        traffic_gap=65,
        parking=0.5,
        parked=0.3,
        driveways=1.3,
        pedestrians=3,
        cyclists=2.5,
        building_gap=7,
        setback=(3, 8),
        tall=0.15,
        frontage=0.7,
        trees=6,
        bushes=8,
        tree_line=0.6,
        thickets=0.75,
    ),
    'campus': District(
        weight=0.15,
        lanes=(1,),
        sidewalk=(3.0, 6.0),
        side_street=0.4,
        traffic_gap=90,
        parking=0.3,
        parked=0.4,
        driveways=2,
        pedestrians=10,
        cyclists=6,
        building_gap=10,
        setback=(3, 12),
        tall=0.8,
        frontage=0.2,
        trees=7,
        bushes=6,
        tree_line=0.6,
        thickets=0.75,
    ),
    'country': District(
        weight=0.2,
        lanes=(1, 1, 2),
        sidewalk=(0.0, 0.0),
        side_street=0.3,
        traffic_gap=45,
        parking=0.0,
        parked=0.0,
        driveways=0.6,
        pedestrians=0.6,
        cyclists=1.6,
        building_gap=45,
        setback=(8, 25),
        tall=0.2,
        frontage=0.1,
        trees=12,
        bushes=14,
        tree_line=0.9,
        thickets=0.95,
    ),
}


def choose_district(rng: np.random.Generator) -> District:
    """Draw a kind of surroundings."""
    weights = np.array([district.weight for district in DISTRICTS.values()])
    return list(DISTRICTS.values())[rng.choice(len(weights), p=weights / weights.sum())]


def choose_terrain(rng: np.random.Generator, district: District) -> Terrain:
    """Draw the ground and the road of a district; the car drives in a right lane."""
    lanes = int(rng.choice(district.lanes))
    lane_width = rng.uniform(2.9, 3.5)
    lane = rng.integers(lanes)
    heading = rng.normal(0, 0.015)
    parking = 2.1 * (rng.random() < district.parking)
    side_street = rng.uniform(14, 60) if rng.random() < district.side_street else None
    return Terrain(
        offset=lane_width * (lane + 0.5) + rng.normal(0, 0.15),
        heading=heading,
        curvature=rng.normal(0, 1 / 600),
        lane_width=lane_width,
        lanes=lanes,
        half_width=lanes * lane_width + parking + 0.25,
        sidewalk=rng.uniform(*district.sidewalk),
        kerb=rng.uniform(0.06, 0.14) if district.sidewalk[1] > 0 else 0.0,
        bank=rng.normal(0.01, 0.03),
        tilt=(rng.normal(0, 0.006), rng.normal(0, 0.005)),
        waves=_choose_waves(rng),
        side_street=side_street,
    )


def _choose_waves(rng: np.random.Generator) -> np.ndarray:
    """Draw a few long swells and a few short bumps."""
    lengths = np.concatenate([rng.uniform(60, 180, 3), rng.uniform(12, 30, 3)])
    amplitudes = np.concatenate([rng.uniform(0.05, 0.35, 3), rng.uniform(0.0, 0.015, 3)])
    ways = rng.uniform(0, 2 * np.pi, 6)
    numbers = 2 * np.pi / lengths
    phases = rng.uniform(0, 2 * np.pi, 6)
    return np.stack([amplitudes, numbers * np.cos(ways), numbers * np.sin(ways), phases], axis=1)
