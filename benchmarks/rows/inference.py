"""A frame, from its points to boxes, by the three sizes of PointPillars."""

from functools import partial

import torch

from benchmarks.rows.frames import PILLARS, SIZES, detector, first_cloud, limit, multiply_adds
from benchmarks.rows.row import Row, milliseconds
from mmdet3d.apis.inference import make_batch


def rows(data: str) -> list[Row]:
    """Measure float32 and the low precision; plain is float32, channels first, nothing fused.

    Args:
        data: folder written by tools/create_data.py.
    """
    low, cloud, found = 'fp16' if torch.cuda.is_available() else 'bf16', first_cloud(data), []
    for size, suffix in SIZES.items():
        config = f'{PILLARS}{suffix}.py'
        plain = detect(config, cloud, channels_last=False)
        operations = multiply_adds(config, cloud)
        for precision in ('fp32', low):
            shipped = detect(config, cloud, fuse_conv_bn=True, precision=precision)
            found.append(
                Row(
                    f'inference, PointPillars {size}, {precision}',
                    plain,
                    shipped,
                    limit=limit(operations, precision == low),
                )
            )
    return found


@torch.no_grad()
def detect(config: str, cloud: str, **options: bool | str) -> float:
    """Return the milliseconds of a detector on a cloud, which is loaded before."""
    model = detector(config, **options)
    batch = make_batch(model, cloud)
    return milliseconds(partial(model, return_loss=False, rescale=True, **batch))
