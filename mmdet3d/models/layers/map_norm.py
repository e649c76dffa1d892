"""Batch normalisation that is exact for maps whose channels come last in memory, too."""

import torch
from mmcv.cnn import NORM_LAYERS
from torch import Tensor, nn

from mmdet3d.models.layers.linear_norm import track_statistics
from mmdet3d.ops.row_norm import batch_norm_rows


# Configs say `BN` or `BN2d`, and get this one instead of torch's.
@NORM_LAYERS.register_module(['BN', 'BN2d'], force=True)
class BatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation of (B, C, H, W), which computes as torch's of the same name.

    In training on a CPU torch's version loses three of seven digits where the channels come last;
    there the statistics are computed in float64 instead.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Normalise each channel, the second dimension of ``input``."""
        if not (self.training and self.affine and lies_in_rows(input)):
            return super().forward(input)
        found, mean, variance = batch_norm_rows(input, self.weight, self.bias, self.eps)
        track_statistics(self, mean, variance, input.numel() // input.shape[1])
        return found


def lies_in_rows(x: Tensor) -> bool:
    """Tell whether a float32 map on a CPU has its channels last in memory.

    Args:
        x: the map, of shape (B, C, H, W), or any other tensor.
    """
    return (
        x.device.type == 'cpu'
        and x.dtype == torch.float32
        and x.dim() == 4
        and x.numel() > x.shape[1]
        and x.is_contiguous(memory_format=torch.channels_last)
        and not x.is_contiguous()
    )
