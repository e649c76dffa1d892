"""A spinning laser scanner: its beams, what comes back of them, and how exactly."""

from dataclasses import dataclass

import numpy as np

from mmdet3d.synthetic.shapes.materials import surface_table
from mmdet3d.synthetic.world.geometry import Hits, SceneGeometry


@dataclass(frozen=True)
class Scanner:
    """The properties of a scanner; its place is the origin of its frame.

    Attributes:
        elevations: of shape (B,), angles of the beams above the horizontal in degrees, top first.
        heights: of shape (B,), where they leave the scanner, in metres above its origin.
        gains: of shape (B,), factors on the intensities that the lasers report.
        steps: azimuths per turn.
        azimuth_unit: resolution of the encoder in degrees.
        min_range: metres.
        max_range: metres.
        range_noise: standard deviation in metres.
        half_power: strength of an echo (reflectance * sqrt(cosine) / range^2) of which half come
            back.
        roof: x_min, x_max, half of the width and z of the carrying vehicle's roof, which hides
            what lies behind it.
    """

    elevations: np.ndarray
    heights: np.ndarray
    gains: np.ndarray
    steps: int
    azimuth_unit: float
    min_range: float
    max_range: float
    range_noise: float
    half_power: float
    roof: tuple[float, float, float, float]


def hdl64e() -> Scanner:
    """Describe the Velodyne HDL-64E of KITTI's car, at 10 turns per second.

    The manual: an upper block of 32 lasers from +2 degrees and a lower one down to
    -24.8 degrees, 0.17 degrees between firings, 120 m, 2 cm. The two blocks sit one above the
    other. As in real scanners, angles and gains of the lasers deviate from unit to unit.
    """
    unit = np.random.default_rng(64)
    elevations = np.concatenate([np.linspace(2.0, -8.6, 32), np.linspace(-8.9, -24.8, 32)])
    return Scanner(
        elevations=elevations + unit.normal(0, 0.03, 64),
        heights=np.repeat([0.20, 0.10], 32),
        gains=unit.uniform(0.6, 1.4, 64),
        steps=2083,
        azimuth_unit=0.09,
        min_range=1.5,
        max_range=120.0,
        range_noise=0.02,
        half_power=3.2e-5,
        roof=(-1.9, 0.45, 0.62, -0.21),
    )


def hdl32e(steps: int = 1084) -> Scanner:
    """Describe the Velodyne HDL-32E of nuScenes' cars, at 20 turns per second.

    The manual: 32 lasers from +10.67 to -30.67 degrees, 100 m, 2 cm. A real sweep of nuScenes
    has 1084 azimuths.

    Args:
        steps: azimuths per turn, to scan more coarsely.
    """
    unit = np.random.default_rng(32)
    return Scanner(
        elevations=np.linspace(10.67, -30.67, 32) + unit.normal(0, 0.03, 32),
        heights=np.zeros(32),
        gains=unit.uniform(0.8, 1.2, 32),
        steps=steps,
        azimuth_unit=0.01,
        min_range=1.0,
        max_range=100.0,
        range_noise=0.02,
        half_power=5.0e-5,
        roof=(-0.91, 0.65, 0.45, -0.3),
    )


@dataclass(frozen=True)
class Scan:
    """One turn.

    Attributes:
        points: float32 of shape (N, 4), x, y, z in metres and intensity 0..1; beam by beam from the
            top, each counter-clockwise from straight ahead, as KITTI stores them.
        owner: of shape (N,), what each was reflected by, as in Hits.
        beam: of shape (N,), its number.
    """

    points: np.ndarray
    owner: np.ndarray
    beam: np.ndarray


def scan(
    geometry: SceneGeometry,
    scanner: Scanner,
    rng: np.random.Generator,
    pose: np.ndarray | None = None,
) -> Scan:
    """Record one turn of the scanner.

    Args:
        geometry: what stands around.
        scanner: the scanner.
        rng: decides noise and drop-outs.
        pose: of shape (4, 4), transform from the scanner's frame to the scene's; by default the
            scanner is at the origin of the scene. Points are given in the scanner's frame.
    """
    beam = np.repeat(np.arange(len(scanner.elevations)), scanner.steps)
    origins, directions = _rays(scanner, rng)
    hits = geometry.cast(*_placed(origins, directions, pose))
    reflectance, facing = _reflectance(geometry, hits)
    kept = _returned(hits, reflectance * np.sqrt(facing), scanner, rng) & ~_hidden_by_roof(
        origins, directions, scanner
    )
    rough = surface_table('roughness')[hits.material[kept]]
    spread = np.hypot(scanner.range_noise, rough)
    measured = hits.distance[kept] + rng.standard_normal(len(spread)) * spread
    points = np.empty((len(measured), 4), dtype=np.float32)
    points[:, :3] = origins[kept] + measured[:, None] * directions[kept]
    # Scanners make up for part of what range and incidence take from an echo.
    bright = reflectance[kept] * facing[kept] ** 0.25 * scanner.gains[beam[kept]]
    points[:, 3] = _intensity(bright, rng)
    return Scan(points, hits.owner[kept], beam[kept])


def _rays(scanner: Scanner, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Aim every beam at every azimuth; the encoder's steps are coarse."""
    turn = (np.arange(scanner.steps) + rng.random()) * 360 / scanner.steps
    azimuths = np.radians(np.round(turn / scanner.azimuth_unit) * scanner.azimuth_unit)
    elevations = np.radians(scanner.elevations)[:, None]
    flat = np.cos(elevations)
    directions = np.stack(
        np.broadcast_arrays(flat * np.cos(azimuths), flat * np.sin(azimuths), np.sin(elevations)),
        axis=-1,
    ).reshape(-1, 3)
    origins = np.zeros_like(directions)
    origins[:, 2] = np.repeat(scanner.heights, scanner.steps)
    return origins, directions


def _placed(
    origins: np.ndarray, directions: np.ndarray, pose: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    if pose is None:
        return origins, directions
    turn = pose[:3, :3].T
    return origins @ turn + pose[:3, 3], directions @ turn


def _reflectance(geometry: SceneGeometry, hits: Hits) -> tuple[np.ndarray, np.ndarray]:
    """Give what surfaces send back, and how squarely they face the beam (a cosine).

    Glossy surfaces send back most where the beam hits them squarely.
    """
    base, gloss = surface_table('reflectance'), surface_table('gloss')
    tone = np.where(surface_table('tinted')[hits.material], geometry.tone[hits.owner], 1.0)
    shine = 1 + gloss[hits.material] * (1.6 * hits.cosine**8 - 0.8)
    # Parts of a rough surface, such as blades of grass, face a beam that grazes the whole.
    facing = np.maximum(hits.cosine, 5 * surface_table('roughness')[hits.material])
    return base[hits.material] * tone * shine, facing


def _returned(
    hits: Hits, strength: np.ndarray, scanner: Scanner, rng: np.random.Generator
) -> np.ndarray:
    """Choose the echoes that are strong enough to be noticed."""
    inside = (hits.distance > scanner.min_range) & (hits.distance < scanner.max_range)
    power = strength / np.where(inside, hits.distance, 1.0) ** 2
    odds = (np.maximum(power, 1e-12) / scanner.half_power) ** 2.5
    chance = odds / (1 + odds) * (1 - surface_table('lost')[hits.material])
    return inside & (rng.random(len(power)) < chance)


def _hidden_by_roof(origins: np.ndarray, directions: np.ndarray, scanner: Scanner) -> np.ndarray:
    """Tell which rays end on the roof that carries the scanner."""
    x_min, x_max, half_width, z = scanner.roof
    way = (z - origins[:, 2]) / np.minimum(directions[:, 2], -0.05)
    x, y = way * directions[:, 0], way * directions[:, 1]
    return (x > x_min) & (x < x_max) & (np.abs(y) < half_width)


def _intensity(bright: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give intensities as they are stored, in hundredths."""
    noisy = bright + rng.standard_normal(len(bright)) * (0.02 + 0.15 * bright)
    return np.round(np.clip(noisy, 0, 0.99), 2)
