"""Mixed precision: where it reaches, where it does not, and the optimizer's step under it."""

import logging

import pytest
import torch
from mmcv.runner import GradientCumulativeOptimizerHook, OptimizerHook
from torch import nn

from mmcv_patched.parallel import MMDataParallel
from mmcv_patched.precision import in_float32
from mmcv_patched.runner import (
    EpochBasedRunner,
    GradientCumulativeMixedPrecisionHook,
    IterBasedRunner,
    MixedPrecisionHook,
    NonFiniteError,
)
from mmcv_patched.runner import GradientCumulativeOptimizerHook as OwnCumulativeHook


class Model(nn.Module):
    """One layer, which remembers what type it computed in."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 1)
        self.seen = None

    def train_step(self, data: dict, optimizer: object, **_: object) -> dict:
        y = self.layer(data['x'])
        self.seen = y.dtype
        loss = self.loss(y)
        return dict(loss=loss, log_vars={'loss': loss.item()}, num_samples=len(y))

    @in_float32
    def loss(self, y: torch.Tensor) -> torch.Tensor:
        assert y.dtype == torch.float32
        assert (y @ y.t()).dtype == torch.float32
        return y.square().mean()


def train(model: Model, hook: MixedPrecisionHook, x: torch.Tensor, device: str = 'cpu') -> object:
    """Train on one batch for two epochs; return the runner."""
    runner = EpochBasedRunner(
        model=MMDataParallel(model.to(device), mixed_precision=True),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
        max_epochs=2,
        logger=logging.getLogger('test'),
        meta={},
    )
    runner.register_hook(hook)
    runner.run([[{'x': x}]], [('train', 1)])
    return runner


def test_a_cpu_computes_in_bfloat16_but_for_the_loss():
    model = Model()
    before = model.layer.weight.detach().clone()
    runner = train(model, MixedPrecisionHook(grad_clip=dict(max_norm=1.0)), torch.randn(8, 4))
    assert model.seen == torch.bfloat16
    assert model.layer.weight.dtype == torch.float32
    assert not torch.equal(before, model.layer.weight)
    assert runner.log_buffer.val_history['grad_norm'][0] > 0


def test_without_mixed_precision_nothing_is_cast():
    model = Model()
    MMDataParallel(model).train_step({'x': torch.randn(8, 4)}, None)
    assert model.seen == torch.float32


def test_in_float32_casts_what_is_nested_and_leaves_the_rest():
    half = torch.ones(2, dtype=torch.bfloat16)

    @in_float32
    def types(maps: list, info: dict, count: torch.Tensor) -> tuple:
        return maps[0].dtype, info['x'][0].dtype, count.dtype

    found = types([half], info={'x': (half.half(),)}, count=torch.ones(2, dtype=torch.int64))
    assert found == (torch.float32, torch.float32, torch.int64)


def weights_after(hook: OptimizerHook, batches: list, iters: int, low: bool = False) -> nn.Module:
    """The layer after training in float32, with ``low`` in mixed precision."""
    torch.manual_seed(0)
    model = Model()
    runner = IterBasedRunner(
        model=MMDataParallel(model, mixed_precision=low),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9),
        max_iters=iters,
        logger=logging.getLogger('test'),
        meta={},
    )
    runner.register_hook(hook)
    runner.run([[{'x': x} for x in batches]], [('train', 1)])
    return model.layer


@pytest.mark.parametrize('iters', [4, 5], ids=['whole steps', 'a rest'])
def test_accumulating_in_float32_is_what_mmcvs_hook_does(iters):
    samples = list(torch.randn(iters, 1, 4, generator=torch.Generator().manual_seed(1)))
    settings = dict(cumulative_iters=2, grad_clip=dict(max_norm=0.5))
    ours = weights_after(GradientCumulativeMixedPrecisionHook(**settings), samples, iters)
    mmcvs = weights_after(GradientCumulativeOptimizerHook(**settings), samples, iters)
    assert torch.equal(ours.weight, mmcvs.weight)
    assert torch.equal(ours.bias, mmcvs.bias)


@pytest.mark.parametrize('low', [False, True], ids=['float32', 'bfloat16'])
def test_two_batches_of_one_make_the_step_of_one_batch_of_two(low):
    samples = torch.randn(4, 1, 4, generator=torch.Generator().manual_seed(1))
    pairs = list(samples.view(2, 2, 4))
    hook = GradientCumulativeMixedPrecisionHook(cumulative_iters=2)
    accumulated = weights_after(hook, list(samples), 4, low)
    together = weights_after(MixedPrecisionHook(), pairs, 2, low)
    torch.testing.assert_close(accumulated.weight, together.weight, rtol=1e-2, atol=1e-3)
    torch.manual_seed(0)
    assert not torch.allclose(accumulated.weight, Model().layer.weight, atol=1e-2)


class Pupil(Model):
    """A network that is told what a teacher says, and is one."""

    def train_step(
        self, data: dict, optimizer: object, is_teacher: bool = False, **info: object
    ) -> dict:
        y = self.layer(data['x'])
        if is_teacher:
            return {'y': y}
        loss = self.loss(y) + self.loss(y - info['teacher_info']['y'])
        return dict(loss=loss, log_vars={'loss': loss.item()}, num_samples=len(y))


def pupil_after(hook: OptimizerHook, batches: list, low: bool) -> torch.Tensor:
    """The weights after one pass over the batches, with a teacher."""
    torch.manual_seed(0)
    model, teacher = Pupil(), Pupil()
    runner = EpochBasedRunner(
        model=MMDataParallel(model, mixed_precision=low),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
        max_epochs=1,
        logger=logging.getLogger('test'),
        meta={},
        teacher=MMDataParallel(teacher, mixed_precision=low),
    )
    runner.register_hook(hook)
    runner.run([[{'x': x} for x in batches]], [('train', 1)])
    return model.layer.weight.detach()


@pytest.mark.parametrize(
    'hook, single, low',
    [
        (OwnCumulativeHook, OptimizerHook, False),
        (GradientCumulativeMixedPrecisionHook, MixedPrecisionHook, True),
    ],
)
def test_a_distilled_student_accumulates_too(hook, single, low):
    samples = torch.randn(4, 1, 4, generator=torch.Generator().manual_seed(1))
    accumulated = pupil_after(hook(cumulative_iters=2), list(samples), low)
    together = pupil_after(single(), list(samples.view(2, 2, 4)), low)
    torch.testing.assert_close(accumulated, together, rtol=1e-2, atol=1e-3)
    torch.manual_seed(0)
    assert not torch.allclose(accumulated, Pupil().layer.weight, atol=1e-2)


def test_parameters_that_no_loss_depends_on_are_reported_where_asked_for(caplog):
    model = Model()
    model.unused = nn.Linear(1, 1)
    train(model, MixedPrecisionHook(detect_anomalous_params=True), torch.randn(8, 4))
    assert 'unused.weight' in caplog.text
    assert 'layer.weight' not in caplog.text


@pytest.mark.parametrize('loss_scale', [0, -1.0, 'static', None])
def test_a_loss_scale_that_is_none_is_an_error_that_says_what_is(loss_scale):
    with pytest.raises(ValueError, match="give a positive factor, 'dynamic', or a dict"):
        MixedPrecisionHook(loss_scale=loss_scale)


@pytest.mark.gpu
@pytest.mark.parametrize('loss_scale', [512.0, 'dynamic', {'init_scale': 4.0}])
def test_a_gpu_computes_in_float16_and_steps_over_infinite_gradients(loss_scale):
    torch.manual_seed(0)
    model = Model()
    before = model.layer.weight.detach().clone()
    # The loss is finite, and its gradient beyond float16.
    hook = MixedPrecisionHook(loss_scale, grad_clip=dict(max_norm=1.0))
    runner = train(model, hook, torch.full((8, 4), 1e3), 'cuda')
    assert model.seen == torch.float16
    assert torch.equal(before, model.layer.weight.cpu())
    state = runner.meta['fp16']['loss_scaler']
    assert (state['scale'] == 512.0) == (loss_scale == 512.0)


@pytest.mark.gpu
def test_a_gpu_stops_at_an_infinite_loss():
    with pytest.raises(NonFiniteError, match='not finite: loss'):
        train(Model(), MixedPrecisionHook(512.0), torch.full((8, 4), 1e30), 'cuda')
