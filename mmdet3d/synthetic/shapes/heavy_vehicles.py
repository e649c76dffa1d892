"""Meshes of buses, trailers and excavators; x points ahead, y left, z up, the ground is z = 0."""

from mmdet3d.synthetic.shapes.materials import Material
from mmdet3d.synthetic.shapes.meshes import Mesh, box, merge, tube


def bus() -> Mesh:
    """Build a city bus, 11.2 m long, with a band of windows all around."""
    parts = [
        box((-5.6, -1.37, 0.35), (5.6, 1.37, 1.30), Material.PAINT),
        box((-5.55, -1.33, 1.30), (5.55, 1.33, 2.55), Material.GLASS),
        box((-5.6, -1.37, 2.55), (5.6, 1.37, 3.25), Material.PAINT),
        box((-3.0, -0.9, 3.25), (1.0, 0.9, 3.45), Material.METAL),
        *[box((x, -1.36, 1.30), (x + 0.15, 1.36, 2.55), Material.PAINT) for x in _PILLARS],
        box((-5.62, -0.26, 0.6), (-5.6, 0.26, 0.75), Material.REFLECTOR),
        box((5.6, -1.2, 0.6), (5.62, 1.2, 0.8), Material.REFLECTOR),
    ]
    return merge([*parts, *_wheels((-2.9, 3.0), 1.3, 0.48)])


def trailer() -> Mesh:
    """Build a box trailer, 11 m long, its drawbar ahead."""
    parts = [
        box((-5.5, -1.3, 1.10), (4.6, 1.3, 3.8), Material.PAINT),
        box((-5.4, -0.5, 0.75), (4.5, 0.5, 1.10), Material.METAL),
        box((4.5, -0.12, 0.70), (5.5, 0.12, 0.90), Material.METAL),
        box((-5.52, -1.2, 1.15), (-5.5, 1.2, 1.3), Material.REFLECTOR),
    ]
    return merge([*parts, *_wheels((-4.2, -3.1, 3.4), 1.25, 0.5)])


def excavator() -> Mesh:
    """Build a tracked excavator, 6.4 m long, its arm ahead with the bucket on the ground."""
    parts = [
        box((-0.6, -0.9, 0.85), (-0.1, 0.9, 1.1), Material.METAL),
        box((-2.9, -1.25, 1.1), (0.6, 1.25, 2.0), Material.PAINT),
        box((-0.9, 0.25, 2.0), (0.6, 1.25, 3.0), Material.GLASS),
        tube((0.4, -0.3, 1.7), (2.3, -0.3, 3.0), (0.28, 0.22), Material.PAINT, 6),
        tube((2.3, -0.3, 3.0), (3.0, -0.3, 0.9), (0.2, 0.15), Material.PAINT, 6),
        box((2.5, -0.75, 0.0), (3.4, 0.15, 0.9), Material.METAL),
    ]
    for side in (-1, 1):
        low, high = sorted((side * 0.8, side * 1.36))
        parts.append(box((-2.3, low, 0.0), (1.5, high, 0.85), Material.RUBBER))
    return merge(parts)


_PILLARS = (-5.5, -3.6, -1.8, 0.0, 1.8, 3.6, 5.35)


def _wheels(places: tuple[float, ...], half_width: float, radius: float) -> list[Mesh]:
    return [
        tube(
            (x, side * (half_width - 0.3), radius),
            (x, side * half_width, radius),
            (radius, radius),
            Material.RUBBER,
            10,
        )
        for x in places
        for side in (-1, 1)
    ]
