"""Points of a whole turn of the scanner, grouped by pillar."""

from functools import cache

import numpy as np
import torch
from torch import Tensor

from benchmarks.rows.row import DEVICE, Row, milliseconds, peak_memory
from mmdet3d.ops import voxelization

POINTS, BEAMS, PER_PILLAR, PILLARS = 115_000, 64, 32, 40_000
SIZE, BOUNDS = [0.16, 0.16, 4], [0, -39.68, -3, 69.12, 39.68, 1]

Voxels = tuple[Tensor, Tensor, Tensor]


@cache
def prepare() -> Tensor:
    """Return a turn of 64 beams over flat ground, with something standing all around."""
    generator = torch.Generator().manual_seed(0)
    elevation = torch.linspace(2, -24.8, BEAMS).deg2rad()[:, None]
    azimuth = torch.linspace(-np.pi, np.pi, POINTS // BEAMS + 1)
    standing = 5 + 55 * torch.rand(90, generator=generator).repeat_interleave(20)[: len(azimuth)]
    distance = (1.8 / (-elevation).clamp(min=1e-3).tan()).minimum(standing)
    distance = distance + 0.1 * torch.randn(distance.shape, generator=generator)
    height = distance * elevation.tan()
    columns = [distance * azimuth.cos(), distance * azimuth.sin(), height, height.cos()]
    points = torch.stack(columns, dim=2).flatten(0, 1)[:POINTS].contiguous()
    return points.to(DEVICE)


def shipped() -> Voxels:
    """Return the points of each pillar, its cell, and how many points it holds."""
    return voxelization(prepare(), SIZE, BOUNDS, PER_PILLAR, PILLARS)


def plain() -> Voxels:
    """Do the same with a dictionary, one point after the other."""
    points, low, size = prepare().cpu().numpy(), np.float32(BOUNDS[:3]), np.float32(SIZE)
    grid = np.round(np.subtract(BOUNDS[3:], BOUNDS[:3]) / SIZE)
    cells = np.floor((points[:, :3] - low) / size)
    inside = ((cells >= 0) & (cells < grid)).all(axis=1)
    pillars: dict[tuple, list] = {}
    for cell, point in zip(cells[inside, ::-1].astype(int).tolist(), points[inside]):
        if tuple(cell) not in pillars and len(pillars) == PILLARS:
            continue
        held = pillars.setdefault(tuple(cell), [])
        if len(held) < PER_PILLAR:
            held.append(point)
    counts = torch.tensor([len(held) for held in pillars.values()], dtype=torch.int32)
    filled = torch.zeros(len(pillars), PER_PILLAR, points.shape[1])
    for pillar, held in zip(filled, pillars.values()):
        pillar[: len(held)] = torch.from_numpy(np.stack(held))
    return filled, torch.tensor(list(pillars), dtype=torch.int32), counts


def rows() -> list[Row]:
    """Measure one cloud.

    Raises:
        AssertionError: if the two versions group points differently.
    """
    for ours, expected in zip(shipped(), plain(), strict=True):
        torch.testing.assert_close(ours.cpu(), expected, rtol=0, atol=0)
    return [
        Row(
            f'pillar voxelisation, {POINTS:,} points',
            milliseconds(plain, 3),
            milliseconds(shipped, 50),
            peak_memory('voxelization', 'plain()'),
            peak_memory('voxelization', 'shipped()'),
        )
    ]
