"""Meshes of what stands beside a road; z up, the ground is z = 0."""

import numpy as np

from mmdet3d.synthetic.shapes.materials import Material
from mmdet3d.synthetic.shapes.meshes import (
    Mesh,
    box,
    ellipsoid,
    make_mesh,
    merge,
    moved,
    quad,
    scraps,
    tube,
)


def block(columns: int = 6, storeys: int = 4) -> Mesh:
    """Build a flat-roofed building of 1 x 1 x 1 with rows of windows on its four sides."""
    parts = [box((-0.5, -0.5, 0), (0.5, 0.5, 1), Material.WALL)]
    return merge([*parts, *_windows(columns, storeys, 0.96)])


def house() -> Mesh:
    """Build a house of 1 x 1 x 1 with a gabled roof whose ridge runs along x."""
    eaves, out = 0.58, 0.54
    ridge = [(-out, 0, 1), (out, 0, 1)]
    left = [(-out, out, eaves - 0.03), (out, out, eaves - 0.03)]
    right = [(-out, -out, eaves - 0.03), (out, -out, eaves - 0.03)]
    gables = [(x, y, z) for x in (-0.5, 0.5) for y, z in ((-0.5, eaves), (0.5, eaves), (0, 0.97))]
    return merge(
        [
            box((-0.5, -0.5, 0), (0.5, 0.5, eaves), Material.WALL),
            make_mesh(gables, [(0, 1, 2), (3, 4, 5)], Material.WALL),
            quad([left[0], left[1], ridge[1], ridge[0]], Material.ROOF),
            quad([right[0], right[1], ridge[1], ridge[0]], Material.ROOF),
            *_windows(4, 2, eaves),
        ]
    )


def _windows(columns: int, storeys: int, top: float) -> list[Mesh]:
    """Build panes just before the four walls of a unit building."""
    panes = []
    for i in range(columns):
        for j in range(storeys):
            a0, a1 = (i + 0.28) / columns - 0.5, (i + 0.72) / columns - 0.5
            z0, z1 = (j + 0.30) / storeys * top, (j + 0.80) / storeys * top
            for side in (-0.502, 0.502):
                along_x = [(a0, side, z0), (a1, side, z0), (a1, side, z1), (a0, side, z1)]
                panes.append(quad(along_x, Material.WINDOW))
                panes.append(quad([(y, x, z) for x, y, z in along_x], Material.WINDOW))
    return panes


def tree(seed: int) -> Mesh:
    """Build a tree about 7 m tall; ``seed`` chooses one of its kind."""
    rng = np.random.default_rng(seed)
    crown = rng.uniform(1.5, 2.2)
    foot = rng.uniform(1.9, 2.6)
    parts = [tube((0, 0, -0.2), (0, 0, foot + 1.5), (0.20, 0.11), Material.BARK, 8)]
    for way in rng.normal(0, 0.5, (4, 2)):
        parts.append(tube((0, 0, foot), (*way, foot + 1.6), (0.07, 0.03), Material.BARK, 4))
    leaves = scraps(rng, 170, (crown, crown, crown * 1.15), 0.7, Material.LEAF)
    return merge([*parts, moved(leaves, (0, 0, foot + 0.95 * crown))])


def conifer(seed: int) -> Mesh:
    """Build a tree about 9 m tall whose branches reach down to the ground."""
    rng = np.random.default_rng(seed)
    parts = [tube((0, 0, -0.2), (0, 0, 8.5), (0.2, 0.03), Material.BARK, 6)]
    for height in np.arange(0.9, 8.5, 0.95):
        wide = 1.9 * (1 - height / 9.3)
        layer = scraps(rng, 22, (wide, wide, 0.45), 0.62, Material.LEAF)
        parts.append(moved(layer, (0, 0, height)))
    return merge(parts)


def bush(seed: int) -> Mesh:
    """Build a bush about 1.4 m wide and 1.3 m tall."""
    rng = np.random.default_rng(seed)
    core = ellipsoid((0, 0, 0.55), (0.4, 0.4, 0.5), Material.LEAF)
    return merge(
        [core, moved(scraps(rng, 60, (0.7, 0.7, 0.65), 0.36, Material.LEAF), (0, 0, 0.65))]
    )


def hedge(seed: int) -> Mesh:
    """Build 4 m of a trimmed hedge along x, 0.8 m deep and 1.5 m tall."""
    rng = np.random.default_rng(seed)
    core = box((-2, -0.28, 0), (2, 0.28, 1.35), Material.LEAF)
    leaves = scraps(rng, 150, (2.1, 0.42, 0.8), 0.22, Material.LEAF)
    return merge([core, moved(leaves, (0, 0, 0.75))])


def thicket(seed: int) -> Mesh:
    """Build 8 m of undergrowth and young trees along x, about 3 m deep and 4 m tall."""
    rng = np.random.default_rng(seed)
    low = moved(scraps(rng, 170, (4.4, 1.3, 1.4), 0.45, Material.LEAF), (0, 0, 1.1))
    high = [
        moved(scraps(rng, 70, (1.6, 1.4, 1.5), 0.5, Material.LEAF), (x, way, 2.9 + 0.5 * way))
        for x, way in zip((-3, -1, 1, 3), rng.uniform(-0.7, 0.7, 4))
    ]
    return merge([low, *high])


def picket_fence() -> Mesh:
    """Build 4 m of a fence along x, 1.2 m tall, that can be seen through."""
    parts = [box((-2, -0.03, z), (2, 0.03, z + 0.09), Material.WOOD) for z in (0.3, 0.9)]
    for x in np.arange(-1.95, 2, 0.16):
        parts.append(box((x, 0.03, 0.06), (x + 0.09, 0.055, 1.2), Material.WOOD))
    parts += [tube((x, 0, 0), (x, 0, 1.2), (0.06, 0.06), Material.WOOD, 4) for x in (-1.98, 1.98)]
    return merge(parts)


def wall() -> Mesh:
    """Build 4 m of a garden wall along x, 1.1 m tall."""
    parts = [box((-2, -0.12, 0), (2, 0.12, 1.0), Material.WALL)]
    return merge([*parts, box((-2, -0.16, 1.0), (2, 0.16, 1.1), Material.PAVEMENT)])


def lamp_post() -> Mesh:
    """Build a street lamp, its arm pointing to y > 0."""
    return merge(
        [
            tube((0, 0, 0), (0, 0, 7.0), (0.10, 0.06), Material.METAL, 8),
            tube((0, 0, 6.9), (0, 1.6, 7.2), (0.05, 0.04), Material.METAL, 5),
            box((-0.15, 1.3, 7.1), (0.15, 1.9, 7.3), Material.METAL),
        ]
    )


def traffic_sign() -> Mesh:
    """Build a round sign on a pole; it faces x < 0."""
    plate = tube((-0.05, 0, 2.3), (-0.03, 0, 2.3), (0.33, 0.33), Material.REFLECTOR, 12)
    return merge([tube((0, 0, 0), (0, 0, 2.7), (0.035, 0.035), Material.METAL, 6), plate])


def bollard() -> Mesh:
    """Build a bollard 0.9 m tall."""
    return tube((0, 0, 0), (0, 0, 0.9), (0.07, 0.06), Material.METAL, 8)


def bin_box() -> Mesh:
    """Build a rubbish bin 1.1 m tall."""
    body = box((-0.28, -0.3, 0.08), (0.28, 0.3, 1.0), Material.PAVEMENT)
    return merge([body, box((-0.32, -0.32, 1.0), (0.32, 0.32, 1.1), Material.RUBBER)])
