#!/usr/bin/env python
"""Time the operators on a CUDA device, in Triton and in plain torch, and compare their results.

    python benchmarks/device_ops.py

Each operator is called as users call it, once with its kernel and once with the torch version that
other devices use. Sizes are those of PointRCNN on a KITTI frame and of suppression before the best
boxes are taken. Milliseconds are the median of some calls after a first one, which compiles; memory
is the peak of one call above what its arguments take. The last share is the time in which memory
could be read and written what the operator is given and gives, as fast as the device copies, over
the time of the kernel. Ends with status 1 where results differ.
"""

import statistics
import sys
from collections.abc import Iterator
from functools import partial
from unittest import mock

import _environment  # noqa: F401
import torch
from torch import Tensor

from mmdet3d.ops import (
    ball_query,
    boxes_iou_bev,
    dispatch,
    furthest_point_sample,
    nms_bev,
    nms_normal_bev,
    points_in_boxes_part,
    roi_point_pool,
    three_nn,
)
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.tool_parser import ToolParser

POINTS, CENTRES, BOXES, CANDIDATES = 16384, 4096, 512, 4096
Operator = partial[Tensor | tuple[Tensor, ...]]


def made_up_cloud(generator: torch.Generator) -> Tensor:
    """Draw a (1, POINTS, 3) cloud in front of the sensor, denser when near and near the ground."""
    distance = torch.randn(POINTS, generator=generator).abs() * 20 + 3
    angle = (torch.rand(POINTS, generator=generator) - 0.5) * 1.4
    height = torch.rand(POINTS, generator=generator).square() * 3 - 1.7
    return torch.stack([distance * angle.cos(), distance * angle.sin(), height], dim=1)[None]


def point_operators(cloud: Tensor, generator: torch.Generator) -> Iterator[tuple[str, Operator]]:
    """Name the operators on points, of sizes of the KITTI config."""
    yield f'FPS {POINTS} -> {CENTRES}', partial(furthest_point_sample, cloud, CENTRES)
    regions = torch.randn(BOXES, 512, 3, generator=generator).to(cloud)
    yield f'FPS {BOXES} x 512 -> 128', partial(furthest_point_sample, regions, 128)
    centres = cloud[:, furthest_point_sample(cloud, CENTRES)[0]]
    for radius, samples in ((0.1, 16), (0.5, 32), (2.0, 32)):
        query = partial(ball_query, 0, radius, samples, cloud, centres)
        yield f'ball query {radius} m, {samples} samples', query
    yield f'three nearest of {CENTRES}', partial(three_nn, cloud, centres)
    features = torch.randn(1, POINTS, 130, generator=generator).to(cloud)
    sizes = torch.tensor([[6.0, 4, 4]]).to(cloud).expand(BOXES, -1)
    yaw = torch.rand(BOXES, 1, generator=generator).to(cloud) * 6
    boxes = torch.cat([centres[0, :BOXES] - sizes.new_tensor([0, 0, 1]), sizes, yaw], dim=1)[None]
    yield f'RoI pooling {BOXES} x 512', partial(roi_point_pool, cloud, features, boxes, 512)
    yield f'points in {BOXES} boxes', partial(points_in_boxes_part, cloud, boxes)


def box_operators(
    generator: torch.Generator, device: torch.device
) -> Iterator[tuple[str, Operator]]:
    """Name the operators on boxes: candidates around fifty objects."""
    objects = torch.rand(50, 2, generator=generator) * 70
    near = torch.randint(50, (CANDIDATES,), generator=generator)
    centres = objects[near] + torch.randn(CANDIDATES, 2, generator=generator) * 0.7
    half = torch.tensor([2.0, 0.9]) + torch.rand(CANDIDATES, 2, generator=generator) * 0.3
    yaw = torch.randn(CANDIDATES, 1, generator=generator) * 0.2 + near[:, None]
    corners = torch.cat([centres - half, centres + half, yaw], dim=1).to(device)
    scores = torch.rand(CANDIDATES, generator=generator).to(device)
    for thresh in (0.01, 0.8):
        yield f'NMS of {CANDIDATES}, {thresh}', partial(nms_bev, corners, scores, thresh)
    yield f'unturned NMS of {CANDIDATES}, 0.8', partial(nms_normal_bev, corners, scores, 0.8)
    rows = torch.cat([centres, half * 2, yaw], dim=1).to(device)
    yield f'IoU of 1000 x {CANDIDATES}', partial(boxes_iou_bev, rows[:1000], rows)


def measure(operator: Operator, repeats: int) -> tuple[list[Tensor], float, float, float]:
    """Return the results, milliseconds of the first and of a later call, and MiB at its peak."""
    first, _ = timed(operator)
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    found = operator()
    peak = (torch.cuda.max_memory_allocated() - before) / 2**20
    later = statistics.median(timed(operator)[0] for _ in range(repeats))
    return list(found) if isinstance(found, tuple) else [found], first, later, peak


def timed(operator: Operator) -> tuple[float, Tensor | tuple[Tensor, ...]]:
    """Return the milliseconds of one call, and its result."""
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize()
    start.record()
    found = operator()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end), found


def bandwidth(size: int = 2**28) -> float:
    """Return the bytes per millisecond that the device reads and writes when it copies."""
    source = torch.ones(size, dtype=torch.float32, device='cuda')
    target = torch.empty_like(source)
    copy = partial(target.copy_, source)
    return 2 * source.nbytes / min(timed(copy)[0] for _ in range(5))


def least_traffic(operator: Operator, found: list[Tensor]) -> int:
    """Return the bytes of what an operator is given and gives, each read or written once."""
    given = [each for each in operator.args if isinstance(each, Tensor)]
    return sum(each.nbytes for each in [*given, *found])


def compare(name: str, operator: Operator, repeats: int, rate: float) -> bool:
    """Print a line of an operator; tell whether both versions give the same.

    Args:
        name: of the operator.
        operator: calls it.
        repeats: how often it is timed.
        rate: bytes per millisecond, see :func:`bandwidth`.
    """
    found, first, ours, memory = measure(operator, repeats)
    with mock.patch.object(dispatch, 'triton_works', lambda: False):
        expected, _, plain, plain_memory = measure(operator, repeats)
    same, word = agreement(found, expected)
    print(
        f'{name:30}{plain:10.3f}{ours:10.3f}{plain / ours:9.1f} x{plain_memory:10.0f}{memory:10.0f}'
        f'{first:12.0f}{least_traffic(operator, found) / rate / ours:11.1%}  {word}',
        flush=True,
    )
    return same


def agreement(found: list[Tensor], expected: list[Tensor]) -> tuple[bool, str]:
    """Tell whether results are the same up to the rounding of areas, and in a word how much so."""
    if any(one.shape != other.shape for one, other in zip(found, expected)):
        return False, 'DIFFERENT SHAPES'
    if all(map(torch.equal, found, expected)):
        return True, 'identical'
    off = max(
        (one.double() - other.double()).abs().max().item() for one, other in zip(found, expected)
    )
    close = off < 1e-6 and all(tensor.is_floating_point() for tensor in found)
    return close, f'within {off:.0e}' if close else f'DIFFERENT by {off:.3g}'


def main() -> None:
    """Measure every operator and print a table."""
    parser = ToolParser(description=__doc__.splitlines()[0])
    parser.add_argument('--repeats', type=int, default=5, help='timed calls of each (%(default)s)')
    args = parser.parse_args()
    if not torch.cuda.is_available():
        parser.error('torch finds no CUDA device here; benchmarks/point_ops_speed.py is for CPUs')
    if not dispatch.triton_works():
        parser.error('Triton is not installed or cannot launch a kernel: nothing to compare')
    device = torch.device('cuda')
    generator = torch.Generator().manual_seed(0)
    rate = bandwidth()
    named = f'{torch.cuda.get_device_name()}, torch {torch.__version__}'
    print(f'{named}; {rate / 1e6:,.0f} GB/s copied')
    head = {'torch ms': 10, 'Triton ms': 10, 'ratio': 11, 'torch MiB': 10, 'MiB': 10}
    head |= {'first ms': 12, 'bandwidth': 11}
    print(' ' * 30 + ''.join(f'{word:>{width}}' for word, width in head.items()))
    cloud = made_up_cloud(generator).to(device)
    cases = [*point_operators(cloud, generator), *box_operators(generator, device)]
    same = [compare(*case, args.repeats, rate) for case in cases]
    sys.exit(0 if all(same) else 1)


if __name__ == '__main__':
    run_tool(main)
