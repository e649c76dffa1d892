"""Time mmdetection3d 1.0.0rc6 on what rows/reference.py wrote; run by its interpreter, not ours.

    PYTHON benchmarks/reference_rows.py INPUTS

Prints a line of JSON with milliseconds by name.
"""

import ast
import json
import sys
import time
from typing import Any

import torch
from mmcv import Config
from mmcv.ops import Voxelization
from mmcv.runner import build_optimizer

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.models import build_model


def least(function: Any, repeats: int) -> float:
    """Return the least milliseconds of a call, after one that is not counted."""
    function()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def step(cfg: Config, batch: dict) -> Any:
    """Return what takes a step of training."""
    torch.manual_seed(0)
    model = build_model(cfg.model).train()
    optimizer = build_optimizer(model, cfg.optimizer)
    frame = {'box_type_3d': LiDARInstance3DBoxes}
    data = {
        'points': batch['points'],
        'img_metas': [frame] * len(batch['points']),
        'gt_bboxes_3d': [LiDARInstance3DBoxes(boxes) for boxes in batch['boxes']],
        'gt_labels_3d': batch['labels'],
    }

    def take() -> None:
        outputs = model.train_step(data, optimizer)
        optimizer.zero_grad()
        outputs['loss'].backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 35)
        optimizer.step()

    return take


def detection(cfg: Config, cloud: torch.Tensor) -> Any:
    """Return what detects in a cloud."""
    torch.manual_seed(0)
    model = build_model(cfg.model).eval()
    frame = {'box_type_3d': LiDARInstance3DBoxes}

    @torch.no_grad()
    def detect() -> None:
        model(return_loss=False, rescale=True, points=[[cloud]], img_metas=[[frame]])

    return detect


def main() -> None:
    """Measure all that the file asks for."""
    given = torch.load(sys.argv[1], weights_only=True)
    found = {}
    for name, task in given['tasks'].items():
        torch.set_num_threads(task['threads'])
        if task['kind'] == 'voxelization':
            function: Any = Voxelization(**task['settings'])
            call, repeats = (lambda f=function: f(given['points'])), 50
        else:
            cfg = Config(ast.literal_eval(task['config']))
            makes = {
                'step': lambda cfg=cfg: step(cfg, given['batch']),
                'detection': lambda cfg=cfg: detection(cfg, given['cloud']),
            }
            call, repeats = makes[task['kind']](), 3
        found[name] = least(call, repeats)
        print(name, round(found[name], 1), file=sys.stderr, flush=True)
    print(json.dumps(found))


if __name__ == '__main__':
    main()
