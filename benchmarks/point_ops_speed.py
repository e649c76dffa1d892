#!/usr/bin/env python
"""Time the point operators of one PointRCNN forward pass on a CPU, in numba and in plain torch.

The calls are those of the KITTI config on one made-up cloud: four set abstractions, four feature
propagations, the pooling of 512 regions and their two set abstractions. Grouping and interpolation
are plain torch themselves, so there is nothing to compare them with.
"""

import time
from collections.abc import Callable, Iterator

import _environment  # noqa: F401
import torch

from mmdet3d.ops import (
    ball_query,
    furthest_point_sample,
    gather_points,
    group_points,
    roi_point_pool,
    three_interpolate,
    three_nn,
)
from mmdet3d.ops.on_device import ball_query as ball_query_torch
from mmdet3d.ops.on_device import furthest_point_sample as furthest_point_sample_torch
from mmdet3d.ops.on_device import roi_point_pool as roi_point_pool_torch
from mmdet3d.ops.on_device import three_nn as three_nn_torch
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.tool_parser import ToolParser

# Points chosen, radii in metres and widths of what each set abstraction gives.
LEVELS = [
    (4096, (0.1, 0.5), 96),
    (1024, (0.5, 1.0), 256),
    (256, (1.0, 2.0), 512),
    (64, (2.0, 4.0), 1024),
]
NUM_SAMPLES = (16, 32)
# Channels interpolated to each level, from the coarsest to the finest.
FP_CHANNELS = [1024, 512, 512, 256]
REGIONS, REGION_POINTS = 512, 512
REGION_LEVELS = [(128, 0.2, 128), (32, 0.4, 128)]

Call = tuple[str, Callable, Callable | None]


def made_up_cloud(count: int = 16384) -> torch.Tensor:
    """Draw a (1, count, 3) cloud in front of the sensor, denser when near and near the ground."""
    generator = torch.Generator().manual_seed(0)
    distance = torch.randn(count, generator=generator).abs() * 20 + 3
    angle = (torch.rand(count, generator=generator) - 0.5) * 1.4
    height = torch.rand(count, generator=generator).square() * 3 - 1.7
    return torch.stack([distance * angle.cos(), distance * angle.sin(), height], dim=1)[None]


def sample(points: torch.Tensor, count: int) -> tuple[torch.Tensor, Call]:
    """Choose points; give them and the call that did it."""
    by_torch = furthest_point_sample_torch.furthest_point_sample
    columns = points.transpose(1, 2).contiguous()
    chosen = gather_points(columns, furthest_point_sample(points, count))
    call = (
        'furthest_point_sample',
        lambda: furthest_point_sample(points, count),
        lambda: by_torch(points, count),
    )
    return chosen.transpose(1, 2).contiguous(), call


def query(radius: float, count: int, points: torch.Tensor, centres: torch.Tensor) -> Call:
    """Describe one ball query."""
    by_torch = ball_query_torch.ball_query
    return (
        'ball_query',
        lambda: ball_query(0, radius, count, points, centres),
        lambda: by_torch(0.0, radius**2, count, points, centres),
    )


def group(features: torch.Tensor, indices: torch.Tensor) -> Call:
    """Describe one grouping of features."""
    return 'group_points', lambda: group_points(features, indices), None


def backbone_calls(points: torch.Tensor) -> Iterator[Call]:
    """Walk the set abstractions and the feature propagations."""
    clouds, channels = [points], 4
    for count, radii, width in LEVELS:
        centres, sampling = sample(clouds[-1], count)
        yield sampling
        features = torch.rand(1, channels, clouds[-1].shape[1])
        for radius, samples in zip(radii, NUM_SAMPLES):
            yield query(radius, samples, clouds[-1], centres)
            yield group(features, ball_query(0, radius, samples, clouds[-1], centres))
        clouds.append(centres)
        channels = 3 + width
    for level, width in enumerate(FP_CHANNELS):
        yield from propagation_calls(*clouds[-2 - level : len(clouds) - level], width)


def propagation_calls(targets: torch.Tensor, sources: torch.Tensor, width: int) -> list[Call]:
    """Describe the search and the interpolation of one feature propagation."""
    distances, index = three_nn(targets, sources)
    weights, features = torch.softmax(-distances, dim=2), torch.rand(1, width, sources.shape[1])
    by_torch = three_nn_torch.three_nearest
    return [
        ('three_nn', lambda: three_nn(targets, sources), lambda: by_torch(targets, sources)),
        ('three_interpolate', lambda: three_interpolate(features, index, weights), None),
    ]


def region_calls(points: torch.Tensor) -> Iterator[Call]:
    """Walk the pooling of regions and their set abstractions."""
    generator = torch.Generator().manual_seed(1)
    centres = points[:, :: points.shape[1] // REGIONS][:, :REGIONS] - points.new_tensor([0, 0, 1])
    sizes = torch.tensor([6.0, 4, 4]).expand_as(centres)
    boxes = torch.cat([centres, sizes, torch.rand(1, REGIONS, 1, generator=generator) * 6], dim=2)
    features = torch.rand(1, points.shape[1], 130)
    wide = points.double(), boxes.double()
    yield (
        'roi_point_pool',
        lambda: roi_point_pool(points, features, boxes, REGION_POINTS),
        # Only the search: the rest is torch anyway.
        lambda: roi_point_pool_torch.first_inside(*wide, REGION_POINTS),
    )
    pooled, _ = roi_point_pool(points, features, boxes, REGION_POINTS)
    cloud = pooled[0, ..., :3] - centres[0, :, None]
    for count, radius, width in REGION_LEVELS:
        chosen, sampling = sample(cloud, count)
        yield sampling
        yield query(radius, 16, cloud, chosen)
        found = ball_query(0, radius, 16, cloud, chosen)
        yield group(torch.rand(REGIONS, 3 + width, cloud.shape[1]), found)
        cloud = chosen


def best_time(function: Callable, repeats: int) -> float:
    """Seconds of the fastest of some runs after a first one that compiles."""
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times[1:])


def main() -> None:
    """Measure, and print a line per operator and one for the goal of the sampling."""
    parser = ToolParser(description=__doc__)
    parser.add_argument('--threads', type=int, default=2, help='(%(default)s)')
    parser.add_argument('--repeats', type=int, default=3, help='(%(default)s)')
    args = parser.parse_args()
    torch.set_num_threads(args.threads)

    points = made_up_cloud()
    ours, plain = {}, {}
    for calls in (backbone_calls, region_calls):
        for name, by_us, by_torch in calls(points):
            ours[name] = ours.get(name, 0) + best_time(by_us, args.repeats)
            if by_torch:
                plain[name] = plain.get(name, 0) + best_time(by_torch, 1)
    print(f'{args.threads} thread(s), all calls of one forward pass of one frame')
    for name, seconds in ours.items():
        torch_seconds = plain.get(name)
        ratio = f'{torch_seconds:8.3f} s  {torch_seconds / seconds:6.1f} x' if torch_seconds else ''
        print(f'{name:24}{seconds:8.3f} s{ratio}')
    print(f'{"all":24}{sum(ours.values()):8.3f} s')
    largest = best_time(lambda: furthest_point_sample(points, 4096), args.repeats)
    print(f'furthest_point_sample, 16384 to 4096 points: {largest:.3f} s')


if __name__ == '__main__':
    run_tool(main)
