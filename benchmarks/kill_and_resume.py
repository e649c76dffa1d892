#!/usr/bin/env python
"""Kill trainings at random moments, resume them, and compare with trainings that were left alone.

    python benchmarks/kill_and_resume.py --kills 40 --out work_dirs/kills

Plain, distilled, SECOND and in mixed precision, each with and without worker processes, on a few
generated scenes. A training is killed (-9), or sent SIGTERM with --signal TERM, at a random moment,
resumed by --auto-resume, and so on until it ends; then its losses and its final weights have to be
those of the whole training to the bit. Exits with 1 if any differs.
"""

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import time
from itertools import cycle
from pathlib import Path

import _environment  # noqa: F401
import torch

from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.tool_parser import ToolParser

ROOT = Path(__file__).resolve().parents[1]
STUDENT = 'configs/quickstart/pointpillars_3class_student_4x.py'
VARIANTS = {
    'plain': [STUDENT],
    'distilled': [STUDENT, '--use-kd'],
    'second': ['configs/effect/second_16x.py'],
    'mixed precision': [STUDENT, '--cfg-options', 'fp16.loss_scale=512.'],
}


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument('--kills', type=int, default=40, help='how many, in all (%(default)s)')
    parser.add_argument('--signal', choices=('KILL', 'TERM'), default='KILL')
    parser.add_argument('--seed', type=int, default=0, help='of the moments')
    parser.add_argument('--out', type=Path, default=Path('work_dirs/kills'))
    return parser.parse_args()


def tool(*arguments: object) -> list[str]:
    """A tool's command."""
    return [sys.executable, f'tools/{arguments[0]}.py', *map(str, arguments[1:])]


def run(command: list[str]) -> None:
    """Run a command, and say what it said if it fails.

    Raises:
        RuntimeError: if it does.
    """
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f'{" ".join(command)}: {done.stderr.strip().splitlines()[-1:]}')


def prepare(out: Path) -> tuple[Path, Path]:
    """Generate scenes and train a teacher for an epoch; return the data and its checkpoint."""
    data, raw, teacher = out / 'data', out / 'kitti', out / 'teacher'
    config = 'configs/quickstart/pointpillars_3class.py'
    commands = [
        tool('create_synthetic_kitti', '--out', raw, '--train', 12, '--val', 1),
        tool('create_data', 'kitti', '--root-path', raw, '--out-dir', data),
        [*tool('train', config, '--data-root', data, '--work-dir', teacher, '--no-validate')]
        + ['--cfg-options', 'runner.max_epochs=1'],
    ]
    for command in commands:
        if not (teacher / 'latest.pth').exists():
            run(command)
    return data, teacher / 'latest.pth'


def training(variant: str, workers: int, data: Path, teacher: Path, work_dir: Path) -> list[str]:
    """The command of a training of three epochs, with a checkpoint after each step."""
    config, *more = VARIANTS[variant]
    options = more[more.index('--cfg-options') + 1 :] if '--cfg-options' in more else []
    flags = [word for word in more if word == '--use-kd']
    if flags:
        flags += ['--teacher-checkpoint', str(teacher)]
    settings = [
        'runner.max_epochs=3',
        'log_config.interval=1',
        'checkpoint_config.iterations=1',
        f'data.workers_per_gpu={workers}',
        *options,
    ]
    where = ['--data-root', data, '--work-dir', work_dir, '--seed', 5, '--no-validate']
    return [*tool('train', config, *where, '--auto-resume', *flags), '--cfg-options', *settings]


def losses(work_dir: Path) -> dict[tuple[int, int], float]:
    """The losses of all steps; of those that were taken twice the last ones."""
    found = {}
    for log in sorted(work_dir.glob('*.log.json')):
        for text in log.read_text().splitlines():
            line = json.loads(text)
            if line.get('mode') == 'train':
                found[line['epoch'], line['iter']] = line['loss']
    return found


def run_whole(command: list[str], work_dir: Path) -> float:
    """Run a training without a kill, unless it was before; return its seconds."""
    noted = work_dir / 'seconds.json'
    if not noted.exists():
        shutil.rmtree(work_dir, ignore_errors=True)
        start = time.monotonic()
        run(command)
        noted.write_text(json.dumps(time.monotonic() - start))
    return json.loads(noted.read_text())


def run_with_kills(
    command: list[str], sent: int, moments: random.Random, seconds: float, most: int
) -> int:
    """Run a training that is killed again and again, and return how often it was."""
    kills = 0
    while True:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            # Also while it starts and reads its checkpoint.
            process.wait(moments.uniform(0, seconds) if kills < most else None)
        except subprocess.TimeoutExpired:
            process.send_signal(sent)
            process.wait()
            kills += 1
            continue
        if process.returncode not in (0, 128 + signal.SIGTERM):
            raise RuntimeError(f'status {process.returncode} of {" ".join(command)}')
        if process.returncode == 0:
            return kills


def same(one: Path, other: Path) -> bool:
    """Whether two trainings had the same losses and ended with the same weights."""
    weights = [
        torch.load(folder / 'latest.pth', weights_only=True)['state_dict']
        for folder in (one, other)
    ]
    equal = all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])
    return equal and losses(one) == losses(other)


def main() -> None:
    """Kill, resume, compare, and print how it went."""
    args = parse_args()
    out = args.out.absolute()
    data, teacher = prepare(out)
    moments, kills, different = random.Random(args.seed), 0, []
    cases = [(variant, workers) for variant in VARIANTS for workers in (0, 2)]
    for number, (variant, workers) in enumerate(cycle(cases)):
        name = f'{variant} with {workers} workers'
        whole = out / f'{variant.replace(" ", "_")}_{workers}'
        command = training(variant, workers, data, teacher, whole)
        seconds = run_whole(command, whole)
        killed = out / f'killed_{number}'
        shutil.rmtree(killed, ignore_errors=True)
        again = training(variant, workers, data, teacher, killed)
        most = min(args.kills - kills, 1 + args.kills // (2 * len(cases)))
        sent = getattr(signal, f'SIG{args.signal}')
        count = run_with_kills(again, sent, moments, seconds, most)
        kills += count
        is_same = same(whole, killed)
        different += [] if is_same else [name]
        print(f'{name}: {count} kills, {"the same" if is_same else "DIFFERENT"}', flush=True)
        if kills >= args.kills:
            break
    print(f'{kills} kills (SIG{args.signal}), {len(different)} trainings differ')
    sys.exit(bool(different))


if __name__ == '__main__':
    run_tool(main)
