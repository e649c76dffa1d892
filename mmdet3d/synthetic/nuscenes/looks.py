"""Drawing the shape, size and paint of what nuScenes annotates."""

from dataclasses import dataclass

import numpy as np

from mmdet3d.synthetic.shapes.catalogue import NUM_VARIANTS, natural_size
from mmdet3d.synthetic.world.actors import PAINTS, Look

_ORANGE, _YELLOW, _WHITE = (0.93, 0.38, 0.10), (0.90, 0.68, 0.10), (0.88, 0.88, 0.86)


@dataclass(frozen=True)
class Kind:
    """A kind of object.

    Attributes:
        category: its name in nuScenes' taxonomy.
        shapes: names in the catalogue of shapes, one of which is drawn.
        size: mean length, width and height of its box in metres; None takes the shape's own.
        spread: standard deviations of the size.
        colors: visible colours to draw from; empty for the paints of cars.
    """

    category: str
    shapes: tuple[str, ...]
    size: tuple[float, float, float] | None
    spread: tuple[float, float, float]
    colors: tuple[tuple[float, float, float], ...] = ()


def _variants(shape: str) -> tuple[str, ...]:
    return tuple(f'{shape}/{number}' for number in range(NUM_VARIANTS[shape]))


# Sizes follow the means of nuScenes' classes, roughly; buses and trailers are a little narrower, so
# that they pass each other on every road.
KINDS = {
    'sedan': Kind('vehicle.car', ('sedan',), (4.70, 1.90, 1.48), (0.15, 0.05, 0.05)),
    'hatchback': Kind('vehicle.car', ('hatchback',), (4.30, 1.84, 1.53), (0.15, 0.05, 0.05)),
    'estate': Kind('vehicle.car', ('estate',), (4.70, 1.88, 1.52), (0.15, 0.05, 0.05)),
    'suv': Kind('vehicle.car', ('suv',), (4.75, 1.98, 1.80), (0.15, 0.05, 0.06)),
    'van': Kind('vehicle.car', ('van',), (5.10, 2.00, 2.10), (0.20, 0.05, 0.12)),
    'truck': Kind('vehicle.truck', ('truck',), (7.00, 2.45, 2.95), (0.60, 0.06, 0.20)),
    'bus': Kind('vehicle.bus.rigid', ('bus',), (11.2, 2.70, 3.40), (0.50, 0.03, 0.10)),
    'trailer': Kind('vehicle.trailer', ('trailer',), (11.0, 2.65, 3.80), (0.50, 0.03, 0.10)),
    'excavator': Kind(
        'vehicle.construction', ('excavator',), (6.40, 2.72, 3.20), (0.3, 0.08, 0.15), (_YELLOW,)
    ),
    'cyclist': Kind(
        'vehicle.bicycle', _variants('cyclist'), (1.76, 0.62, 1.72), (0.08, 0.05, 0.07)
    ),
    'bicycle': Kind('vehicle.bicycle', ('bicycle',), (1.74, 0.58, 1.06), (0.06, 0.04, 0.04)),
    'motorcyclist': Kind(
        'vehicle.motorcycle', ('motorcyclist',), (2.12, 0.82, 1.60), (0.08, 0.04, 0.05)
    ),
    'motorcycle': Kind(
        'vehicle.motorcycle', ('motorcycle',), (2.10, 0.80, 1.15), (0.08, 0.04, 0.05)
    ),
    'pedestrian': Kind('human.pedestrian.adult', _variants('pedestrian'), None, (0.04, 0.04, 0.06)),
    'barrier': Kind(
        'movable_object.barrier', ('barrier',), (0.50, 2.50, 1.00), (0.02, 0.05, 0.03), (_WHITE,)
    ),
    'cone': Kind(
        'movable_object.trafficcone',
        ('traffic_cone',),
        (0.41, 0.41, 1.05),
        (0.01, 0.01, 0.04),
        (_ORANGE,),
    ),
}
CARS = ('sedan', 'hatchback', 'estate', 'suv', 'van')
_CLOTHED = ('cyclist', 'motorcyclist', 'pedestrian')


def choose_look(rng: np.random.Generator, name: str) -> Look:
    """Draw an object of a kind.

    Args:
        rng: decides.
        name: a key of ``KINDS``.
    """
    kind = KINDS[name]
    shape = kind.shapes[rng.integers(len(kind.shapes))]
    mean = np.array(kind.size or natural_size(shape))
    size = mean + np.clip(rng.normal(size=3), -2.2, 2.2) * kind.spread
    length, width, height = size.tolist()
    tone, color = _paint(rng, name, kind)
    return Look(kind.category, shape, (length, width, height), tone, color)


def _paint(
    rng: np.random.Generator, name: str, kind: Kind
) -> tuple[float, tuple[float, float, float]]:
    """Draw the reflectance and the visible colour of an object's tinted surfaces."""
    if kind.colors:
        return rng.uniform(0.3, 0.5), kind.colors[rng.integers(len(kind.colors))]
    if name in _CLOTHED:
        tone, (red, green, blue) = rng.uniform(0.15, 0.6), rng.uniform(0.15, 0.9, 3).tolist()
        return tone, (red, green, blue)
    shares = np.array([share for share, _, _ in PAINTS])
    _, tone, color = PAINTS[rng.choice(len(PAINTS), p=shares / shares.sum())]
    return tone * rng.uniform(0.7, 1.3), color
