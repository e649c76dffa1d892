"""Meshes of what closes a road; z up, the ground is z = 0."""

import numpy as np

from mmdet3d.synthetic.shapes.materials import Material
from mmdet3d.synthetic.shapes.meshes import Mesh, box, loft, merge, tube


def barrier() -> Mesh:
    """Build a barrier that closes the way along x: 2.5 m wide (y), 0.5 m deep, 1 m tall."""
    profile = ((0.25, 0.0), (0.25, 0.12), (0.13, 0.38), (0.07, 1.0))
    rings = np.array([_section(y, profile) for y in (-1.25, 1.25)])
    return loft(rings, Material.WALL)


def traffic_cone() -> Mesh:
    """Build a cone 1.05 m tall on a square foot, with a reflecting band."""
    return merge(
        [
            box((-0.2, -0.2, 0.0), (0.2, 0.2, 0.05), Material.RUBBER),
            tube((0, 0, 0.05), (0, 0, 1.05), (0.16, 0.035), Material.COAT, 10),
            tube((0, 0, 0.60), (0, 0, 0.75), (0.098, 0.08), Material.REFLECTOR, 10),
        ]
    )


def _section(
    y: float, profile: tuple[tuple[float, float], ...]
) -> list[tuple[float, float, float]]:
    ahead = [(x, y, z) for x, z in profile]
    return ahead + [(-x, y, z) for x, z in reversed(profile)]
