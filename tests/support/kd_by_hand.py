"""Compare a distillation loss, and its gradient, with a formula written out in numpy."""

from collections.abc import Callable

import numpy as np
import torch

from mmdet3d.models.kd import KDBatch, KDLoss

STEP = 1e-6


def check_by_hand(
    loss: KDLoss,
    student: torch.Tensor,
    teacher: torch.Tensor,
    batch: KDBatch,
    formula: Callable[[np.ndarray, np.ndarray], float],
) -> None:
    """Assert that loss and gradient are those of ``formula`` of the student's and teacher's array.

    The gradient is that of differences of the formula, each way.
    """
    loss, teacher = loss.double(), teacher.double()
    student = student.double().requires_grad_()
    found = loss(student, teacher, batch)
    found.backward()
    ours, theirs = student.detach().numpy(), teacher.numpy()
    np.testing.assert_allclose(found.item(), formula(ours, theirs), rtol=1e-5)
    expected = np.zeros_like(ours)
    for index in np.ndindex(*ours.shape):
        sides = []
        for sign in (1, -1):
            moved = ours.copy()
            moved[index] += sign * STEP
            sides.append(formula(moved, theirs))
        expected[index] = (sides[0] - sides[1]) / (2 * STEP)
    np.testing.assert_allclose(student.grad.numpy(), expected, rtol=1e-3, atol=1e-6)


def weights_of(layer: torch.nn.Module) -> tuple[np.ndarray, np.ndarray]:
    """Weight (out, in) and bias of a linear layer or a 1x1 convolution, zeros where it has none."""
    weight = layer.weight.detach().double().numpy()
    bias = np.zeros(len(weight)) if layer.bias is None else layer.bias.detach().double().numpy()
    return weight.reshape(len(weight), -1), bias
