"""Shape and type checks shared by the operators, so that they all complain in the same words."""

import torch

from mmdet3d.on_cpu.shapes import require_points, require_shape

__all__ = [
    'require_at_least',
    'require_floats',
    'require_indices',
    'require_points',
    'require_shape',
]


def require_floats(**tensors: torch.Tensor) -> None:
    """Check that all arguments are floating-point tensors on one device.

    Raises:
        TypeError: if one is not a floating-point tensor.
        ValueError: if they are on different devices.
    """
    for name, tensor in tensors.items():
        if not isinstance(tensor, torch.Tensor) or not tensor.is_floating_point():
            is_tensor = isinstance(tensor, torch.Tensor)
            given = tensor.dtype if is_tensor else type(tensor).__name__
            raise TypeError(f'{name} must be a floating-point torch.Tensor, got {given}')
    devices = {name: str(tensor.device) for name, tensor in tensors.items()}
    if len(set(devices.values())) > 1:
        raise ValueError(f'all tensors must be on one device, got {devices}')


def require_indices(name: str, indices: torch.Tensor, device: torch.device) -> None:
    """Check that an argument is a tensor of whole numbers on the device of what it points into.

    Raises:
        TypeError: if it is not an int32 or int64 tensor.
        ValueError: if it is on another device.
    """
    is_tensor = isinstance(indices, torch.Tensor)
    if not is_tensor or indices.dtype not in (torch.int32, torch.int64):
        given = indices.dtype if is_tensor else type(indices).__name__
        raise TypeError(f'{name} must be an int32 or int64 torch.Tensor, got {given}')
    if indices.device != device:
        raise ValueError(
            f'all tensors must be on one device, got {name} on {indices.device} and others on '
            f'{device}'
        )


def require_at_least(name: str, least: int, given: int) -> None:
    """Check a count.

    Raises:
        ValueError: if it is smaller than allowed.
    """
    if given < least:
        raise ValueError(f'{name} must be at least {least}, got {given}')
