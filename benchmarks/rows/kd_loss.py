"""The paper's loss on the voxels of a batch, forward and backward."""

from functools import cache
from unittest import mock

import torch

from benchmarks.rows.row import Row, milliseconds, peak_memory
from mmdet3d.models.kd import KDBatch, LocalGraph
from mmdet3d.models.kd.losses import local_graph
from mmdet3d.utils import kd_utils

VOXELS, TEACHER, STUDENT, CLOUDS = 42000, 64, 32, 6


@cache
def prepare(scope: str = 'batch') -> tuple[LocalGraph, tuple]:
    """Return the loss and what it is called with: made-up features, as wide as PointPillars'."""
    torch.manual_seed(0)
    student = torch.randn(VOXELS, STUDENT, requires_grad=True)
    teacher = torch.randn(VOXELS, TEACHER).relu()
    batch = KDBatch(
        importance=torch.randint(1, 30, (VOXELS,)),
        frames=torch.arange(VOXELS) // (VOXELS // CLOUDS),
    )
    return LocalGraph(TEACHER, STUDENT, scope=scope), (student, teacher, batch)


def shipped(scope: str = 'batch') -> float:
    """Compute loss and gradients; return the loss."""
    loss, inputs = prepare(scope)
    value = loss(*inputs)
    value.backward()
    return value.item()


def plain(scope: str = 'batch') -> float:
    """Do the same with every graph in memory, and torch's own search for neighbours."""
    with (
        mock.patch.object(local_graph, 'fits_pairs', lambda *args: False),
        mock.patch.object(local_graph, 'smallest_of_rows', kd_utils.smallest_of_rows),
    ):
        return shipped(scope)


def rows() -> list[Row]:
    """Measure both scopes.

    Raises:
        ValueError: if the two versions differ by more than 1e-4 of the loss.
    """
    found = []
    for scope in ('batch', 'frame'):
        ours, theirs = shipped(scope), plain(scope)
        if abs(ours - theirs) > 1e-4 * theirs:
            raise ValueError(f'the loss is {ours} as shipped, but {theirs} by the plain version')
        found.append(
            Row(
                f'KD loss, forward and backward, {VOXELS:,} x {TEACHER} → {STUDENT} channels, '
                f"N 6000, K 128, scope='{scope}'",
                milliseconds(lambda scope=scope: plain(scope), 3),
                milliseconds(lambda scope=scope: shipped(scope), 3),
                peak_memory('kd_loss', f'plain({scope!r})'),
                peak_memory('kd_loss', f'shipped({scope!r})'),
            )
        )
    return found
