"""Let layers do the work of the normalisations that follow them, in networks that do not train."""

import itertools
from typing import Any

import torch
from mmcv.cnn import ConvModule
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

from mmdet3d.models.layers.linear_norm import affine_of
from mmdet3d.models.voxel_encoders.point_net import PFNLayer


@torch.no_grad()
def fuse_normalisations(model: nn.Module) -> nn.Module:
    """Merge each batch normalisation into the layer before it, in place.

    That is a convolution, also transposed or sparse, or a linear layer. A normalisation after
    anything else stays, as does one without statistics of its own.

    Args:
        model: a network in evaluation mode.

    Returns:
        the network, whose parameters have other names and values now.

    Raises:
        ValueError: if it is in training mode, where normalisations go by the batch.
    """
    if model.training:
        raise ValueError('only a network in evaluation mode can be fused: call eval() first')
    for parent in list(model.modules()):
        for before, after in _neighbours(parent):
            layer, norm = getattr(parent, before), getattr(parent, after)
            if _can_absorb(layer, norm):
                _absorb(layer, norm)
                setattr(parent, after, nn.Identity())
    return model


def _neighbours(parent: nn.Module) -> list[tuple[str, str]]:
    """Names of the parts of which the second is given what the first gives, and nothing else."""
    if isinstance(parent, ConvModule):
        in_turn = parent.with_norm and parent.order[:2] == ('conv', 'norm')
        return [('conv', parent.norm_name)] if in_turn else []
    if isinstance(parent, PFNLayer):
        return [('linear', 'norm')]
    return list(itertools.pairwise(parent._modules)) if isinstance(parent, nn.Sequential) else []


def _can_absorb(layer: Any, norm: Any) -> bool:
    has_statistics = isinstance(norm, _BatchNorm) and norm.running_mean is not None
    return has_statistics and (isinstance(layer, (_ConvNd, nn.Linear)) or _is_sparse(layer))


def _is_sparse(layer: Any) -> bool:
    """Tell a sparse convolution, without importing spconv where it is not used."""
    return type(layer).__module__ == 'mmdet3d.ops.sparse_conv' and hasattr(layer, 'weight')


def _absorb(layer: Any, norm: Any) -> None:
    """Scale and shift the output of a layer as ``norm`` does."""
    scale, shift = affine_of(norm, norm.running_mean, norm.running_var)
    if layer.bias is not None:
        shift = shift + layer.bias * scale
    weight = layer.weight
    layer.weight = nn.Parameter((weight.double() * _by_output(scale, layer)).to(weight), False)
    layer.bias = nn.Parameter(shift.to(weight), False)


def _by_output(scale: Tensor, layer: Any) -> Tensor:
    """Let a factor for each output, of shape (C,), broadcast to the weight of a layer."""
    if not isinstance(layer, _ConvTransposeNd):
        return scale.view(-1, *[1] * (layer.weight.ndim - 1))
    # A transposed convolution's weight is (in, out / groups, ...), group by group along the first.
    by_group = scale.view(layer.groups, -1).repeat_interleave(layer.in_channels // layer.groups, 0)
    return by_group.view(*by_group.shape, *[1] * (layer.weight.ndim - 2))
