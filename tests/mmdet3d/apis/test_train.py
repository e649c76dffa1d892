"""Training and testing called from Python, with configs that came from no file."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmcv import Config
from mmcv.runner import HOOKS, Hook
from support import shrink

from mmdet3d.apis import build_teacher, init_model, run_test, run_training, train_model
from mmdet3d.datasets import build_dataset
from mmdet3d.datasets.files import DataFormatError
from mmdet3d.models import build_model
from mmdet3d.utils.config import load_config

STUDENT = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class_student_4x.py'
# What the default runtime says, and what is only there because a file said it.
LEFT_OUT = (
    'checkpoint_config', 'dist_params', 'load_from', 'load_partly', 'log_config', 'log_level',
    'mp_start_method', 'nan_policy', 'opencv_num_threads', 'resume_from', 'work_dir', 'workflow',
)  # fmt: skip


@HOOKS.register_module()
class NoteLosses(Hook):
    """Keeps the losses of each step in the run's folder."""

    def after_train_iter(self, runner):
        with open(Path(runner.work_dir) / 'losses.json', 'a') as file:
            file.write(json.dumps(runner.outputs['log_vars']) + '\n')


def losses_of(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / 'losses.json').read_text().splitlines()]


@pytest.fixture
def cfg(repo_root, kitti_data, tmp_path, monkeypatch) -> Config:
    """A small student as a config from a dict, in an empty folder to run in."""
    monkeypatch.chdir(tmp_path)
    path = repo_root / STUDENT
    small = {**shrink.small_scene(), **shrink.widths(4), **shrink.ranges(str(path))}
    cfg = load_config(path, {**small, **shrink.data(str(kitti_data))}, data_root=kitti_data)
    said = cfg.to_dict()
    for key in LEFT_OUT:
        said.pop(key)
    said['runner']['max_epochs'] = 1
    said['note'] = "the value of a user's own"
    return Config(said)


def test_a_config_from_a_dict_trains_tests_and_detects(cfg, tmp_path):
    run_training(cfg, validate=False, seed=0)
    folder = tmp_path / 'work_dirs' / 'config'
    written = Config.fromfile(folder / 'config.py')
    assert written.note == cfg.note
    assert written.model.to_dict() == cfg.model.to_dict()
    checkpoint = str(folder / 'latest.pth')
    meta = torch.load(checkpoint, weights_only=True)['meta']
    assert (meta['exp_name'], meta['seed']) == ('config.py', 0)
    tested = Config({key: value for key, value in cfg.to_dict().items() if key not in LEFT_OUT})
    figures = run_test(tested, checkpoint, metrics=['mAP'], format_only=True)
    assert 'KITTI/Overall_3D_AP40_moderate' in figures
    assert len(list((folder / 'submission').iterdir())) == 6
    assert init_model(cfg, checkpoint, 'cpu').CLASSES == ('Pedestrian', 'Cyclist', 'Car')


def test_a_config_from_a_dict_names_a_teacher_and_distils(cfg, tmp_path):
    run_training(Config(cfg.to_dict()), validate=False, seed=0)
    folder = tmp_path / 'work_dirs' / 'config'
    cfg.teacher = dict(config=str(folder / 'config.py'), checkpoint=str(folder / 'latest.pth'))
    assert not build_teacher(cfg).training
    cfg.work_dir = 'distilled'
    cfg.custom_hooks = [dict(type='NoteLosses')]
    run_training(cfg, use_kd=True, validate=False, seed=0)
    assert losses_of(tmp_path / 'distilled')[-1]['loss_kd'] > 0


def test_train_model_fills_in_what_a_config_leaves_out(cfg, tmp_path):
    model = build_model(cfg.model)
    runner = train_model(model, [build_dataset(cfg.data.train)], cfg)
    assert (runner.epoch, runner.iter) == (1, 3)
    assert (tmp_path / 'work_dirs' / 'config' / 'epoch_1.pth').is_file()


@pytest.mark.parametrize(
    'options, arguments, message',
    [
        ({'runner.max_iters': 3}, {}, 'wants max_epochs and nothing else'),
        ({'fp16.loss_scale': 512.0, 'optimizer_config.type': 'EMAHook'}, {}, 'cannot be combined'),
        ({'mp_start_method': 'thread'}, {}, 'allowed are fork, spawn, forkserver'),
        ({'opencv_num_threads': -1}, {}, 'give a number of threads'),
        ({}, {'use_kd': True, 'teacher_config': STUDENT}, 'distillation needs a teacher'),
        ({}, {'launcher': 'slurm'}, "allowed are 'none' and 'pytorch'"),
        ({'load_from': 'open-mmlab://a'}, {}, 'open-mmlab:// is not supported'),
        ({'resume_from': 's3://bucket/a.pth'}, {}, 's3:// is not supported'),
        (
            {'model.backbone.init_cfg': dict(type='Pretrained', checkpoint='torchvision://a')},
            {},
            'torchvision:// is not supported',
        ),
    ],
)
def test_what_cannot_be_run_leaves_no_folder(cfg, tmp_path, options, arguments, message):
    cfg.merge_from_dict(options)
    cfg.teacher = None
    with pytest.raises(ValueError, match=message):
        run_training(cfg, **arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_validation_file_leaves_no_folder(cfg, tmp_path):
    names = list(cfg.class_names)
    cfg.data.val = {'type': 'KittiDataset', 'ann_file': 'no/infos.pkl', 'classes': names}
    with pytest.raises(FileNotFoundError, match=r'data.val.ann_file no/infos.pkl does not exist'):
        run_training(cfg)
    assert list(tmp_path.iterdir()) == []


def test_a_student_without_kd_cfg_leaves_no_folder(cfg, tmp_path):
    torch.save(build_model(cfg.model).state_dict(), tmp_path / 'teacher.pth')
    (tmp_path / 'teacher.py').write_text(f'model = {cfg.model.to_dict()}\n')
    cfg.teacher = dict(
        config=str(tmp_path / 'teacher.py'), checkpoint=str(tmp_path / 'teacher.pth')
    )
    cfg.model.train_cfg.pop('kd_cfg')
    with pytest.raises(ValueError, match='add kd_cfg'):
        run_training(cfg, use_kd=True)
    assert not (tmp_path / 'work_dirs').exists()


DRAW = """
import random, sys
import numpy as np
import torch
import mmcv_patched
from mmcv import Config
from mmcv.runner import HOOKS, Hook
from mmdet3d.apis import run_training

@HOOKS.register_module()
class NoteDraws(Hook):
    def before_run(self, runner):
        drawn = [np.random.rand(), torch.rand(()).item(), random.random()]
        weights = torch.cat([p.detach().flatten() for p in runner.model.parameters()])
        torch.save((drawn, weights), f'{sys.argv[2]}/{runner.rank}.pt')
        runner._max_epochs = 0

cfg = Config.fromfile(sys.argv[1])
cfg.custom_hooks = [dict(type='NoteDraws')]
run_training(cfg, validate=False, seed=0, launcher=sys.argv[3])
"""


def draws(tmp_path: Path, launch: list[str], launcher: str, ranks: int) -> list[tuple]:
    """What each process draws after it has begun like the others, and its weights."""
    out = tmp_path / launcher
    out.mkdir()
    command = [sys.executable, *launch, 'draw.py', 'small.py', str(out), launcher]
    env = {**os.environ, 'OMP_NUM_THREADS': '1'}
    done = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=200
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [torch.load(out / f'{rank}.pt', weights_only=True) for rank in range(ranks)]


def test_processes_begin_with_the_same_weights_and_then_draw_different_numbers(
    cfg, tmp_path, free_port
):
    (tmp_path / 'draw.py').write_text(DRAW)
    (tmp_path / 'small.py').write_text(
        '\n'.join(f'{key} = {value!r}' for key, value in cfg.to_dict().items())
    )
    group = ['-m', 'torch.distributed.run', '--nproc-per-node=2']
    group += ['--master-addr=127.0.0.1', f'--master-port={free_port}']
    (first, weights), (second, others) = draws(tmp_path, group, 'pytorch', ranks=2)
    assert torch.equal(weights, others)
    assert not set(first) & set(second)
    ((alone, own_weights),) = draws(tmp_path, [], 'none', ranks=1)
    assert first == alone
    assert torch.equal(weights, own_weights)


def test_how_workers_start_does_not_change_what_is_learned(cfg, tmp_path):
    losses = {}
    for method in ('fork', 'spawn', 'forkserver'):
        changed = {'work_dir': method, 'mp_start_method': method, 'data.workers_per_gpu': 1}
        own = Config(cfg.to_dict())
        own.merge_from_dict(changed)
        own.custom_hooks = [dict(type='NoteLosses')]
        run_training(own, validate=False, seed=0)
        losses[method] = losses_of(tmp_path / method)
    assert len(losses['fork']) == 3
    assert losses['fork'] == losses['spawn'] == losses['forkserver']


def test_a_training_goes_on_where_samples_are_broken(cfg, kitti_data, tmp_path):
    folder = tmp_path / 'data'
    shutil.copytree(kitti_data, folder)
    broken = folder / 'training/velodyne_reduced/000000.bin'
    broken.write_bytes(broken.read_bytes()[:-3])
    changed = json.loads(json.dumps(cfg.data.train).replace(str(kitti_data), str(folder)))
    cfg.data.train, cfg.data.skip_broken = changed, 1
    with pytest.warns(UserWarning, match=r'broken sample 1 of at most 1 .*000000\.bin'):
        runner = run_training(Config(cfg.to_dict()), validate=False, seed=0)
    assert runner.iter == 3
    cfg.data.skip_broken = 0
    with pytest.raises(DataFormatError, match=r'000000\.bin'):
        run_training(Config(cfg.to_dict()), validate=False, seed=0)
