"""What three processes do together, for tests of what they then hold; each runs this file.

They join groups of one to three of them in turn, and write what they found into a folder.
"""

import faulthandler
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from mmcv import Config
from torch import nn

from mmcv_patched.parallel import MMDataParallel, MMDistributedDataParallel
from mmcv_patched.parallel.waiting import first_process_awaited
from mmcv_patched.runner import BaseRunner, CheckpointHook, EpochBasedRunner
from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.models import build_model
from mmdet_patched.apis import build_optimizer_hook, build_test_loader, multi_gpu_test
from support.draws import draws_of_loaders
from support.small_detectors import DETECTORS, batch

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
KINDS = ('both', 'no objects', 'no points', 'neither')
SETTINGS = {
    'plain': {},
    'distilled in mixed precision': {'kd': True, 'fp16': {'loss_scale': 512.0}},
    'distilled, accumulating': {'kd': True, 'fp16': {'loss_scale': 512.0}, 'every': 2},
}


@contextmanager
def group(folder: Path, rank: int, size: int, name: str, timeout: float = 60) -> Iterator[None]:
    """Be one of a group of processes."""
    dist.init_process_group(
        'gloo',
        init_method=f'file://{folder}/{name}',
        rank=rank,
        world_size=size,
        timeout=timedelta(seconds=timeout),
    )
    yield
    dist.barrier()
    dist.destroy_process_group()


def build(detector: str, width: int = 4) -> nn.Module:
    """A small detector, by its seed the same in every process."""
    path, small, _, _ = DETECTORS[detector]
    cfg = Config.fromfile(CONFIGS / path)
    cfg.merge_from_dict(small(width))
    torch.manual_seed(width)
    model = build_model(cfg.model)
    model.init_weights()
    return model


def frames(detector: str, *kinds: str) -> dict[str, Any]:
    """A batch of clouds that differ, each with a car at the same place or what its kind lacks."""
    _, _, box_dim, car = DETECTORS[detector]
    joined: dict[str, list] = {}
    for number, kind in enumerate(kinds):
        frame = batch(box_dim, car)
        frame['img_metas'][0] = {**frame['img_metas'][0], 'sample_idx': number}
        frame['points'][0][:580, :2] += number % 7 / 8
        if kind in ('no points', 'neither'):
            frame['points'] = [frame['points'][0][:0]]
        if kind in ('no objects', 'neither'):
            frame['gt_bboxes_3d'] = [LiDARInstance3DBoxes(torch.zeros(0, box_dim), box_dim=box_dim)]
            frame['gt_labels_3d'] = [torch.zeros(0, dtype=torch.long)]
        for key, value in frame.items():
            joined.setdefault(key, []).extend(value)
    return joined


def runner_of(
    detector: str,
    folder: Path,
    kd: bool = False,
    fp16: dict | None = None,
    wrap: Callable[..., nn.Module] = MMDistributedDataParallel,
    every: int = 1,
    frozen: bool = False,
) -> BaseRunner:
    """A training by the hooks that a config would ask for.

    With ``frozen`` statistics its first step is so long that it shows the gradients.
    """
    model = build(detector)
    teacher = build(detector, 8).eval() if kd else None
    extra = {}
    if teacher is not None:
        torch.manual_seed(0)
        model.init_kd(teacher)
        extra = {'teacher': MMDataParallel(teacher, mixed_precision=bool(fp16))}
    if frozen:
        freeze_statistics(model)
    runner = EpochBasedRunner(
        wrap(model, bool(fp16)),
        optimizer=torch.optim.SGD(model.parameters(), lr=1000 if frozen else 0.01),
        work_dir=str(folder),
        logger=logging.getLogger('ranks'),
        meta={},
        max_epochs=1,
        **extra,
    )
    accumulating = {'type': 'GradientCumulativeOptimizerHook', 'cumulative_iters': every}
    clip = {'grad_clip': {'max_norm': 10.0}}
    settings = {**clip, **(accumulating if every > 1 else {})}
    runner.register_hook(build_optimizer_hook(Config(dict(fp16=fp16, optimizer_config=settings))))
    return runner


def freeze_statistics(model: nn.Module) -> None:
    """Let normalisations use what they have, in training too."""
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.eval()
            module.train = lambda mode=True, module=module: module


def weights_of(runner: BaseRunner) -> torch.Tensor:
    """All parameters of the student in a row."""
    return torch.cat([each.detach().flatten() for each in runner.model.parameters()])


def statistics_of(runner: BaseRunner) -> dict[str, torch.Tensor]:
    """The statistics of its normalisations."""
    buffers = runner.model.module.named_buffers()
    return {name: value.clone() for name, value in buffers if 'running' in name}


class Frames:
    """So many clouds to be tested."""

    def __init__(self, number: int) -> None:
        self.clouds = frames('VoxelNet', *['both'] * number)['points']

    def __len__(self) -> int:
        return len(self.clouds)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        return {'points': self.clouds[index]}


META = {'box_type_3d': LiDARInstance3DBoxes}


class Tested(nn.Module):
    """A detector that takes the frames of a batch one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.detector = build('VoxelNet')
        nn.init.zeros_(self.detector.bbox_head.conv_cls.bias)  # scores of about 0.5

    def forward(self, points: torch.Tensor, **_: Any) -> list[dict]:
        with torch.no_grad():
            return self.detector.simple_test(list(points), [META] * len(points))


def evaluate() -> dict[str, list]:
    """Detections of data sets of one, three and five frames, one and two at a time."""
    found = {}
    model = Tested().eval()
    for number in (1, 3, 5):
        dataset = Frames(number)
        for at_a_time in (1, 2):
            settings = {'samples_per_gpu': at_a_time, 'workers_per_gpu': 0}
            loader = build_test_loader(dataset, Config({}), True, settings)
            results = multi_gpu_test(MMDataParallel(model), loader)
            if results is not None:
                found[f'{number} by {at_a_time}'] = [
                    (each['boxes_3d'].tensor, each['scores_3d']) for each in results
                ]
    return found


def train_on_differing_frames(folder: Path, rank: int) -> dict[str, list]:
    """Weights after steps in which the second process lacks points, objects or both."""
    ends = {}
    for detector in DETECTORS:
        for name, settings in SETTINGS.items():
            runner = runner_of(detector, folder, **settings)
            # A detector on points needs some, which its pipeline gives it.
            kinds = KINDS[:2] if detector == 'PointRCNN' else KINDS
            data = [frames(detector, kind if rank else 'both') for kind in kinds]
            torch.manual_seed(rank)
            runner.run([data], [('train', 1)])
            ends[f'{detector}, {name}'] = weights_of(runner)
    return ends


def gradients(folder: Path, rank: int) -> dict[str, Any]:
    """The weights after steps of two processes, and what one makes of their batches alone."""
    found = {}
    for detector in ('VoxelNet', 'MVXFasterRCNN'):
        for every in (1, 2):
            whole = frames(detector, *['both'] * 2 * every)
            own = [
                {key: value[at : at + 1] for key, value in whole.items()}
                for at in range(rank * every, (rank + 1) * every)
            ]
            runner = runner_of(detector, folder, every=every, frozen=True)
            runner.run([own], [('train', 1)])
            found[f'{detector}, {every}'] = weights_of(runner)
    return found


def gradients_alone(folder: Path) -> dict[str, Any]:
    """What one process makes of the same batches at once, and the weights before."""
    found = {}
    for detector in ('VoxelNet', 'MVXFasterRCNN'):
        for every in (1, 2):
            whole = frames(detector, *['both'] * 2 * every)
            runner = runner_of(detector, folder, wrap=MMDataParallel, frozen=True)
            before = weights_of(runner)
            runner.run([[whole]], [('train', 1)])
            found[f'{detector}, {every}'] = before, weights_of(runner)
    return found


def save_with_own_statistics(folder: Path, rank: int, sync_buffer: bool) -> dict[str, Any]:
    """The statistics of each process where they differ, and those that were saved."""
    where = folder / f'saved{sync_buffer}'
    runner = runner_of('VoxelNet', where)
    runner.register_hook(CheckpointHook(interval=1, sync_buffer=sync_buffer))
    runner.run([[frames('VoxelNet', *['both'] * (1 + rank))]], [('train', 1)])
    dist.barrier()  # the first process has written it
    saved = torch.load(where / 'epoch_1.pth', weights_only=True)['state_dict']
    own = statistics_of(runner)
    return {'own': own, 'saved': {name: saved[name] for name in own}}


def wait_for_the_first(rank: int) -> float:
    """How long a process waits for the first one, whose work takes longer than the timeout."""
    start = time.monotonic()
    with first_process_awaited():
        if rank == 0:
            time.sleep(3.5)
    return time.monotonic() - start


def main() -> None:
    """Do all of it."""
    folder, rank = Path(sys.argv[1]), int(sys.argv[2])
    faulthandler.dump_traceback_later(240, exit=True)
    torch.set_num_threads(1)
    found: dict[str, Any] = {}
    for size in (1, 2, 3):
        if rank < size:
            with group(folder, rank, size, f'evaluation{size}'):
                found[f'evaluation{size}'] = evaluate()
    if rank < 2:
        with group(folder, rank, 2, 'training'):
            found['weights'] = train_on_differing_frames(folder, rank)
            found['gradients'] = gradients(folder, rank)
            found['draws'] = draws_of_loaders(rank)
            for sync_buffer in (False, True):
                found[f'statistics{sync_buffer}'] = save_with_own_statistics(
                    folder, rank, sync_buffer
                )
        with group(folder, rank, 2, 'waiting', timeout=2):
            found['waited'] = wait_for_the_first(rank)
    else:
        found['gradients alone'] = gradients_alone(folder)
    torch.save(found, folder / f'{rank}.pt')


if __name__ == '__main__':
    main()
    sys.stdout.flush()
    # All is saved; torch now and then aborts while it ends its threads after that.
    os._exit(0)
