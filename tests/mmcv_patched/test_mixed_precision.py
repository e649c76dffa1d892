"""Mixed precision: where it reaches, where it does not, and the optimizer's step under it."""

import logging

import pytest
import torch
from torch import nn

from mmcv_patched.parallel import MMDataParallel
from mmcv_patched.precision import in_float32
from mmcv_patched.runner import EpochBasedRunner, MixedPrecisionHook


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


@pytest.mark.parametrize('loss_scale', [0, -1.0, 'static', None])
def test_a_loss_scale_that_is_none_is_an_error_that_says_what_is(loss_scale):
    with pytest.raises(ValueError, match="give a positive factor, 'dynamic', or a dict"):
        MixedPrecisionHook(loss_scale=loss_scale)


@pytest.mark.gpu
@pytest.mark.parametrize('loss_scale', [512.0, 'dynamic', {'init_scale': 4.0}])
def test_a_gpu_computes_in_float16_and_steps_over_infinite_gradients(loss_scale):
    model = Model()
    before = model.layer.weight.detach().clone()
    runner = train(model, MixedPrecisionHook(loss_scale), torch.full((8, 4), 1e30), 'cuda')
    assert model.seen == torch.float16
    assert torch.equal(before, model.layer.weight.cpu())
    state = runner.meta['fp16']['loss_scaler']
    assert (state['scale'] == 512.0) == (loss_scale == 512.0)
