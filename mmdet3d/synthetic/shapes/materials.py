"""What surfaces are made of: how they return a laser pulse and what they look like."""

from dataclasses import dataclass
from enum import IntEnum, auto

import numpy as np


class Material(IntEnum):
    """Kinds of surface."""

    ASPHALT = 0
    MARKING = auto()
    PAVEMENT = auto()
    GRASS = auto()
    PAINT = auto()
    GLASS = auto()
    RUBBER = auto()
    METAL = auto()
    REFLECTOR = auto()
    SKIN = auto()
    COAT = auto()
    TROUSERS = auto()
    WALL = auto()
    WINDOW = auto()
    ROOF = auto()
    BARK = auto()
    LEAF = auto()
    WOOD = auto()


@dataclass(frozen=True)
class Surface:
    """Optical properties, at the scanner's 905 nm unless said otherwise.

    Attributes:
        reflectance: returned share at perpendicular incidence, 0..1.
        gloss: how much of it depends on hitting the surface squarely, 0..1.
        lost: share of pulses that never come back, whatever the range.
        roughness: standard deviation of the surface around its mesh, in metres.
        color: visible colour, RGB in 0..255.
        tinted: whether reflectance and colour are multiplied by those of the object.
    """

    reflectance: float
    gloss: float
    lost: float
    roughness: float
    color: tuple[int, int, int]
    tinted: bool = False


SURFACES = {
    Material.ASPHALT: Surface(0.30, 0.05, 0.01, 0.005, (92, 92, 96)),
    Material.MARKING: Surface(0.62, 0.05, 0.01, 0.005, (215, 215, 210)),
    Material.PAVEMENT: Surface(0.33, 0.05, 0.01, 0.008, (150, 145, 140)),
    Material.GRASS: Surface(0.40, 0.0, 0.02, 0.03, (84, 118, 58)),
    Material.PAINT: Surface(1.0, 0.75, 0.05, 0.0, (255, 255, 255), tinted=True),
    Material.GLASS: Surface(0.06, 0.9, 0.60, 0.0, (40, 48, 56)),
    Material.RUBBER: Surface(0.06, 0.1, 0.05, 0.0, (28, 28, 30)),
    Material.METAL: Surface(0.35, 0.4, 0.02, 0.0, (130, 132, 135)),
    Material.REFLECTOR: Surface(1.6, 0.1, 0.0, 0.0, (225, 220, 200)),
    Material.SKIN: Surface(0.45, 0.1, 0.01, 0.0, (205, 160, 135)),
    Material.COAT: Surface(1.0, 0.1, 0.02, 0.01, (255, 255, 255), tinted=True),
    Material.TROUSERS: Surface(0.30, 0.1, 0.02, 0.01, (52, 56, 78)),
    Material.WALL: Surface(1.0, 0.05, 0.01, 0.005, (255, 255, 255), tinted=True),
    Material.WINDOW: Surface(0.18, 0.5, 0.20, 0.03, (70, 84, 98)),
    Material.ROOF: Surface(0.22, 0.05, 0.02, 0.02, (140, 78, 62)),
    Material.BARK: Surface(0.30, 0.0, 0.01, 0.01, (94, 78, 62)),
    Material.LEAF: Surface(0.42, 0.0, 0.06, 0.06, (62, 98, 44)),
    Material.WOOD: Surface(0.38, 0.05, 0.01, 0.005, (140, 108, 76)),
}


def surface_table(name: str) -> np.ndarray:
    """Give one property of every material, indexed by :class:`Material`.

    Args:
        name: a field of :class:`Surface`.

    Returns:
        array (number of materials,), or (number of materials, 3) for 'color'.
    """
    return np.array([getattr(SURFACES[material], name) for material in Material])
