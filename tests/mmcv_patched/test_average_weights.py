"""The last checkpoint holds the mean of the weights over the end of a training."""

import logging
from copy import deepcopy

import pytest
import torch
from mmcv.runner import CheckpointHook, Hook, OptimizerHook, build_runner
from torch import nn

from mmcv_patched.parallel import MMDataParallel
from mmcv_patched.runner import AverageWeightsHook

EPOCHS = dict(type='EpochBasedRunner', max_epochs=4)
ITERATIONS = dict(type='IterBasedRunner', max_iters=20)
both_runners = pytest.mark.parametrize('kind', [EPOCHS, ITERATIONS], ids=['epochs', 'iterations'])


class Net(nn.Module):
    """A network with statistics and the train step of a detector."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 1)
        self.norm = nn.BatchNorm1d(1)

    def train_step(self, data, optimizer, **_):
        loss = (self.norm(self.layer(data['x'])) - data['x'][:, :1]).square().mean()
        return {'loss': loss, 'log_vars': {'loss': loss.item()}, 'num_samples': 4}


class Watch(Hook):
    """Notes the weights after each step."""

    def __init__(self):
        self.seen = []

    def after_train_iter(self, runner):
        self.seen.append(deepcopy(runner.model.module.state_dict()))


def batches() -> list[dict]:
    generator = torch.Generator().manual_seed(0)
    return [{'x': torch.randn(4, 3, generator=generator), 'img_metas': []} for _ in range(5)]


def run(folder, kind, share=0.2, resume=None, hooks=True, **limit):
    torch.manual_seed(0)
    model = MMDataParallel(Net())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    runner = build_runner(
        kind,
        default_args=dict(
            model=model, optimizer=optimizer, work_dir=str(folder), logger=logging.getLogger('t')
        ),
    )
    watch, by_epoch = Watch(), kind is EPOCHS
    runner.register_hook(OptimizerHook(), priority='ABOVE_NORMAL')
    runner.register_hook(watch, priority='ABOVE_NORMAL')
    runner.register_hook(CheckpointHook(interval=1, by_epoch=by_epoch))
    if hooks:
        runner.register_hook(AverageWeightsHook(share), priority='ABOVE_NORMAL')
    if resume is not None:
        runner.resume(str(resume))
    runner.run([batches()], [('train', 1)])
    return watch.seen


def saved(folder) -> dict:
    return torch.load(folder / 'latest.pth', weights_only=True)


@both_runners
def test_it_is_the_mean_after_each_of_the_last_steps(tmp_path, kind):
    seen = run(tmp_path, kind)[-4:]
    found = saved(tmp_path)['state_dict']
    for name in ('layer.weight', 'norm.running_var'):
        expected = torch.stack([each[name] for each in seen]).mean(dim=0)
        torch.testing.assert_close(found[name], expected)
    assert found['norm.num_batches_tracked'] == 20


def test_the_steps_are_those_of_a_training_without_it(tmp_path):
    with_it, without = (run(tmp_path / str(on), EPOCHS, hooks=on) for on in (True, False))
    for one, other in zip(with_it, without, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_a_resumed_training_goes_on_with_its_mean(tmp_path):
    run(tmp_path / 'whole', EPOCHS, share=0.5)
    run(tmp_path / 'rest', EPOCHS, share=0.5, resume=tmp_path / 'whole' / 'epoch_3.pth')
    whole, rest = (saved(tmp_path / name)['state_dict'] for name in ('whole', 'rest'))
    torch.testing.assert_close(whole, rest, rtol=0, atol=0)


def test_a_place_after_the_checkpoints_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="priority='ABOVE_NORMAL'"):
        runner = build_runner(
            EPOCHS,
            default_args=dict(
                model=MMDataParallel(Net()), work_dir=str(tmp_path), logger=logging.getLogger('t')
            ),
        )
        runner.register_hook(CheckpointHook(interval=1))
        runner.register_hook(AverageWeightsHook())
        runner.run([batches()], [('train', 1)])


@pytest.mark.parametrize('share', [0, 1.1, -0.1, True, '0.1', None])
def test_a_share_that_is_none_is_an_error(share):
    with pytest.raises(ValueError, match=r'share=.*such as 0\.1'):
        AverageWeightsHook(share)
