"""Transposed convolutions that turn each cell into a tile of its own, faster to train on a CPU."""

from typing import Any

import torch
from mmcv.cnn.bricks.registry import UPSAMPLE_LAYERS
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from mmdet3d.models.layers.map_norm import lies_in_rows


# Configs say `deconv`, and get this one instead of torch's.
@UPSAMPLE_LAYERS.register_module('deconv', force=True)
class ConvTranspose2d(nn.ConvTranspose2d):
    """Transposed convolution of (B, C, H, W), which computes as torch's of the same name.

    Where tiles do not overlap, its gradients are two matrix products, which on a CPU take half of
    the time of torch's backward pass.
    """

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Return the map of tiles, (B, C', H * k, W * k)."""
        if output_size is None and self.training and self._makes_tiles() and _is_fast(input):
            return _Tiles.apply(input, self.weight)
        return super().forward(input, output_size)

    def _makes_tiles(self) -> bool:
        return (
            self.kernel_size == self.stride != (1, 1)
            and self.padding == self.output_padding == (0, 0)
            and self.dilation == (1, 1)
            and self.groups == 1
            and self.bias is None
        )


def _is_fast(x: Tensor) -> bool:
    return lies_in_rows(x) and not torch.is_autocast_enabled('cpu')


class _Tiles(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return nn.functional.conv_transpose2d(x, weight, stride=weight.shape[2:])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:
        x, weight = ctx.saved_tensors
        (batch, channels, height, width), (_, out, *tile) = x.shape, weight.shape
        # A row of each cell's tile, and a row of each cell.
        tiles = gradient.permute(0, 2, 3, 1).reshape(batch, height, tile[0], width, tile[1], out)
        tiles = tiles.transpose(2, 3).reshape(batch * height * width, -1)
        cells = x.permute(0, 2, 3, 1).reshape(-1, channels)
        to_x = to_weight = None
        if ctx.needs_input_grad[0]:
            matrix = weight.permute(2, 3, 1, 0).reshape(-1, channels)
            to_x = (tiles @ matrix).view(batch, height, width, channels).permute(0, 3, 1, 2)
        if ctx.needs_input_grad[1]:
            to_weight = (cells.t() @ tiles).view(channels, *tile, out).permute(0, 3, 1, 2)
            to_weight = to_weight.contiguous()
        return to_x, to_weight
