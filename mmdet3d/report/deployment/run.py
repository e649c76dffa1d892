"""From nothing to the table: data, trained networks, their models, and what these are worth."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from mmcv import Config

from mmcv_patched.full_disk import write_whole
from mmdet3d.apis import init_model
from mmdet3d.apis.evaluation import build_tested
from mmdet3d.datasets import build_dataset
from mmdet3d.export.exporter import export_detector
from mmdet3d.export.quantize import quantize
from mmdet3d.report.deployment.measure import Measured, measure, to_table
from mmdet3d.report.gain.jobs import Job, run_jobs
from mmdet3d.utils.config import find_datasets, load_config

# Small detectors, which are trained in minutes, and the widths of the paper's students.
NETWORKS = {
    'teacher': 'configs/quickstart/pointpillars_3class.py',
    '4x': 'configs/quickstart/pointpillars_3class_student_4x.py',
    '16x': 'configs/effect/pointpillars_16x.py',
}


def measure_deployment(
    out: Path,
    data: Path | None = None,
    checkpoints: Mapping[str, Path] | None = None,
    networks: Sequence[str] = tuple(NETWORKS),
    scenes: tuple[int, int] = (240, 60),
    calibration_frames: int = 64,
    calibration: str = 'minmax',
    ends: bool = False,
) -> str:
    """Do what is left of the measurements, and return the table.

    What is done is not done again: data, trainings, models and measurements lie in ``out``. The
    table is written to ``deployment.md`` there.

    Args:
        out: the folder.
        data: KITTI's layout with its info files; None generates scenes.
        checkpoints: trained weights of some of :data:`NETWORKS`, which are not trained then.
        networks: which of them to measure.
        scenes: how many to generate for training and for validation.
        calibration_frames: frames of the training set that int8 is calibrated with.
        calibration: how, see :func:`quantize`.
        ends: likewise.

    Raises:
        FileNotFoundError: if there is no such data or checkpoint.
        RuntimeError: if a tool fails.
        ValueError: if there is no network of a name that is given, or the folder was begun with
            other scenes.
    """
    given = checkpoints or {}
    if unknown := {*given, *networks} - set(NETWORKS):
        raise ValueError(f'there is no network {sorted(unknown)}: expected of {list(NETWORKS)}')
    out = out.resolve()
    if data is None:
        data = out / 'data'
        _finish(_data_job(out, scenes))
    rows = []
    for name in networks:
        config = NETWORKS[name]
        checkpoint = given.get(name) or _trained(out, name, config, data)
        rows += _measure_network(
            out / 'models', name, config, checkpoint, data, calibration_frames,
            {'calibration': calibration, 'ends': ends},
        )  # fmt: skip
    table = to_table(rows)
    write_whole(out / 'deployment.md', f'{table}\n')
    return table


def _measure_network(
    folder: Path,
    name: str,
    config: str,
    checkpoint: Path,
    data: Path,
    frames: int,
    options: Mapping,
) -> list[Measured]:
    """Export a network, quantise it, and measure both."""
    cfg = load_config(config, data_root=data)
    full, quantised = folder / f'{name}_fp32.onnx', folder / f'{name}_int8.onnx'
    if not full.is_file():
        export_detector(init_model(cfg, str(checkpoint), 'cpu'), full)
    if not quantised.is_file():
        quantize(full, _spread(cfg, frames), quantised, **options)
    return [_once(path, name, cfg) for path in (full, quantised)]


def _once(model: Path, name: str, cfg: Config) -> Measured:
    """Measure a model unless that was done."""
    path = model.with_suffix('.json')
    if not path.is_file():
        print(f'measuring {model.name}', flush=True)
        write_whole(path, json.dumps(measure(name, model, build_tested(cfg)).to_json(), indent=1))
    return Measured(**json.loads(path.read_text()))


def _spread(cfg: Config, frames: int) -> list[str]:
    """Clouds of the training set, evenly spread."""
    train = build_dataset(next(find_datasets(cfg.data.train)))
    every = max(1, len(train) // frames)
    return [train.get_data_info(i)['pts_filename'] for i in range(len(train))[::every][:frames]]


def _data_job(out: Path, scenes: tuple[int, int]) -> Job:
    """Generate scenes in KITTI's layout, and convert them."""
    raw, folder = out / 'kitti', out / 'data'
    counts = ['--train', str(scenes[0]), '--val', str(scenes[1])]
    commands = [
        _tool('create_synthetic_kitti', '--out', str(raw), *counts),
        _tool('create_data', 'kitti', '--root-path', str(raw), '--out-dir', str(folder)),
    ]
    return Job('data', folder, commands, folder / 'kitti_dbinfos_train.pkl', {'scenes': [*scenes]})


def _trained(out: Path, name: str, config: str, data: Path) -> Path:
    """Train a network, without a teacher, unless that was done, and return its weights."""
    folder = out / 'networks' / name
    options = ['--no-validate', '--no-report', '--auto-resume', '--seed', '0']
    command = _tool('train', config, '--work-dir', str(folder), '--data-root', str(data), *options)
    done = folder / 'done'
    mark = [sys.executable, '-c', f'open({str(done)!r}, "w")']
    _finish(Job(name, folder, [command, mark], done, {'config': config}))
    return folder / 'latest.pth'


def _finish(job: Job) -> None:
    if run_jobs([job], 1, lambda job, seconds: print(f'{job.name}: {seconds:.0f} s', flush=True)):
        raise RuntimeError(f'another process is at {job.name}: wait for its end')


def _tool(name: str, *arguments: str) -> Sequence[str]:
    return [sys.executable, f'tools/{name}.py', *arguments]
