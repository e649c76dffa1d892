"""Losses and gradients that are not finite end a run before they reach the weights."""

import logging
import math
import os
import subprocess
import sys

import pytest
import torch
from mmcv.parallel import DataContainer
from mmcv.runner import CheckpointHook, build_runner
from torch import nn

from mmcv_patched.parallel import MMDataParallel
from mmcv_patched.runner import (
    GradientCumulativeMixedPrecisionHook,
    GradientCumulativeOptimizerHook,
    MixedPrecisionHook,
    NonFiniteError,
    OptimizerHook,
)
from mmcv_patched.runner.finite import sample_names

EPOCHS = dict(type='EpochBasedRunner', max_epochs=2)
ITERATIONS = dict(type='IterBasedRunner', max_iters=6)
both_runners = pytest.mark.parametrize('kind', [EPOCHS, ITERATIONS], ids=['epochs', 'iterations'])


class Net(nn.Module):
    """A network of one weight, whose loss terms are what the batch says, times that weight."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def train_step(self, data, optimizer, is_teacher=False, teacher_info=None, **_):
        if is_teacher:
            return {'feature': data['teacher']}
        terms = {'loss_cls': self.weight * data['cls'], 'loss_bbox': self.weight * data['bbox']}
        if teacher_info is not None:
            terms['loss_kd'] = (self.weight * teacher_info['feature']).square()
            terms['kd_voxel'] = terms['loss_kd'].detach()
        loss = sum(value for name, value in terms.items() if 'loss' in name)
        if 'root' in data:
            loss = loss + (self.weight - self.weight.detach()).clamp(min=0).sqrt()
        log_vars = {name: value.item() for name, value in {**terms, 'loss': loss}.items()}
        return {'loss': loss, 'log_vars': log_vars, 'num_samples': 2}

    val_step = train_step


def batch(number: int, cls: float = 1.0, bbox: float = 1.0, teacher: float = 1.0, **more) -> dict:
    metas = [
        {'sample_idx': number, 'pts_filename': f'data/velodyne_reduced/{number:06d}.bin'},
        {'sample_idx': f'token{number}', 'pts_filename': 'a.bin'},
    ]
    values = {'cls': cls, 'bbox': bbox, 'teacher': teacher}
    return {
        'img_metas': DataContainer([metas], cpu_only=True),
        **{name: torch.tensor(value) for name, value in values.items()},
        **more,
    }


def make_runner(tmp_path, kind, hook=None, with_teacher=False):
    model = MMDataParallel(Net())
    teacher = {'teacher': MMDataParallel(Net())} if with_teacher else {}
    runner = build_runner(
        kind,
        default_args=dict(
            model=model,
            optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
            work_dir=str(tmp_path),
            logger=logging.getLogger('test_finite'),
            meta={},
            **teacher,
        ),
    )
    runner.register_hook(hook or OptimizerHook())
    runner.register_hook(CheckpointHook(interval=1, by_epoch='max_epochs' in kind))
    return runner


def run(runner, *data: dict) -> tuple[str, torch.Tensor]:
    """Run on batches of which one is bad; return the error and the weight that is left."""
    with pytest.raises(NonFiniteError) as caught:
        runner.run([list(data)], [('train', 1)])
    assert '\n' not in str(caught.value)
    return str(caught.value), runner.model.module.weight.detach()


@both_runners
@pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf])
def test_the_term_the_iteration_and_the_samples_are_named_and_no_step_is_taken(
    tmp_path, kind, value
):
    runner = make_runner(tmp_path, kind)
    message, weight = run(runner, batch(6), batch(7), batch(8, bbox=value), batch(9))
    assert message.startswith(f'not finite: loss_bbox ({value}) in iteration 3, epoch 1, samples ')
    assert 'samples 000008, token8. No step was taken' in message
    assert weight.item() == pytest.approx(1 - 2 * 0.1 * 2)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == (set() if kind is EPOCHS else {'iter_1.pth', 'iter_2.pth', 'latest.pth'})


def test_the_last_good_checkpoint_is_left(tmp_path):
    data = [batch(1), batch(2)]
    runner = make_runner(tmp_path, EPOCHS)
    runner.run([data], [('train', 1)])
    resumed = make_runner(tmp_path, dict(type='EpochBasedRunner', max_epochs=3))
    resumed.resume(str(tmp_path / 'latest.pth'))
    message, _ = run(resumed, batch(1), batch(2, cls=math.nan))
    assert 'loss_cls (nan) in iteration 6, epoch 3' in message
    saved = torch.load(tmp_path / 'latest.pth', weights_only=True)
    assert saved['meta']['epoch'] == 2
    assert torch.isfinite(saved['state_dict']['weight'])


@both_runners
def test_what_a_teacher_says_is_named_as_the_log_names_it(tmp_path, kind):
    runner = make_runner(tmp_path, kind, with_teacher=True)
    message, weight = run(runner, batch(1), batch(2, teacher=math.inf))
    assert 'not finite: loss_kd (inf), kd_voxel (inf) in iteration 2' in message
    assert torch.isfinite(weight)


@both_runners
def test_validation_is_judged_too(tmp_path, kind):
    runner = make_runner(tmp_path, kind)
    data = [[batch(1), batch(2)], [batch(5, cls=math.nan)]]
    with pytest.raises(
        NonFiniteError, match=r'loss_cls \(nan\) in validation after iteration 2.*05'
    ):
        runner.run(data, [('train', 1 if kind is EPOCHS else 2), ('val', 1)])


def test_a_sum_that_overflows_is_named_by_itself(tmp_path):
    message, _ = run(make_runner(tmp_path, EPOCHS), batch(1, cls=3e38, bbox=3e38))
    assert 'not finite: loss (inf) in iteration 1' in message


@pytest.mark.parametrize(
    'hook',
    [
        OptimizerHook,
        GradientCumulativeOptimizerHook,
        MixedPrecisionHook,
        GradientCumulativeMixedPrecisionHook,
    ],
)
@both_runners
def test_gradients_that_are_not_finite_are_judged_before_the_step(tmp_path, kind, hook):
    # The loss is finite, but its square root has no derivative at 0.
    runner = make_runner(tmp_path, kind, hook(grad_clip=dict(max_norm=1.0)))
    message, weight = run(runner, batch(1), batch(2, root=torch.ones(())))
    assert 'not finite: the norm of the gradients (inf) in iteration 2, epoch 1, samples' in message
    assert '000002, token2' in message
    assert torch.isfinite(weight)


@both_runners
def test_without_a_norm_to_judge_the_weights_are_not_saved(tmp_path, kind):
    runner = make_runner(tmp_path, kind)
    message, _ = run(runner, batch(1), batch(2), batch(3, root=torch.ones(())))
    name = 'epoch_1.pth' if kind is EPOCHS else 'iter_3.pth'
    assert f'not finite: 1 of 1 parameters (weight, ...), so {name} is not written' in message
    names = {path.name for path in tmp_path.iterdir()}
    assert names == (set() if kind is EPOCHS else {'iter_1.pth', 'iter_2.pth', 'latest.pth'})


def test_a_figure_that_is_no_loss_may_be_no_number(tmp_path):
    class Recall(Net):
        def train_step(self, *args, **kwargs):
            out = super().train_step(*args, **kwargs)
            out['log_vars']['recall'] = math.nan
            return out

    runner = make_runner(tmp_path, EPOCHS)
    runner.model = MMDataParallel(Recall())
    runner.optimizer = torch.optim.SGD(runner.model.parameters(), lr=0.1)
    runner.run([[batch(1)]], [('train', 1)])
    assert runner.epoch == 2


def test_samples_without_meta_have_no_names():
    assert sample_names({'x': 1}) == []
    assert sample_names({'img_metas': [{'sample_idx': 3}, None]}) == ['3', '?']


WORKER = """
import logging, math, os, sys
import torch, torch.distributed as dist
sys.path.insert(0, sys.argv[1])
import mmcv_patched
from mmcv.parallel import DataContainer
from mmcv_patched.parallel import MMDistributedDataParallel
from mmcv_patched.runner import EpochBasedRunner, OptimizerHook
from mmdet_patched.models import BaseDetector

class Detector(BaseDetector):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(()))
    def extract_feat(self, x): return x
    simple_test = aug_test = extract_feat
    def forward(self, x, img_metas):
        return {'loss_a': self.weight * x, 'loss_b': self.weight * 1}

dist.init_process_group('gloo')
rank = dist.get_rank()
model = MMDistributedDataParallel(Detector())
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
runner = EpochBasedRunner(model, optimizer=optimizer, logger=logging.getLogger(), max_epochs=1)
runner.register_hook(OptimizerHook())
def batch(value):
    metas = DataContainer([[{'sample_idx': f'frame{rank}'}]], cpu_only=True)
    return {'x': torch.tensor(value), 'img_metas': metas}
try:
    runner.run([[batch(1.0), batch(math.nan if rank else 1.0), batch(1.0)]], [('train', 1)])
except ValueError as error:
    print(rank, runner.iter, model.module.weight.item(), error, flush=True)
    os._exit(3)
os._exit(0)
"""


@pytest.mark.skipif(not torch.distributed.is_available(), reason='torch without distributed')
def test_every_process_stops_where_one_has_a_bad_batch(tmp_path, free_port, repo_root):
    (tmp_path / 'worker.py').write_text(WORKER)
    command = [sys.executable, '-m', 'torch.distributed.run', '--nproc-per-node=2']
    command += [f'--master-port={free_port}', '--log-dir=logs', '--redirects=3']
    done = subprocess.run(
        [*command, 'worker.py', str(repo_root)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, 'OMP_NUM_THREADS': '1'},
    )
    assert done.returncode != 0
    first, second = sorted(path.read_text() for path in tmp_path.glob('logs/**/stdout.log'))
    assert 'loss_a (nan) in iteration 2, epoch 1, samples frame0 (finite in this process' in first
    assert 'loss_a (nan) in iteration 2, epoch 1, samples frame1. No step' in second
    assert first.split()[:2] == ['0', '1'] and second.split()[:2] == ['1', '1']
    assert first.split()[2] == second.split()[2] != 'nan'


HOOKS = [
    OptimizerHook,
    GradientCumulativeOptimizerHook,
    MixedPrecisionHook,
    GradientCumulativeMixedPrecisionHook,
]


@pytest.mark.parametrize('hook', HOOKS)
@pytest.mark.parametrize('bad', [{'bbox': math.nan}, {'root': torch.ones(())}])
@both_runners
def test_steps_that_are_not_finite_are_left_out_and_counted_where_it_is_asked_for(
    tmp_path, caplog, kind, hook, bad
):
    def end(*data):
        runner = make_runner(tmp_path, kind, hook(grad_clip=dict(max_norm=100.0)))
        runner.nan_policy = 'skip'
        runner.run([list(data)], [('train', 1)])
        return runner, runner.model.module.weight.item()

    rounds = 2 if kind is EPOCHS else 1
    whole, weight = end(batch(1), batch(3))
    steps = whole.iter
    with caplog.at_level(logging.WARNING, logger='test_finite'):
        runner, without = end(batch(1), batch(2, **bad), batch(3))
    assert runner.skipped == runner.iter // 3
    named = [each.message for each in caplog.records if 'step left out' in each.message]
    assert len(named) == runner.skipped and 'samples 000002, token2' in named[0]
    assert math.isfinite(without)
    if kind is EPOCHS:
        assert (steps, runner.iter) == (2 * rounds, 3 * rounds)
        assert without == pytest.approx(weight)


def test_every_step_may_be_left_out_but_weights_are_not_touched(tmp_path):
    runner = make_runner(tmp_path, EPOCHS)
    runner.nan_policy = 'skip'
    runner.run([[batch(1, cls=math.nan)]], [('train', 1)])
    assert runner.model.module.weight.item() == 1
    assert runner.skipped == 2
