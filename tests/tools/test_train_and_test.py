"""The main job by the real tools: a teacher, a student with and without it, their evaluation."""

import json
import pickle
import re
import sys
from pathlib import Path

import pytest
import torch
from support import shrink
from support.tooling import call, run, training_lines

CONFIGS = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-'
TEACHER, STUDENT = f'{CONFIGS}3class.py', f'{CONFIGS}3class_student_4x.py'


def options(data: Path, channels: int, epochs: int | None = 2, **more) -> list[str]:
    settings = {
        **shrink.small_scene(),
        **shrink.widths(channels),
        **shrink.data(str(data)),
        **shrink.ranges(TEACHER),
        'runner.max_epochs': epochs,
        'log_config.interval': 1,
        **more,
    }
    return ['--data-root', str(data), '--cfg-options', *shrink.as_arguments(settings)]


def train(root: Path, config: str, work_dir: Path, *arguments: str) -> list[dict]:
    """Train by tools/train.py and return the training lines of the log."""
    run(
        *(sys.executable, 'tools/train.py', config, '--work-dir', str(work_dir), '--seed', '0'),
        *arguments,
        root=root,
    )
    return training_lines(work_dir)


@pytest.fixture(scope='module')
def teacher(repo_root, kitti_data, tmp_path_factory) -> tuple[str, str]:
    """Config and checkpoint of a small teacher after two epochs."""
    work_dir = tmp_path_factory.mktemp('teacher')
    train(repo_root, TEACHER, work_dir, '--no-validate', *options(kitti_data, 16))
    return str(work_dir / Path(TEACHER).name), str(work_dir / 'latest.pth')


@pytest.fixture(scope='module')
def student(repo_root, kitti_data, teacher, tmp_path_factory) -> Path:
    """The folder of a student distilled by the README's command."""
    work_dir = tmp_path_factory.mktemp('student')
    config, checkpoint = teacher
    out = run(
        *('bash', 'tools/dist_train.sh', STUDENT, '1', '--use-kd', '--seed', '0'),
        *('--teacher-config', config, '--teacher-checkpoint', checkpoint),
        *('--work-dir', str(work_dir)),
        *options(kitti_data, 8, epochs=3, **{'evaluation.interval': 3}),
        root=repo_root,
        VIRTUAL_ENV=sys.prefix,
        PORT='29611',
    )
    assert 'Car AP40@0.70, 0.70, 0.70:' in out
    return work_dir


def test_distillation_logs_a_finite_loss_kd_that_falls(student):
    losses = [line['loss_kd'] for line in training_lines(student)]
    assert len(losses) == 9
    assert all(0 < loss < 1e4 for loss in losses)
    assert sum(losses[-3:]) < sum(losses[:3])


def test_the_checkpoint_carries_config_seed_and_versions_but_no_teacher(student):
    saved = torch.load(student / 'latest.pth', weights_only=True)
    assert saved['meta']['seed'] == 0
    assert 'kd_cfg' in saved['meta']['config']
    assert saved['meta']['env_info']['mmdet'] == '2.28.2'
    assert saved['meta']['CLASSES'] == ['Pedestrian', 'Cyclist', 'Car']
    widths = {tuple(v.shape) for k, v in saved['state_dict'].items() if 'pfn_layers' in k}
    assert (16, 10) not in widths


def test_the_distilled_student_is_evaluated_without_a_teacher(repo_root, kitti_data, student):
    out = run(
        *(sys.executable, 'tools/test.py', STUDENT, str(student / 'latest.pth'), '--eval', 'mAP'),
        *('--out', str(student / 'results.pkl'), '--figures', str(student / 'figures.json')),
        *options(kitti_data, 8),
        root=repo_root,
    )
    assert re.search(r'Overall AP40@easy, moderate, hard:\nbbox AP40:\d', out)
    assert 'KITTI/Overall_3D_AP40_moderate' in json.loads((student / 'figures.json').read_text())
    assert (student / 'results.pkl').stat().st_size > 0


def test_format_only_writes_a_label_file_for_every_test_frame(repo_root, kitti_data, student):
    folder = student / 'submission'
    root, infos = f'{kitti_data}/', f'{kitti_data}/kitti_infos_test.pkl'
    test_split = {'data.test.data_root': root, 'data.test.ann_file': infos}
    run(
        *(sys.executable, 'tools/test.py', STUDENT, str(student / 'latest.pth'), '--format-only'),
        *('--eval-options', f'submission_prefix={folder}'),
        *options(kitti_data, 8, **test_split, **{'data.test.split': 'testing'}),
        root=repo_root,
    )
    assert sorted(path.name for path in folder.iterdir()) == [f'{i:06d}.txt' for i in (3, 4, 5)]


def test_a_student_trains_without_a_teacher_and_repeats_exactly(repo_root, kitti_data, tmp_path):
    arguments = ('--no-validate', *options(kitti_data, 8, epochs=1))
    first = train(repo_root, STUDENT, tmp_path / 'a', *arguments)
    second = train(repo_root, STUDENT, tmp_path / 'b', *arguments)
    assert [line['loss'] for line in first] == [line['loss'] for line in second]
    assert not any('loss_kd' in line for line in first)
    weights = [
        torch.load(tmp_path / name / 'latest.pth', weights_only=True)['state_dict'] for name in 'ab'
    ]
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])


def test_two_processes_distil_and_test_as_one_group(
    repo_root, kitti_data, teacher, tmp_path, free_port
):
    config, checkpoint = teacher
    group = {'VIRTUAL_ENV': sys.prefix, 'PORT': str(free_port), 'OMP_NUM_THREADS': '1'}
    run(
        *('bash', 'tools/dist_train.sh', STUDENT, '2', '--use-kd', '--seed', '0', '--no-validate'),
        *('--teacher-config', config, '--teacher-checkpoint', checkpoint),
        *('--work-dir', str(tmp_path)),
        *options(kitti_data, 8, epochs=1, **{'data.samples_per_gpu': 1}),
        root=repo_root,
        **group,
    )
    # Six frames, one for each of two processes at a time.
    assert [line['iter'] for line in training_lines(tmp_path)] == [1, 2, 3]
    out = run(
        *('bash', 'tools/dist_test.sh', STUDENT, str(tmp_path / 'latest.pth'), '2'),
        *('--eval', 'mAP', '--out', str(tmp_path / 'results.pkl')),
        *options(kitti_data, 8),
        root=repo_root,
        **group,
    )
    assert out.count('Overall AP40@easy, moderate, hard:') == 1
    assert len(pickle.loads((tmp_path / 'results.pkl').read_bytes())) == 6


def test_a_run_resumes_from_its_latest_checkpoint(
    repo_root, kitti_data, teacher, student, tmp_path
):
    (tmp_path / 'latest.pth').write_bytes((student / 'latest.pth').read_bytes())
    arguments = ['--auto-resume', '--no-validate', *options(kitti_data, 8, epochs=4)]
    config, checkpoint = teacher
    kd = ['--use-kd', '--teacher-config', config, '--teacher-checkpoint', checkpoint]
    lines = train(repo_root, STUDENT, tmp_path, *kd, *arguments)
    assert {line['epoch'] for line in lines} == {4}


def test_distillation_counted_by_iterations_is_evaluated_and_resumed(
    repo_root, kitti_data, teacher, tmp_path
):
    config, checkpoint = teacher
    kd = ['--use-kd', '--teacher-config', config, '--teacher-checkpoint', checkpoint]
    settings = {
        'runner.type': 'IterBasedRunner',
        'runner.max_iters': 4,
        'checkpoint_config.interval': 2,
        'evaluation.interval': 4,
    }
    lines = train(repo_root, STUDENT, tmp_path, *kd, *options(kitti_data, 8, None, **settings))
    assert [line['iter'] for line in lines] == [1, 2, 3, 4]
    assert all(0 < line['loss_kd'] < 1e4 for line in lines)
    log = max(tmp_path.glob('*.log.json')).read_text().splitlines()
    (evaluation,) = [line for line in map(json.loads, log) if line.get('mode') == 'val']
    assert evaluation['iter'] == 6  # frames
    assert 'KITTI/Overall_3D_AP40_moderate' in evaluation
    assert (tmp_path / 'latest.pth').resolve().name == 'iter_4.pth'
    settings['runner.max_iters'] = 6
    again = ['--auto-resume', '--no-validate', *kd]
    lines = train(repo_root, STUDENT, tmp_path, *again, *options(kitti_data, 8, None, **settings))
    assert [line['iter'] for line in lines] == [5, 6]


def test_gradients_accumulate_in_mixed_precision(repo_root, kitti_data, tmp_path):
    settings = {
        'fp16.loss_scale': 512.0,
        'optimizer_config.type': 'GradientCumulativeOptimizerHook',
        'optimizer_config.cumulative_iters': 2,
        'data.samples_per_gpu': 1,
    }
    arguments = ['--no-validate', *options(kitti_data, 8, epochs=1, **settings)]
    lines = train(repo_root, STUDENT, tmp_path, *arguments)
    norms = [line.get('grad_norm') for line in lines]  # the latest step's
    assert norms[0] is None
    assert len(norms) == 6 and len(set(norms[1:])) == 3
    assert norms[1] == norms[2] != norms[3] == norms[4] != norms[5]
    assert all(0 < line['loss'] < 1e4 for line in lines)
    saved = torch.load(tmp_path / 'latest.pth', weights_only=True)
    assert 'loss_scaler' in saved['meta']['fp16']


@pytest.mark.parametrize(
    'arguments, message',
    [
        (
            ['tools/train.py', TEACHER, '--use-kd'],
            'set teacher=dict(config=..., checkpoint=...) in the student config',
        ),
        (
            ['tools/train.py', STUDENT, '--cfg-options', 'runer.max_epochs=1'],
            'there is no runer in the config; did you mean runner',
        ),
        (
            ['tools/train.py', STUDENT, '--cfg-options', 'runner.type=IterBasedRunner'],
            'as options: runner.max_iters=... runner.max_epochs=None',
        ),
        (
            ['tools/train.py', STUDENT, '--teacher-checkpoint', 'teacher.pth'],
            '--teacher-checkpoint need --use-kd',
        ),
        (['tools/test.py', STUDENT, 'none.pth'], 'say what to do with the detections'),
        (['tools/train.py', 'none.py'], 'config none.py does not exist'),
        (
            ['tools/train.py', STUDENT, '--cfg-options', 'lr=1'],
            'lr is a variable of the config file, which has been used already; set optimizer.lr',
        ),
        (
            ['tools/train.py', STUDENT, '--cfg-options', 'model.bbox_head.num_classes=2'],
            'model.bbox_head.num_classes=2 does not go with data.train.dataset.classes=',
        ),
    ],
    ids=[
        'no teacher',
        'misspelt option',
        'teacher unasked for',
        'no length',
        'nothing to do',
        'no config',
        'variable',
        'other number of classes',
    ],
)
def test_a_wrong_command_says_what_is_wrong_and_leaves_nothing(
    repo_root, tmp_path, arguments, message
):
    work_dir = tmp_path / 'run'
    where = ['--work-dir', str(work_dir)] if 'train' in arguments[0] else []
    done = call(sys.executable, *arguments[:2], *where, *arguments[2:], root=repo_root)
    assert done.returncode != 0
    assert message in done.stderr
    assert not work_dir.exists()


def test_dist_train_without_arguments_shows_its_usage(repo_root):
    done = call('bash', 'tools/dist_train.sh', root=repo_root, VIRTUAL_ENV=sys.prefix)
    assert done.returncode == 2
    assert 'usage: bash tools/dist_train.sh CONFIG GPUS' in done.stderr
