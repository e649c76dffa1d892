"""What part of a training step waits for data, by the training tool's own log."""

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.rows.made_up_kitti import training_data
from benchmarks.rows.row import Row
from mmdet3d.report.logs.reading import read_log
from mmdet3d.report.logs.timing import Timing, measure_time

ROOT = Path(__file__).resolve().parents[2]
CONFIG = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class_student_4x.py'
BATCH, WORKERS = 2, 2


def timing(workers: int) -> Timing:
    """Train for an epoch of 12 steps; return how long a step takes and waits."""
    options = {
        'data.samples_per_gpu': BATCH,
        'data.workers_per_gpu': workers,
        'data.train.times': 2,
        'runner.max_epochs': 1,
        'log_config.interval': 1,
    }
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, 'tools/train.py', CONFIG, '--work-dir', folder, '--seed', '0']
        command += ['--no-report', '--no-validate', '--data-root', str(training_data())]
        command += ['--cfg-options', *(f'{key}={value}' for key, value in options.items())]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        (log,) = Path(folder).glob('*.log.json')
        return measure_time(read_log(log))


def rows() -> list[Row]:
    """Measure with data loaded in the training process, and by workers."""
    alone, with_workers = timing(0), timing(WORKERS)
    step = 1e3 * with_workers.mean
    return [
        Row(
            f'waiting for data, PointPillars 4x, batch {BATCH}, {WORKERS} workers '
            f'({with_workers.data_share:.1%} of a step of {step:,.0f} ms)',
            1e3 * alone.mean * alone.data_share,
            step * with_workers.data_share,
        )
    ]
