"""The paper's loss on the voxels of a batch, forward and backward."""

from functools import cache

import torch
from torch import Tensor

from benchmarks.rows.row import DEVICE, Row, milliseconds, peak_memory
from mmdet3d.models.kd import KDBatch, LocalGraph
from mmdet3d.models.kd.adapters import GraphAdapter

VOXELS, TEACHER, STUDENT, CLOUDS = 42000, 64, 32, 6


@cache
def prepare(scope: str = 'batch') -> tuple[LocalGraph, tuple]:
    """Return the loss and what it is called with: made-up features, as wide as PointPillars'."""
    torch.manual_seed(0)
    student = torch.randn(VOXELS, STUDENT).to(DEVICE).requires_grad_()
    teacher = torch.randn(VOXELS, TEACHER).relu().to(DEVICE)
    batch = KDBatch(
        importance=torch.randint(1, 30, (VOXELS,)).to(DEVICE),
        frames=(torch.arange(VOXELS) // (VOXELS // CLOUDS)).to(DEVICE),
    )
    return LocalGraph(TEACHER, STUDENT, scope=scope).to(DEVICE), (student, teacher, batch)


def shipped(scope: str = 'batch') -> float:
    """Compute loss and gradients; return the loss."""
    loss, inputs = prepare(scope)
    value = loss(*inputs)
    value.backward()
    return value.item()


def plain(scope: str = 'batch') -> float:
    """Do the same as the paper says it, and the released loss does: all distances and all pairs."""
    loss, (student, teacher, batch) = prepare(scope)
    centres = batch.importance.argsort(descending=True, stable=True)[: loss.num_voxels]
    distances = torch.cdist(teacher[centres], teacher)
    if scope == 'frame':
        apart = batch.frames[centres][:, None] != batch.frames
        distances = distances.masked_fill(apart, torch.inf)
    neighbours = distances.topk(loss.kneighbours, largest=False).indices
    adapters = loss.teacher_gcn_adapt, loss.student_gcn_adapt
    graphs = [
        graph(adapter, features, centres, neighbours)
        for adapter, features in zip(adapters, (teacher, student))
    ]
    score = batch.importance[centres] / loss.temperature
    weights = score.float().softmax(0) * len(centres)
    value = loss.loss_weight * (weights[:, None] * (graphs[0] - graphs[1]).square()).mean()
    value.backward()
    return value.item()


def graph(adapter: GraphAdapter, features: Tensor, centres: Tensor, neighbours: Tensor) -> Tensor:
    """Return the graphs of a network, of shape (C', N, K): one layer on all pairs' features."""
    beside = features[neighbours]
    pairs = torch.cat([beside, features[centres][:, None].expand_as(beside)], dim=2)
    found = adapter.conv(pairs.permute(2, 0, 1)[None])
    return adapter.bn(found.flatten(2)).relu().view(-1, *neighbours.shape)


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
