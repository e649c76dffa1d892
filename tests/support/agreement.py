"""Comparison of a network's tensors with reference figures."""

import pytest
import torch


def assert_agrees(tensor: torch.Tensor, figures: dict, rtol: float = 1e-3) -> None:
    """Compare shape, mean, largest value and samples."""
    assert list(tensor.shape) == figures['shape']
    flat = tensor.detach().flatten()
    expected = torch.tensor(figures['sample'])
    scale = figures['absmax']
    torch.testing.assert_close(
        flat[figures['sample_index']], expected, rtol=rtol, atol=rtol * 0.01 * scale
    )
    assert flat.mean().item() == pytest.approx(figures['mean'], rel=rtol, abs=1e-6)
    assert flat.abs().max().item() == pytest.approx(scale, rel=rtol)
