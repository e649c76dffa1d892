"""Meshes of cars, vans, trucks and bicycles; x points ahead, y left, z up, the ground is z = 0."""

from itertools import pairwise

import numpy as np

from mmdet3d.synthetic.shapes.materials import Material
from mmdet3d.synthetic.shapes.meshes import Mesh, box, loft, merge, mirrored, quad, tube

# Side views of bodies. From back to front: x in lengths (-0.5 tail, 0.5 nose), height of the skin
# and of the waist line (where the windows begin) in heights.
PROFILES = {
    'hatchback': (
        (-0.500, 0.48, 0.44),
        (-0.480, 0.62, 0.58),
        (-0.400, 0.93, 0.61),
        (-0.300, 1.00, 0.61),
        (0.060, 0.98, 0.60),
        (0.230, 0.64, 0.60),
        (0.430, 0.55, 0.52),
        (0.485, 0.46, 0.42),
        (0.500, 0.38, 0.35),
    ),
    'sedan': (
        (-0.500, 0.50, 0.46),
        (-0.480, 0.64, 0.60),
        (-0.340, 0.67, 0.62),
        (-0.200, 0.96, 0.61),
        (-0.100, 1.00, 0.60),
        (0.070, 0.98, 0.60),
        (0.235, 0.65, 0.60),
        (0.430, 0.55, 0.52),
        (0.485, 0.46, 0.42),
        (0.500, 0.38, 0.35),
    ),
    'estate': (
        (-0.500, 0.48, 0.44),
        (-0.485, 0.62, 0.58),
        (-0.430, 0.94, 0.60),
        (-0.350, 0.99, 0.60),
        (0.070, 1.00, 0.60),
        (0.240, 0.65, 0.60),
        (0.435, 0.55, 0.52),
        (0.485, 0.46, 0.42),
        (0.500, 0.38, 0.35),
    ),
    'suv': (
        (-0.500, 0.46, 0.42),
        (-0.485, 0.64, 0.60),
        (-0.430, 0.95, 0.64),
        (-0.360, 1.00, 0.64),
        (0.090, 0.98, 0.64),
        (0.220, 0.70, 0.65),
        (0.440, 0.63, 0.60),
        (0.490, 0.52, 0.48),
        (0.500, 0.40, 0.36),
    ),
    'compact': (
        (-0.500, 0.46, 0.42),
        (-0.485, 0.62, 0.58),
        (-0.430, 0.95, 0.60),
        (-0.300, 1.00, 0.60),
        (0.120, 0.97, 0.60),
        (0.330, 0.62, 0.58),
        (0.440, 0.54, 0.50),
        (0.490, 0.44, 0.40),
        (0.500, 0.36, 0.33),
    ),
    'van': (
        (-0.500, 0.35, 0.32),
        (-0.495, 0.96, 0.55),
        (-0.470, 1.00, 0.55),
        (0.200, 1.00, 0.55),
        (0.280, 0.96, 0.55),
        (0.400, 0.60, 0.54),
        (0.480, 0.50, 0.46),
        (0.500, 0.32, 0.29),
    ),
}
# Length, width and height in metres at which wheels are round.
PROPORTIONS = {
    'hatchback': (3.9, 1.65, 1.48),
    'sedan': (4.4, 1.70, 1.43),
    'estate': (4.4, 1.70, 1.48),
    'suv': (4.3, 1.80, 1.70),
    'compact': (3.4, 1.55, 1.50),
    'van': (5.0, 1.90, 2.20),
}
# Vans without windows behind the driver.
_WINDOWS_FROM = {'van': 0.1}
_GROUND_CLEARANCE = 0.19
_WHEEL_RADIUS = 0.31


def car(body: str) -> Mesh:
    """Build a car or van at its natural size.

    Args:
        body: a key of :data:`PROFILES`.

    Raises:
        KeyError: if there is no such body.
    """
    length, width, height = PROPORTIONS[body]
    parts = [_shell(body, length, width, height)]
    for x in (-0.31 * length, 0.32 * length):
        wheel = _wheel(x, width / 2)
        parts += [wheel, mirrored(wheel)]
    parts += _fittings(length, width, height)
    return merge(parts)


def _shell(body: str, length: float, width: float, height: float) -> Mesh:
    profile = np.array(PROFILES[body])
    x, top, waist = profile[:, 0] * length, profile[:, 1] * height, profile[:, 2] * height
    # Roofs are narrower than the waist; noses and tails than the middle.
    tumble = np.clip((top - waist) / (0.4 * height), 0, 1)
    slim = 1 - 0.09 * np.clip((np.abs(profile[:, 0]) - 0.40) / 0.1, 0, 1) ** 2
    half = width / 2 * slim
    sill = np.full_like(x, _GROUND_CLEARANCE)
    section = [(0.80 * half, sill), (0.95 * half, sill + 0.12), (half, 0.75 * waist)]
    section += [(0.98 * half, waist), (half * (0.95 - 0.19 * tumble), top)]
    left = np.stack([np.stack([x, y, z], -1) for y, z in section], axis=1)
    rings = np.concatenate([left, left[:, ::-1] * [1, -1, 1]], axis=1)
    return loft(rings, _panels(profile, _WINDOWS_FROM.get(body, -1.0)))


def _panels(profile: np.ndarray, windows_from: float) -> np.ndarray:
    """Choose metal or glass for the patches between neighbouring cross-sections."""
    panels = np.full((len(profile) - 1, 10), Material.PAINT)
    tall = profile[:, 1] - profile[:, 2] > 0.15
    steep = np.abs(np.diff(profile[:, 1])) > 0.20
    cabin = (tall[:-1] | tall[1:]) & (profile[1:, 0] > windows_from)
    panels[cabin, 3] = panels[cabin, 5] = Material.GLASS
    panels[cabin & steep, 4] = Material.GLASS
    panels[:, 9] = Material.RUBBER
    return panels


def _wheel(x: float, half_width: float) -> Mesh:
    centre = np.array([x, half_width - 0.01, _WHEEL_RADIUS])
    tyre = tube(centre - [0, 0.2, 0], centre, (_WHEEL_RADIUS,) * 2, Material.RUBBER, 12)
    rim = tube(centre, centre + [0, 0.01, 0], (0.2, 0.2), Material.METAL, 8)
    return merge([tyre, rim])


def _fittings(length: float, width: float, height: float) -> list[Mesh]:
    """Build lamps and number plates, which shine in a scan."""
    parts = []
    for end in (-1, 1):
        x = end * (length / 2 + 0.005)
        low, high = 0.24 * height, 0.31 * height
        parts.append(_upright(x, (-0.26, 0.26), (low, high), Material.REFLECTOR))
        lamp = (0.62 * width / 2, 0.84 * width / 2)
        for side in (-1, 1):
            right, left = sorted(side * edge for edge in lamp)
            z = (0.335 * height, 0.40 * height) if end > 0 else (0.36 * height, 0.46 * height)
            parts.append(_upright(x - end * 0.02, (right, left), z, Material.REFLECTOR))
    return parts


def _upright(x: float, y: tuple[float, float], z: tuple[float, float], material: Material) -> Mesh:
    return quad([(x, y[0], z[0]), (x, y[1], z[0]), (x, y[1], z[1]), (x, y[0], z[1])], material)


def truck() -> Mesh:
    """Build a delivery truck: a cabin, a gap and a tall box."""
    parts = [
        box((-4.0, -1.25, 0.95), (1.6, 1.25, 3.3), Material.PAINT),
        box((1.9, -1.15, 0.5), (3.9, 1.15, 1.65), Material.PAINT),
        box((1.95, -1.12, 1.65), (3.8, 1.12, 2.5), Material.GLASS),
        box((1.9, -1.15, 2.5), (3.85, 1.15, 2.75), Material.PAINT),
        box((-3.9, -0.45, 0.6), (2.0, 0.45, 0.95), Material.METAL),
        _upright(-4.01, (-0.26, 0.26), (0.98, 1.1), Material.REFLECTOR),
    ]
    for x in (-2.9, -1.9, 2.9):
        for side in (-1, 1):
            parts.append(_truck_wheel(x, side))
    return merge(parts)


def _truck_wheel(x: float, side: int) -> Mesh:
    return tube((x, side * 0.9, 0.5), (x, side * 1.2, 0.5), (0.5, 0.5), Material.RUBBER, 10)


def bicycle() -> Mesh:
    """Build a bicycle without its rider; the saddle is at x = -0.2, z = 0.95."""
    parts = [_bicycle_wheel(x) for x in (-0.54, 0.54)]
    bars = [
        ((-0.54, 0, 0.34), (-0.02, 0, 0.30)),
        ((-0.02, 0, 0.30), (-0.20, 0, 0.92)),
        ((-0.15, 0, 0.78), (0.38, 0, 0.82)),
        ((-0.02, 0, 0.30), (0.40, 0, 0.76)),
        ((0.54, 0, 0.34), (0.36, 0, 0.98)),
        ((-0.54, 0, 0.34), (-0.16, 0, 0.80)),
        ((0.36, -0.28, 1.02), (0.36, 0.28, 1.02)),
    ]
    parts += [tube(start, end, (0.022, 0.022), Material.METAL, 4) for start, end in bars]
    parts.append(box((-0.33, -0.08, 0.90), (-0.08, 0.08, 0.96), Material.RUBBER))
    return merge(parts)


def _bicycle_wheel(x: float) -> Mesh:
    """Build a tyre that can be seen through, with mudguard and spokes as a thinner hub."""
    angles = np.arange(13) * 2 * np.pi / 12
    rim = np.stack([x + 0.32 * np.cos(angles), 0 * angles, 0.34 + 0.32 * np.sin(angles)], -1)
    tyres = [tube(a, b, (0.024, 0.024), Material.RUBBER, 4) for a, b in pairwise(rim)]
    spokes = [tube(rim[i], rim[i + 6], (0.008, 0.008), Material.METAL, 3) for i in range(0, 6, 2)]
    return merge(tyres + spokes)
