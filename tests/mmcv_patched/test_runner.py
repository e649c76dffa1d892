"""The runner and the wrappers, with a small network in place of a detector."""

import logging

import mmcv.runner
import pytest
import torch
from mmcv.parallel import DataContainer
from mmcv.runner import OptimizerHook, build_runner
from torch import nn

from mmcv_patched.parallel import MMDataParallel, to_device
from mmcv_patched.runner import EpochBasedRunner

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


def make_runner(tmp_path, teacher=None, **options):
    model = MMDataParallel(Net())
    runner = build_runner(
        dict(type='EpochBasedRunner', max_epochs=2),
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


def test_without_a_teacher_the_model_is_called_as_mmcv_calls_it(tmp_path):
    runner = make_runner(tmp_path)
    runner.run([batches()], [('train', 1)])
    assert (runner.epoch, runner.iter) == (2, 6)
    assert runner.model.module.calls == [{}] * 6


def test_the_teacher_sees_each_batch_first_frozen_and_in_eval_mode(tmp_path):
    teacher = Net()
    teacher.train()
    before = {key: value.clone() for key, value in teacher.state_dict().items()}
    runner = make_runner(tmp_path, teacher)
    runner.run([batches()], [('train', 1)])
    assert teacher.calls == [{'is_teacher': True}] * 6
    assert not teacher.training
    for key, value in teacher.state_dict().items():
        assert torch.equal(value, before[key]), key
    student_calls = runner.model.module.calls
    assert len(student_calls) == 6
    assert all(call['is_teacher'] is False for call in student_calls)
    assert not any(call['teacher_info']['feature'].requires_grad for call in student_calls)


def test_checkpoints_hold_the_student_alone(tmp_path):
    runner = make_runner(tmp_path, Net(), meta={'seed': 3})
    runner.run([batches()], [('train', 1)])
    runner.save_checkpoint(str(tmp_path), save_optimizer=True)
    saved = torch.load(tmp_path / 'latest.pth', weights_only=True)
    assert set(saved['state_dict']) == set(runner.model.module.state_dict())
    assert (saved['meta']['epoch'], saved['meta']['iter'], saved['meta']['seed']) == (3, 6, 3)


def test_a_resumed_run_goes_on_where_the_other_stopped(tmp_path):
    runner = make_runner(tmp_path)
    runner._max_epochs = 1
    runner.run([batches()], [('train', 1)])
    runner._epoch -= 1
    runner.save_checkpoint(str(tmp_path))
    resumed = make_runner(tmp_path)
    resumed.resume(str(tmp_path / 'epoch_1.pth'))
    assert (resumed.epoch, resumed.iter) == (1, 3)
    resumed.run([batches()], [('train', 1)])
    assert (resumed.epoch, resumed.iter) == (2, 6)


def test_a_validation_phase_does_not_ask_the_teacher(tmp_path):
    teacher = Net()
    runner = make_runner(tmp_path, teacher)
    runner.run([batches(3), batches(2)], [('train', 1), ('val', 1)])
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
def test_a_workflow_that_cannot_train_is_an_error(tmp_path, loaders, workflow, message):
    with pytest.raises(ValueError, match=message):
        make_runner(tmp_path).run([batches()] * loaders, workflow)


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
