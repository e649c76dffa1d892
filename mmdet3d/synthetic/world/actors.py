"""Drawing single road users: their shape, size and paint."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mmdet3d.synthetic.shapes.catalogue import NUM_VARIANTS, natural_size

# Reflectance at 905 nm and visible colour of car paints with how common they are.
PAINTS = (
    (0.22, 0.05, (0.10, 0.10, 0.11)),
    (0.18, 0.14, (0.35, 0.36, 0.38)),
    (0.20, 0.24, (0.70, 0.71, 0.73)),
    (0.14, 0.34, (0.93, 0.93, 0.92)),
    (0.12, 0.12, (0.14, 0.20, 0.45)),
    (0.09, 0.22, (0.62, 0.10, 0.10)),
    (0.05, 0.16, (0.16, 0.30, 0.20)),
)
# Bodies of cars: share, and mean length, width and height in metres. Together they have the mean
# size of KITTI's cars, 3.9 x 1.6 x 1.56 m, roughly.
CAR_BODIES = {
    'hatchback': (0.36, (3.85, 1.62, 1.50)),
    'sedan': (0.20, (4.35, 1.67, 1.45)),
    'estate': (0.18, (4.25, 1.65, 1.49)),
    'suv': (0.12, (4.15, 1.72, 1.69)),
    'compact': (0.14, (3.35, 1.55, 1.52)),
}


@dataclass(frozen=True)
class Look:
    """A road user that has no place yet; the fields are those of an Actor."""

    category: str
    shape: str
    size: tuple[float, float, float]
    tone: float
    color: tuple[float, float, float]


def choose_vehicle(rng: np.random.Generator, parked: bool = False) -> Look:
    """Draw a car, or now and then a van or a truck."""
    dice = rng.random()
    if dice < 0.015 and not parked:
        return _vehicle(rng, 'Truck', 'truck', (8.0, 2.55, 3.3), (0.8, 0.08, 0.25))
    if dice < 0.10:
        return _vehicle(rng, 'Van', 'van', (5.0, 1.90, 2.15), (0.3, 0.08, 0.2))
    shares = np.array([share for share, _ in CAR_BODIES.values()])
    body = list(CAR_BODIES)[rng.choice(len(shares), p=shares / shares.sum())]
    return _vehicle(rng, 'Car', body, CAR_BODIES[body][1], (0.15, 0.05, 0.05))


def _vehicle(
    rng: np.random.Generator,
    category: str,
    shape: str,
    mean: tuple[float, ...],
    spread: tuple[float, ...],
) -> Look:
    shares = np.array([share for share, _, _ in PAINTS])
    _, tone, color = PAINTS[rng.choice(len(PAINTS), p=shares / shares.sum())]
    return Look(category, shape, _size(rng, mean, spread), tone * rng.uniform(0.7, 1.3), color)


def choose_pedestrian(rng: np.random.Generator) -> Look:
    """Draw a person on foot, now and then a child."""
    shape = f'pedestrian/{rng.integers(NUM_VARIANTS["pedestrian"])}'
    scale = rng.uniform(0.62, 0.85) if rng.random() < 0.06 else rng.normal(1.0, 0.04)
    mean = scale * (np.array(natural_size(shape)) + [0.06, 0.06, 0.0])
    size = _size(rng, mean, (0.05, 0.04, 0.02))
    return Look('Pedestrian', shape, size, rng.uniform(0.15, 0.6), _cloth_color(rng))


def choose_cyclist(rng: np.random.Generator) -> Look:
    """Draw a rider with a bicycle."""
    shape = f'cyclist/{rng.integers(NUM_VARIANTS["cyclist"])}'
    size = _size(rng, (1.76, 0.62, 1.74), (0.08, 0.05, 0.07))
    return Look('Cyclist', shape, size, rng.uniform(0.15, 0.6), _cloth_color(rng))


def _size(
    rng: np.random.Generator, mean: ArrayLike, spread: ArrayLike
) -> tuple[float, float, float]:
    deviation = np.clip(rng.normal(size=3), -2.2, 2.2) * np.asarray(spread)
    length, width, height = np.asarray(mean) + deviation
    return float(length), float(width), float(height)


def _cloth_color(rng: np.random.Generator) -> tuple[float, float, float]:
    red, green, blue = rng.uniform(0.15, 0.9, 3)
    return float(red), float(green), float(blue)
