"""A frame, from its points to boxes, by the three sizes of PointPillars."""

from collections.abc import Callable
from functools import partial

import torch

from benchmarks.rows.frames import PILLARS, SIZES, detector, first_cloud, limit, multiply_adds
from benchmarks.rows.row import Row, compare
from mmdet3d.apis.inference import make_batch


def rows(data: str) -> list[Row]:
    """Measure float32 and the low precision; plain is float32, channels first, nothing fused.

    Args:
        data: folder written by tools/create_data.py.
    """
    low, cloud, found = 'fp16' if torch.cuda.is_available() else 'bf16', first_cloud(data), []
    for size, suffix in SIZES.items():
        found += of_detector(f'PointPillars {size}', f'{PILLARS}{suffix}.py', cloud, low)
    return found


def of_detector(name: str, config: str, cloud: str, low: str) -> list[Row]:
    """Measure a detector on a cloud, in float32 and in the low precision.

    Args:
        name: what the rows call it.
        config: its config.
        cloud: file of the cloud, which is loaded before.
        low: the low precision.
    """
    plain, *shipped = compare(
        detection(config, cloud, channels_last=False),
        *(detection(config, cloud, fuse_conv_bn=True, precision=each) for each in ('fp32', low)),
    )
    operations = multiply_adds(config, cloud)
    return [
        Row(
            f'inference, {name}, {precision}',
            plain,
            time,
            limit=limit(operations, precision == low),
        )
        for precision, time in zip(('fp32', low), shipped)
    ]


def detection(config: str, cloud: str, **options: bool | str) -> Callable[[], object]:
    """Return what detects in a cloud."""
    model = detector(config, **options)
    batch = make_batch(model, cloud)
    return torch.no_grad()(partial(model, return_loss=False, rescale=True, **batch))
