"""The cases of the figures of the distillation loss, as the released code computes it."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import torch

from mmdet3d.models.kd import KDBatch, LocalGraph


@dataclass(frozen=True)
class Case:
    """Features that are compared, and how.

    Attributes:
        shapes: of the teacher's and the student's features, by the suffix that names the pair.
        options: of the loss.
        factor: the released weights of maps and points, which are the same everywhere.
    """

    shapes: dict[str, tuple[tuple[int, ...], tuple[int, ...]]]
    options: dict = field(default_factory=dict)
    factor: int = 1


_VOXELS = {'': ((1200, 64), (1200, 32))}
_PILLARS = dict(num_voxels=300, kneighbours=16, out_channels=32, temperature=1e-2)
_MAPS = dict(num_voxels=64, kneighbours=32, reweight='none', scope='frame')
CASES = {
    'pp_reweight': Case(_VOXELS, _PILLARS),
    'pp_sub': Case(_VOXELS, {**_PILLARS, 'fuse_mode': 'sub'}),
    'second_reweight': Case(
        {
            '.0': ((2, 128, 25, 22), (2, 64, 25, 22)),
            '.1': ((2, 256, 13, 11), (2, 128, 13, 11)),
        },
        {**_MAPS, 'out_channels': 32},
        factor=2,  # the released weights of SECOND amount to the batch size
    ),
    'mvx_reweight': Case({'': ((2, 256, 20, 20), (2, 182, 20, 20))}, {**_MAPS, 'out_channels': 64}),
    'point_rcnn_reweight': Case(
        {'': ((2, 128, 700), (2, 45, 700))},
        {**_MAPS, 'num_voxels': 200, 'kneighbours': 16, 'out_channels': 45, 'pool_mode': 'max'},
    ),
}


def normal(tag: str, *shape: int) -> torch.Tensor:
    """Normal features that depend on their tag alone."""
    rng = np.random.default_rng(zlib.crc32(tag.encode()))
    return torch.from_numpy(rng.normal(0, 1, shape).astype(np.float32))


def loss_and_gradients(name: str, seeded_tensor: Callable[..., torch.Tensor]) -> dict:
    """Compute what the figures of a case hold.

    Args:
        name: the case, one of :data:`CASES`.
        seeded_tensor: gives the adapters' weights from name, shape and dtype.

    Returns:
        the loss, the norms of the gradients of the student's features and of the adapters.
    """
    case = CASES[name]
    total, students, norms = 0.0, [], {}
    for suffix, (teacher_shape, student_shape) in case.shapes.items():
        loss_module = LocalGraph(teacher_shape[1], student_shape[1], **case.options)
        for key, tensor in _tensors(loss_module, suffix):
            tensor.data.copy_(seeded_tensor(key, tensor.shape, tensor.dtype))
        teacher = normal(f'kd.teacher.{name}{suffix}', *teacher_shape)
        student = normal(f'kd.student.{name}{suffix}', *student_shape).requires_grad_()
        loss = case.factor * loss_module(student, teacher, _batch(name, student))
        loss.backward()
        total += loss.item()
        students.append(student.grad.norm().item())
        named = _tensors(loss_module, suffix)
        norms.update({key: p.grad.norm().item() for key, p in named if p.grad is not None})
    return {'loss': total, 'student_feature_grad_norm': students, 'adapt_grad_norms': norms}


def _tensors(loss_module: LocalGraph, suffix: str) -> Iterator[tuple[str, torch.Tensor]]:
    """Parameters and buffers with the suffix behind the name of their adapter."""
    for key, tensor in chain(loss_module.named_parameters(), loss_module.named_buffers()):
        adapter, rest = key.split('.', 1)
        yield f'{adapter}{suffix}.{rest}', tensor


def _batch(name: str, student: torch.Tensor) -> KDBatch:
    """Voxels have as many points as their place in a shuffled row; maps and points have none."""
    if student.dim() > 2:
        return KDBatch()
    rng = np.random.default_rng(zlib.crc32(f'kd.num_points.{name}'.encode()))
    num_points = torch.from_numpy(rng.permutation(len(student)) + 1)
    return KDBatch(importance=num_points, frames=torch.zeros(len(student)))
