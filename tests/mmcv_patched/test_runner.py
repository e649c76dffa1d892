"""The runners and the wrappers, with a small network in place of a detector."""

import logging
import os

import mmcv.runner
import numpy as np
import pytest
import torch
from mmcv.parallel import DataContainer
from mmcv.runner import RUNNERS, CheckpointHook, OptimizerHook, build_runner
from mmdet.datasets import build_dataloader
from torch import nn
from torch.utils.data import Dataset

from mmcv_patched.parallel import MMDataParallel, to_device
from mmcv_patched.runner import BaseRunner, EpochBasedRunner
from mmdet_patched.apis import find_start

LOGGER = logging.getLogger('test_runner')


class Net(nn.Module):
    """A network with the train step of a detector, which notes what it is given."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 1)
        self.norm = nn.BatchNorm1d(1)
        self.calls = []

    def train_step(self, data, optimizer, **kwargs):
        self.calls.append(kwargs)
        out = self.norm(self.layer(data['x']))
        if kwargs.get('is_teacher'):
            return {'feature': out}
        loss = (out - 1).square().mean()
        if kwargs.get('teacher_info'):
            loss = loss + (out - kwargs['teacher_info']['feature']).square().mean()
        return {'loss': loss, 'log_vars': {'loss': loss.item()}, 'num_samples': len(data['x'])}

    def val_step(self, data, optimizer, **kwargs):
        return self.train_step(data, optimizer, **kwargs)


def batches(count: int = 3) -> list[dict]:
    generator = torch.Generator().manual_seed(0)
    return [{'x': DataContainer([torch.randn(4, 3, generator=generator)])} for _ in range(count)]


EPOCHS = dict(type='EpochBasedRunner', max_epochs=2)
ITERATIONS = dict(type='IterBasedRunner', max_iters=6)
both_runners = pytest.mark.parametrize('kind', [EPOCHS, ITERATIONS], ids=['epochs', 'iterations'])


def make_runner(tmp_path, teacher=None, kind=EPOCHS, **options):
    model = MMDataParallel(Net())
    runner = build_runner(
        kind,
        default_args=dict(
            model=model,
            optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
            work_dir=str(tmp_path),
            logger=LOGGER,
            **({'teacher': MMDataParallel(teacher)} if teacher else {}),
            **options,
        ),
    )
    runner.register_hook(OptimizerHook())
    return runner


def test_configs_get_this_runner_under_mmcvs_own_name(tmp_path):
    runner = make_runner(tmp_path)
    assert type(runner) is EpochBasedRunner
    assert isinstance(runner, mmcv.runner.EpochBasedRunner)


def test_every_runner_that_mmcv_registers_takes_a_teacher():
    mmcvs_own = [
        name for name in RUNNERS.module_dict if isinstance(getattr(mmcv.runner, name, None), type)
    ]
    assert {'EpochBasedRunner', 'IterBasedRunner', 'Runner'} <= set(mmcvs_own)
    for name in mmcvs_own:
        assert issubclass(RUNNERS.get(name), BaseRunner), name


@both_runners
def test_without_a_teacher_the_model_is_called_as_mmcv_calls_it(tmp_path, kind):
    runner = make_runner(tmp_path, kind=kind)
    runner.run([batches()], [('train', 1)])
    assert runner.iter == 6
    assert runner.epoch == (2 if kind is EPOCHS else 1)
    assert runner.model.module.calls == [{}] * 6


@both_runners
def test_the_teacher_sees_each_batch_first_frozen_and_in_eval_mode(tmp_path, kind):
    teacher = Net()
    teacher.train()
    before = {key: value.clone() for key, value in teacher.state_dict().items()}
    runner = make_runner(tmp_path, teacher, kind)
    runner.run([batches()], [('train', 1)])
    assert teacher.calls == [{'is_teacher': True}] * 6
    assert not teacher.training
    for key, value in teacher.state_dict().items():
        assert torch.equal(value, before[key]), key
    student_calls = runner.model.module.calls
    assert len(student_calls) == 6
    assert all(call['is_teacher'] is False for call in student_calls)
    assert not any(call['teacher_info']['feature'].requires_grad for call in student_calls)


@both_runners
def test_a_distilled_student_is_told_epoch_and_iteration(tmp_path, kind):
    runner = make_runner(tmp_path, Net(), kind)
    runner.run([batches()], [('train', 1)])
    told = [(call['epoch'], call['iter']) for call in runner.model.module.calls]
    assert told == [(0, 0), (0, 1), (0, 2), (1, 3), (1, 4), (1, 5)]


@both_runners
def test_a_teacher_is_asked_for_no_more_than_the_student_compares(tmp_path, kind):
    teacher = Net()
    runner = make_runner(tmp_path, teacher, kind, last_taught='feature')
    runner.run([batches()], [('train', 1)])
    assert teacher.calls == [{'is_teacher': True, 'last': 'feature'}] * 6


class CountedContainer(DataContainer):
    """A container that counts how often it is opened."""

    opened = 0

    @property
    def data(self):
        self.opened += 1
        return super().data


@both_runners
def test_a_batch_is_unpacked_once_for_teacher_and_student(tmp_path, kind):
    data = [{'x': CountedContainer([torch.ones(4, 3)])} for _ in range(3)]
    runner = make_runner(tmp_path, Net(), kind)
    runner.run([data], [('train', 1)])
    assert [batch['x'].opened for batch in data] == [2, 2, 2]  # in six iterations


def test_a_wrapper_that_is_called_directly_unpacks_too():
    batch = {'x': CountedContainer([torch.ones(4, 3)])}
    MMDataParallel(Net()).val_step(batch, None)
    assert batch['x'].opened == 1


def test_checkpoints_hold_the_student_alone(tmp_path):
    runner = make_runner(tmp_path, Net(), meta={'seed': 3})
    runner.run([batches()], [('train', 1)])
    runner.save_checkpoint(str(tmp_path), save_optimizer=True)
    saved = torch.load(tmp_path / 'latest.pth', weights_only=True)
    assert set(saved['state_dict']) == set(runner.model.module.state_dict())
    assert (saved['meta']['epoch'], saved['meta']['iter'], saved['meta']['seed']) == (3, 6, 3)


@both_runners
def test_checkpoints_are_named_and_numbered_by_what_is_done(tmp_path, kind):
    runner = make_runner(tmp_path, Net(), kind, meta={'seed': 3})
    runner.register_hook(CheckpointHook(interval=1, by_epoch=kind is EPOCHS))
    runner.run([batches()], [('train', 1)])
    saved = torch.load(tmp_path / 'latest.pth', weights_only=True)
    assert set(saved['state_dict']) == set(runner.model.module.state_dict())
    assert (saved['meta']['epoch'], saved['meta']['iter'], saved['meta']['seed']) == (2, 6, 3)
    names = ['epoch_1', 'epoch_2'] if kind is EPOCHS else [f'iter_{i}' for i in range(1, 7)]
    assert sorted(path.stem for path in tmp_path.iterdir()) == [*names, 'latest']


@both_runners
def test_a_run_goes_on_and_is_resumed_where_there_are_no_links(tmp_path, monkeypatch, kind):
    def refuse(*_, **__):
        raise OSError(95, 'Operation not supported')

    monkeypatch.setattr(os, 'symlink', refuse)
    runner = make_runner(tmp_path, kind=kind)
    runner.register_hook(CheckpointHook(interval=1, by_epoch=kind is EPOCHS, max_keep_ckpts=1))
    runner.run([batches()], [('train', 1)])
    last = 'epoch_2' if kind is EPOCHS else 'iter_6'
    assert sorted(path.stem for path in tmp_path.iterdir()) == [last, 'latest']
    resumed = make_runner(tmp_path, kind=kind)
    resumed.resume(str(tmp_path / 'latest.pth'))
    assert resumed.iter == 6


@both_runners
def test_a_save_that_fails_leaves_no_half_file(tmp_path, monkeypatch, kind):
    runner = make_runner(tmp_path, kind=kind)

    def fail_half_way(state, file, **_):
        file.write(b'half')
        raise OSError('disk full')

    monkeypatch.setattr(torch, 'save', fail_half_way)
    with pytest.raises(OSError, match='disk full'):
        runner.save_checkpoint(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


@both_runners
def test_a_resumed_run_goes_on_where_the_other_stopped(tmp_path, kind):
    runner = make_runner(tmp_path, kind=kind)
    runner.register_hook(CheckpointHook(interval=1, by_epoch=kind is EPOCHS))
    runner.run([batches()], [('train', 1)])
    resumed = make_runner(tmp_path, Net(), kind)
    resumed.resume(str(tmp_path / ('epoch_1.pth' if kind is EPOCHS else 'iter_3.pth')))
    assert resumed.iter == 3
    resumed.run([batches()], [('train', 1)])
    assert (resumed.epoch, resumed.iter) == (runner.epoch, runner.iter)
    told = [(call['epoch'], call['iter']) for call in resumed.model.module.calls]
    assert told == [(1, 3), (1, 4), (1, 5)]


def test_a_resumed_run_without_a_teacher_ends_with_the_weights_of_one_run(tmp_path):
    torch.manual_seed(0)
    whole = make_runner(tmp_path, kind=ITERATIONS)
    whole.register_hook(CheckpointHook(by_epoch=False, interval=3))
    whole.run([batches()], [('train', 1)])
    resumed = make_runner(tmp_path, kind=ITERATIONS)
    resumed.resume(str(tmp_path / 'iter_3.pth'))
    resumed.run([batches()], [('train', 1)])
    for key, value in whole.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[key]), key


@pytest.mark.parametrize('gpu_ids', ['[0, 1, 2, 3]', 'range(0, 4)', '[\n    0, 1, 2, 3\n]'])
def test_a_run_of_four_processes_resumed_by_one_has_four_times_the_iterations(tmp_path, gpu_ids):
    config = f"raise SystemExit('executed')\nwork_dir = 'x'\ngpu_ids = {gpu_ids}\nseed = 0\n"
    make_runner(tmp_path, meta={'config': config}).save_checkpoint(str(tmp_path))
    saved = torch.load(tmp_path / 'epoch_1.pth', weights_only=True)
    saved['meta']['iter'] = 5
    torch.save(saved, tmp_path / 'epoch_1.pth')
    resumed = make_runner(tmp_path)
    resumed.resume(str(tmp_path / 'epoch_1.pth'))
    assert (resumed.epoch, resumed.iter) == (1, 20)


@both_runners
@pytest.mark.parametrize('auto', [False, True], ids=['resume_from', 'auto_resume'])
@pytest.mark.parametrize(
    'config',
    [
        "open('executed', 'w')",
        "import pathlib\npathlib.Path('executed').touch()\ngpu_ids = range(0, 1)",
        "gpu_ids = [open('executed', 'w')]",
        "model = dict(type=open('executed', 'w'))",
        "_base_ = 'malicious.py'",
        "custom_imports = dict(imports=['malicious'])",
        "x = '{{ fileDirname }}'\nclass A:\n    open('executed', 'w')",
        b"open('executed', 'w')",
        ["open('executed', 'w')"],
        None,
    ],
)
def test_a_config_in_a_checkpoint_is_never_executed(tmp_path, monkeypatch, kind, auto, config):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'malicious.py').write_text("open('executed', 'w')")
    make_runner(tmp_path, kind=kind, meta={'config': config}).save_checkpoint(str(tmp_path))
    saved = next(tmp_path.glob('*_1.pth'))
    cfg = mmcv.Config(dict(work_dir=str(tmp_path), auto_resume=auto, resume_from=None))
    if not auto:
        cfg.resume_from = str(saved)
    path, resumes = find_start(cfg)
    assert (path, resumes) == (str(saved), True)
    resumed = make_runner(tmp_path, kind=kind)
    resumed.resume(path)
    assert resumed.meta['config'] == config
    assert not (tmp_path / 'executed').exists()


@pytest.mark.parametrize('epoch', [None, '1', [1], 1.5])
def test_a_checkpoint_that_does_not_say_its_epoch_is_an_error(tmp_path, epoch):
    make_runner(tmp_path).save_checkpoint(str(tmp_path))
    saved = torch.load(tmp_path / 'epoch_1.pth', weights_only=True)
    saved['meta']['epoch'] = epoch
    torch.save(saved, tmp_path / 'epoch_1.pth')
    with pytest.raises(ValueError, match='which epoch and iteration'):
        make_runner(tmp_path).resume(str(tmp_path / 'epoch_1.pth'))


class PassNumber:
    """What a distributed sampler is to the runner."""

    def __init__(self):
        self.told = []

    def set_epoch(self, number):
        self.told.append(number)


class ShuffledList(list):
    """Batches with such a sampler."""

    def __init__(self, data):
        super().__init__(data)
        self.sampler = PassNumber()


@pytest.mark.parametrize('done, passes', [(0, [0, 1]), (3, [1])])
def test_each_pass_over_the_data_is_shuffled_by_its_own_number(tmp_path, done, passes):
    loader = ShuffledList(batches())
    runner = make_runner(tmp_path, kind=ITERATIONS)
    runner._iter = done
    runner.run([loader], [('train', 1)])
    assert loader.sampler.told == passes


class Frames(Dataset):
    """Five samples of one group."""

    flag = np.zeros(5, dtype=np.uint8)

    def __len__(self):
        return 5

    def __getitem__(self, index):
        return {'x': torch.full((3,), float(index))}


def test_passes_are_counted_with_a_sampler_that_never_ends(tmp_path):
    loader = build_dataloader(Frames(), 2, 0, dist=False, seed=0, runner_type='IterBasedRunner')
    runner = make_runner(tmp_path, Net(), dict(type='IterBasedRunner', max_iters=7))
    runner.run([loader], [('train', 1)])
    assert [call['epoch'] for call in runner.model.module.calls] == [0, 0, 0, 1, 1, 1, 2]


@both_runners
def test_a_validation_phase_does_not_ask_the_teacher(tmp_path, kind):
    teacher = Net()
    runner = make_runner(tmp_path, teacher, kind)
    phases = (1, 1) if kind is EPOCHS else (3, 2)
    runner.run([batches(3), batches(2)], list(zip(('train', 'val'), phases)))
    assert len(teacher.calls) == 6
    assert len(runner.model.module.calls) == 6 + 4


@pytest.mark.parametrize(
    'loaders, workflow, message',
    [
        (1, [('train', 1), ('val', 1)], '1 data loaders for the 2 phases'),
        (1, [('val', 1)], "have to be 'train' or 'val', at least one 'train'"),
        (1, [('trian', 1)], "have to be 'train' or 'val'"),
    ],
)
@both_runners
def test_a_workflow_that_cannot_train_is_an_error(tmp_path, kind, loaders, workflow, message):
    with pytest.raises(ValueError, match=message):
        make_runner(tmp_path, kind=kind).run([batches()] * loaders, workflow)


@both_runners
def test_a_run_without_an_end_is_an_error(tmp_path, kind):
    with pytest.raises(ValueError, match=r'runner.max_(epochs|iters) is not set'):
        make_runner(tmp_path, kind=dict(type=kind['type'])).run([batches()], [('train', 1)])


def test_mmcvs_batch_processor_is_refused():
    with pytest.raises(ValueError, match='give the model a train_step and a val_step'):
        EpochBasedRunner(nn.Linear(1, 1), batch_processor=print, logger=LOGGER)


def test_containers_are_unpacked_and_those_for_the_cpu_left_as_they_are():
    box = object()
    batch = {
        'points': DataContainer([[torch.ones(2), torch.zeros(3)]]),
        'boxes': DataContainer([[box]], cpu_only=True),
        'nested': [DataContainer([torch.ones(1)]), (1, 'text')],
    }
    data = to_device(batch, torch.device('cpu'))
    assert [each.tolist() for each in data['points']] == [[1, 1], [0, 0, 0]]
    assert data['boxes'] == [box]
    assert data['nested'][1] == (1, 'text')


def test_a_batch_for_several_devices_is_an_error():
    batch = DataContainer([[1], [2]])
    with pytest.raises(ValueError, match='collated into 2 chunks'):
        to_device(batch, torch.device('cpu'))


@pytest.mark.gpu
def test_tensors_go_to_the_models_device():
    model = MMDataParallel(Net().to('cuda'))
    out = model.train_step(batches(1)[0], None)
    assert out['loss'].device.type == 'cuda'
