"""The same work by mmdetection3d, in another environment."""

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch

from benchmarks.rows import voxelization
from benchmarks.rows.frames import PILLARS, SECOND, SIZES, first_cloud, training_batch
from mmdet3d.utils.config import load_config

SCRIPT = Path(__file__).parents[1] / 'reference_rows.py'


def measure(interpreter: str, data: str, threads: int) -> dict[str, float]:
    """Measure mmdetection3d for the rows that it can do.

    Args:
        interpreter: the Python of an environment with mmdetection3d 1.0.0rc6.
        data: folder written by tools/create_data.py.
        threads: for all rows but SECOND's, which has one.

    Returns:
        milliseconds, by what the names of the rows begin with.
    """
    batch = training_batch(f'{PILLARS}.py', data)
    given = {
        'tasks': tasks(threads),
        'points': voxelization.prepare().cpu(),
        'cloud': torch.from_numpy(np.fromfile(first_cloud(data), np.float32).reshape(-1, 4)),
        'batch': {
            'points': [each.cpu() for each in batch['points']],
            'boxes': [each.tensor.cpu() for each in batch['gt_bboxes_3d']],
            'labels': [each.cpu() for each in batch['gt_labels_3d']],
        },
    }
    with tempfile.NamedTemporaryFile(suffix='.pt') as file:
        torch.save(given, file.name)
        said = subprocess.check_output([interpreter, str(SCRIPT), file.name], text=True)
    return json.loads(said.splitlines()[-1])


def tasks(threads: int) -> dict[str, dict]:
    """What it is asked to do."""
    found = {}
    for size, suffix in SIZES.items():
        config = as_text(f'{PILLARS}{suffix}.py')
        shared = {'config': config, 'threads': threads}
        found[f'training step, batch 2, PointPillars {size}'] = {'kind': 'step', **shared}
        found[f'inference, PointPillars {size},'] = {'kind': 'detection', **shared}
    found['inference, SECOND teacher, one thread,'] = {
        'kind': 'detection',
        'config': as_text(f'{SECOND}.py'),
        'threads': 1,
    }
    settings = {
        'voxel_size': voxelization.SIZE,
        'point_cloud_range': voxelization.BOUNDS,
        'max_num_points': voxelization.PER_PILLAR,
        'max_voxels': voxelization.PILLARS,
    }
    found[f'pillar voxelisation, {voxelization.POINTS:,} points'] = {
        'kind': 'voxelization',
        'settings': settings,
        'threads': threads,
    }
    return found


def as_text(config: str) -> str:
    """Return of a config what mmdetection3d reads; as Python, for JSON has no tuples."""
    cfg = load_config(config)
    cfg.model.train_cfg.pop('kd_cfg', None)
    return repr({'model': cfg.model.to_dict(), 'optimizer': cfg.optimizer.to_dict()})
