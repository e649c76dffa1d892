"""Meshes of motorcycles; x points ahead, y left, z up, the ground is z = 0."""

import numpy as np

from mmdet3d.synthetic.shapes.materials import Material
from mmdet3d.synthetic.shapes.meshes import Mesh, box, ellipsoid, loft, merge, tube


def motorcycle() -> Mesh:
    """Build a parked motorcycle, 2.1 m long, without a rider."""
    return merge(_machine())


def motorcyclist() -> Mesh:
    """Build a motorcycle and its rider, 1.65 m tall."""
    hip, shoulder = np.array([-0.30, 0.0, 0.85]), np.array([0.02, 0.0, 1.36])
    parts = [*_machine(), _back(hip, shoulder)]
    parts.append(ellipsoid(shoulder + [0.08, 0, 0.17], (0.14, 0.12, 0.15), Material.PAINT))
    for side in (-1, 1):
        knee, foot = np.array([0.12, side * 0.24, 0.72]), np.array([-0.12, side * 0.22, 0.32])
        hand = np.array([0.48, side * 0.33, 1.02])
        start = shoulder + [0, side * 0.18, -0.04]
        parts += [
            tube(hip + [0, side * 0.1, 0], knee, (0.1, 0.08), Material.TROUSERS, 6),
            tube(knee, foot, (0.075, 0.06), Material.TROUSERS, 6),
            tube(start, hand, (0.06, 0.045), Material.COAT, 6),
        ]
    return merge(parts)


def _machine() -> list[Mesh]:
    wheels = [
        tube((x, -0.06, 0.31), (x, 0.06, 0.31), (0.31, 0.31), Material.RUBBER, 12)
        for x in (-0.74, 0.74)
    ]
    return [
        *wheels,
        box((-0.35, -0.16, 0.22), (0.30, 0.16, 0.60), Material.METAL),
        ellipsoid((0.12, 0, 0.80), (0.32, 0.17, 0.16), Material.PAINT),
        box((-0.95, -0.14, 0.72), (-0.10, 0.14, 0.84), Material.RUBBER),
        tube((0.74, 0, 0.31), (0.42, 0, 1.0), (0.06, 0.05), Material.METAL, 6),
        tube((0.45, -0.38, 1.02), (0.45, 0.38, 1.02), (0.025, 0.025), Material.METAL, 5),
        box((0.55, -0.08, 0.80), (0.62, 0.08, 0.96), Material.REFLECTOR),
    ]


def _back(hip: np.ndarray, shoulder: np.ndarray) -> Mesh:
    angles = np.arange(8) * np.pi / 4
    rings = [
        hip
        + share * (shoulder - hip)
        + np.stack([0.13 * np.cos(angles), width * np.sin(angles), 0 * angles], -1)
        for share, width in ((0.0, 0.17), (0.5, 0.18), (0.9, 0.22), (1.0, 0.12))
    ]
    return loft(np.stack(rings), Material.COAT)
