"""Sparse convolutions: spconv's, but for its arithmetic on the CPU, which is not to be trusted.

With more than one thread spconv 2.3 intermittently computes wrong values on the CPU, and it has no
backward pass there. Its index pairs are right: here they drive gathers, matrix products and sums.
On a GPU spconv runs untouched.

spconv is imported with this module, which is therefore imported only where it is needed.
"""

import logging
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from mmdet3d.ops.gather_matmul import gather_matmul_add

try:
    import spconv.pytorch as spconv
    from spconv.core import ConvAlgo
    from spconv.pytorch import ops as spconv_ops
    from spconv.pytorch.core import IndiceData
except ImportError as error:
    raise ImportError(
        'sparse convolutions need spconv, which cannot be imported: pip install spconv (for CPUs) '
        f'or the spconv-cu... of your CUDA version ({error})'
    ) from error

# torch.fx warns of a function that spconv calls and users can do nothing about.
logging.getLogger('torch.fx._symbolic_trace').addFilter(
    lambda record: 'is_fx_tracing' not in record.getMessage()
)

__all__ = [
    'SparseConv3d',
    'SparseConvTensor',
    'SparseSequential',
    'SubMConv3d',
    'from_spconv1',
    'to_dense',
    'to_map',
]

SparseConvTensor: TypeAlias = spconv.SparseConvTensor


def to_dense(x: SparseConvTensor) -> Tensor:
    """Return a sparse tensor as a dense map (B, C, D, H, W), zero where it has no features."""
    batch, cells = x.indices[:, 0].long(), x.indices[:, 1:].long()
    _, height, width = x.spatial_shape
    place = (cells[:, 0] * height + cells[:, 1]) * width + cells[:, 2]
    volume = math.prod(x.spatial_shape)
    dense = x.features.new_zeros(x.batch_size, x.features.shape[1], volume)
    dense[batch, :, place] = x.features
    return dense.unflatten(2, x.spatial_shape)


def to_map(x: SparseConvTensor, channels_last: bool) -> Tensor:
    """Return a sparse tensor as a map, (B, C * D, H, W): the levels of height are channels.

    Args:
        x: the tensor, with C channels and D levels.
        channels_last: let the channels come last in memory.
    """
    if not channels_last:
        return to_dense(x).flatten(1, 2)
    batch, level, row, column = x.indices.long().unbind(1)
    depth, height, width = x.spatial_shape
    dense = x.features.new_zeros(x.batch_size, height, width, x.features.shape[1], depth)
    dense[batch, row, column, :, level] = x.features
    return dense.flatten(3).permute(0, 3, 1, 2)


def from_spconv1(weight: Tensor) -> Tensor:
    """Lay a weight of spconv 1, (k, k, k, in, out), out as spconv 2 does, (out, k, k, k, in)."""
    if weight[..., 0, 0].numel() == 1:
        # spconv reads a 1x1x1 kernel as an (in, out) matrix, whatever shape it declares.
        return weight.reshape(weight.shape[4], 1, 1, 1, weight.shape[3])
    return weight.permute(4, 0, 1, 2, 3).contiguous()


class _TrustedOnCPU(spconv.conv.SparseConvolution):
    """Mixed into spconv's 3D convolutions: their CPU arithmetic, and the loading of old weights."""

    # By this mmdetection3d v1.0 knows the layout of spconv 2 in a checkpoint.
    _version = 2

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._register_load_state_dict_pre_hook(self._before_load)

    def forward(self, x: SparseConvTensor) -> SparseConvTensor:
        """Return the convolution of ``x``."""
        # A 1x1x1 kernel is one matrix product, which spconv leaves to torch.
        if x.features.is_cuda or self.conv1x1:
            return super().forward(x)
        found = self._find_pairs(x)
        weight = self.weight.flatten(1, 3).permute(1, 2, 0)
        features = gather_matmul_add(
            x.features, weight, found.indice_pairs, found.indice_pair_num, len(found.out_indices)
        )
        if self.bias is not None:
            features = features + self.bias
        out = x.replace_feature(features)
        out.indices = found.out_indices
        out.spatial_shape = found.out_spatial_shape
        return out

    def _find_pairs(self, x: SparseConvTensor) -> IndiceData:
        """Return which inputs meet which outputs, shared by the layers of one ``indice_key``."""
        known = x.find_indice_pair(self.indice_key) if self.subm else None
        if known is not None:
            self._check_subm_reuse_valid(x, x.spatial_shape, known)
            return known
        out_shape = x.spatial_shape if self.subm else self.output_shape(x.spatial_shape)
        out_indices, pairs, pair_counts = self._pair_up(x, x.indices)
        data = IndiceData(
            out_indices,
            x.indices,
            pairs,
            pair_counts,
            x.spatial_shape,
            out_shape,
            is_subm=self.subm,
            algo=ConvAlgo.Native,
            ksize=self.kernel_size,
            stride=self.stride,
            dilation=self.dilation,
            padding=self.padding,
        )
        if self.indice_key is not None:
            x.indice_dict[self.indice_key] = data
        return data

    def _pair_up(self, x: SparseConvTensor, indices: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the outputs' indices (M, 4), the pairs (2, P) and their number by offset (K,)."""
        out_indices, pairs, _ = spconv_ops.get_indice_pairs(
            indices,
            x.batch_size,
            x.spatial_shape,
            ConvAlgo.Native,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.output_padding,
            self.subm,
        )
        # spconv counts the pairs of a submanifold convolution for half of its kernel only.
        used = pairs[0] >= 0
        return out_indices, pairs[:, used], used.sum(dim=1)

    def count_multiply_adds(self, x: SparseConvTensor) -> int:
        """Count the multiply-adds of the convolution of ``x``, the same number on every device.

        Each pair of an input and an output costs ``in_channels * out_channels``. The pairs are
        found on the CPU, as those of a GPU lie in its own order or, for keyless layers, nowhere.
        """
        pairs = len(x.indices)
        if not self.conv1x1:
            pairs = self._pair_up(x, x.indices.cpu())[1].shape[1]
        return pairs * self.in_channels * self.out_channels

    def _before_load(self, state_dict: dict, prefix: str, *_: Any) -> None:
        self.adapt_state_dict(state_dict, prefix)

    def adapt_state_dict(
        self, state_dict: dict, prefix: str, trained_as: Mapping[str, Any] | None = None
    ) -> None:
        """Convert this layer's weight in ``state_dict``, in place, if spconv 1 saved it.

        Args:
            state_dict: weights of the whole network, by name.
            prefix: what the names of this layer's weights begin with.
            trained_as: not used; part of the interface of modules that adapt.

        Raises:
            ValueError: if it has the numbers of neither layout, in another order.
        """
        given = state_dict.get(f'{prefix}weight')
        if given is None or given.shape == self.weight.shape:
            return
        out, *kernel, channels = self.weight.shape
        if list(given.shape) == [*kernel, channels, out]:
            state_dict[f'{prefix}weight'] = from_spconv1(given)
        elif sorted(given.shape) == sorted(self.weight.shape):
            raise ValueError(
                f'{prefix}weight has shape {tuple(given.shape)}, which is neither the layout of '
                f"spconv 2, (out, k, k, k, in) = {tuple(self.weight.shape)}, nor spconv 1's, "
                f'(k, k, k, in, out) = {(*kernel, channels, out)}: convert it first'
            )


class SubMConv3d(_TrustedOnCPU, spconv.SubMConv3d):
    """spconv's submanifold convolution: its outputs are where its inputs are."""


class SparseConv3d(_TrustedOnCPU, spconv.SparseConv3d):
    """spconv's sparse convolution: its outputs are wherever its kernel meets an input."""

    def output_shape(self, shape: list[int]) -> list[int]:
        """Return how many cells along z, y and x it makes of ``shape``."""
        settings = self.kernel_size, self.stride, self.padding, self.dilation
        return spconv_ops.get_conv_output_size(shape, *settings)


class SparseSequential(nn.Sequential):
    """Layers in turn; those that are not sparse convolutions act on the features alone.

    One voxel alone has no variance, so it is normalised by the running statistics.
    """

    def forward(self, x: SparseConvTensor) -> SparseConvTensor:
        """Return the output of the last layer."""
        for module in self:
            if isinstance(module, (nn.Sequential, _TrustedOnCPU)):
                x = module(x)
            else:
                x = x.replace_feature(_apply(module, x.features))
        return x


def _apply(module: nn.Module, features: Tensor) -> Tensor:
    if isinstance(module, _BatchNorm) and len(features) < 2:
        statistics = module.running_mean, module.running_var
        return functional.batch_norm(
            features, *statistics, module.weight, module.bias, eps=module.eps
        )
    return module(features)
