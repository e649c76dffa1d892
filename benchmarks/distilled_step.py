#!/usr/bin/env python
"""What does a distilled step cost, and what did it cost when padding was computed too?

    bash tools/quickstart.sh                        # makes the data
    python benchmarks/distilled_step.py --data work_dirs/quickstart/data

One thread, a batch of two frames, a student of a sixteenth of the quickstart's teacher that learns
its predictions at assigned anchors. Each part is run as shipped and as before, one after the other;
times are CPU time, the least of all runs, so that other work on the machine hardly counts. Before,
every slot of a pillar was computed, and each loss assigned the objects to the anchors anew.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import _environment  # noqa: F401
import torch
from torch import Tensor, nn

from mmdet3d.datasets import build_dataset
from mmdet3d.models import build_model
from mmdet3d.models.dense_heads.assignment_cache import AssignmentCache
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.config import load_config
from mmdet3d.utils.tool_parser import ToolParser

CONFIG = 'configs/quickstart/pointpillars_3class.py'
STUDENT = 'configs/effect/pointpillars_16x.py'
KD_CFG = dict(
    terms=dict(head=dict(feature='head_outputs', loss=dict(type='HeadLogits', where='assigned')))
)


class AllSlots(nn.Module):
    """Computes what an encoder of one layer computes, for every slot of every pillar."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, features: Tensor, num_points: Tensor, coors: Tensor) -> Tensor:
        """Return features of shape (M, C) of points (M, P, 4), counts (M,) and cells (M, 4)."""
        (layer,) = self.encoder.layers
        x = layer.linear(self._decorate(features, num_points, coors))
        x = layer.norm(x.transpose(1, 2).contiguous())
        return x.max(dim=2).values.relu()

    def _decorate(self, features: Tensor, num_points: Tensor, coors: Tensor) -> Tensor:
        encoder, xyz = self.encoder, features[:, :, :3]
        mean = xyz.sum(dim=1, keepdim=True) / num_points.to(features).view(-1, 1, 1)
        size, first = (xyz.new_tensor(each) for each in (encoder.voxel_size, encoder.first_center))
        offset = xyz - (coors[:, [3, 2, 1]].to(features) * size + first)[:, None]
        x = torch.cat([offset, features[:, :, 3:], xyz - mean, offset], dim=2)
        is_point = torch.arange(x.shape[1], device=x.device) < num_points[:, None]
        return x * is_point[..., None].to(x)


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__.splitlines()[0])
    parser.add_argument('--data', required=True, help='folder written by tools/create_data.py')
    parser.add_argument('--repeats', type=int, default=20, help='(%(default)s)')
    return parser.parse_args()


def read_batch(data: str) -> dict[str, Any]:
    """Return the first two frames, with the augmentation of training."""
    from mmcv.parallel import collate

    dataset = build_dataset(load_config(CONFIG, data_root=data).data.train)
    batch = collate([dataset[0], dataset[1]], samples_per_gpu=2)
    return {name: value.data[0] for name, value in batch.items()}


def build_networks() -> tuple[Any, Any, Any]:
    """Return a teacher, a student that learns from it, and the student's optimizer."""
    from mmcv.runner import build_optimizer

    torch.manual_seed(0)
    teacher = build_model(load_config(CONFIG).model).eval().requires_grad_(False)
    cfg = load_config(STUDENT)
    cfg.model.train_cfg.kd_cfg = KD_CFG
    student = build_model(cfg.model).train()
    student.init_kd(teacher)
    return teacher, student, build_optimizer(student, cfg.optimizer)


def as_before(teacher: Any, student: Any) -> None:
    """Let networks compute all padding, and assign objects whenever they are asked."""
    for model in (teacher, student):
        model.voxel_encoder = AllSlots(model.voxel_encoder)
        model.bbox_head._cache = AssignmentCache(limit=0)


def parts(batch: dict[str, Any], teacher: Any, student: Any, optimizer: Any) -> dict[str, Callable]:
    """Return what is timed, by name."""
    voxels = student.voxelize(batch['points'])

    def ask_teacher() -> dict[str, Any]:
        with torch.no_grad():
            return teacher.train_step(batch, None, is_teacher=True, last='head_outputs')

    def encode() -> None:
        student.voxel_encoder(*voxels).sum().backward()

    def encode_as_teacher() -> None:
        with torch.no_grad():
            teacher.voxel_encoder(*voxels)

    def step() -> None:
        if student.bbox_head._cache.limit:
            # Augmented frames do not come again.
            student.bbox_head._cache = AssignmentCache()
        optimizer.zero_grad()
        student.train_step(batch, None, teacher_info=ask_teacher())['loss'].backward()
        optimizer.step()

    return {
        "the student's encoder, forward and backward": encode,
        "the teacher's encoder, forward": encode_as_teacher,
        'all of the teacher': ask_teacher,
        'the whole step': step,
    }


def cpu_time(function: Callable) -> float:
    """Return the milliseconds of CPU time that a call takes."""
    start = time.process_time()
    function()
    return 1e3 * (time.process_time() - start)


def main() -> None:
    """Time each part both ways and print the table."""
    args = parse_args()
    torch.set_num_threads(1)
    batch = read_batch(args.data)
    shipped, before = build_networks(), build_networks()
    as_before(*before[:2])
    print('| part | before, ms | now, ms | ratio |')
    print('| --- | --- | --- | --- |')
    for (name, now), then in zip(
        parts(batch, *shipped).items(), parts(batch, *before).values(), strict=True
    ):
        pairs = [(cpu_time(then), cpu_time(now)) for _ in range(args.repeats)]
        old, new = (min(each) for each in zip(*pairs))
        print(f'| {name} | {old:.1f} | {new:.1f} | {old / new:.1f} |', flush=True)


if __name__ == '__main__':
    run_tool(main)
