"""Options of detection that trade nothing, or some precision, for speed."""

from typing import Any

from torch import nn

from mmcv_patched.precision import require_precision
from mmdet3d.models import fuse_normalisations


def set_speed_options(
    model: nn.Module,
    fuse_conv_bn: bool = False,
    channels_last: bool | None = None,
    precision: str | None = None,
) -> nn.Module:
    """Prepare a detector for detection.

    Args:
        model: the detector, with its weights, on its device.
        fuse_conv_bn: let layers do the work of the normalisations that follow them.
        channels_last: lay maps out with the channels last; None where that is faster and exact.
        precision: 'fp32', 'bf16' or, on a GPU, 'fp16'; None leaves it to the caller.

    Returns:
        the detector, in evaluation mode.

    Raises:
        ValueError: if there is no such precision, or none such on the device.
    """
    known: Any = model.eval()
    require_precision('precision', precision, next(known.parameters()).device)
    known.precision = precision
    for part in known.modules():
        if hasattr(part, 'channels_last'):
            part.channels_last = channels_last
    return fuse_normalisations(known) if fuse_conv_bn else known
