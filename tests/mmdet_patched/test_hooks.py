"""Which hook takes the optimizer's steps, by ``optimizer_config`` and ``fp16``."""

import pytest
from mmcv import Config

from mmcv_patched.runner import (
    GradientCumulativeMixedPrecisionHook,
    GradientCumulativeOptimizerHook,
    MixedPrecisionHook,
    OptimizerHook,
)
from mmdet_patched.apis import build_optimizer_hook

CLIP = dict(max_norm=10)


def build(optimizer_config: dict | None, fp16: dict | None = None) -> OptimizerHook:
    return build_optimizer_hook(Config(dict(optimizer_config=optimizer_config, fp16=fp16)))


@pytest.mark.parametrize(
    'name, plain, mixed',
    [
        (None, OptimizerHook, MixedPrecisionHook),
        ('OptimizerHook', OptimizerHook, MixedPrecisionHook),
        (
            'GradientCumulativeOptimizerHook',
            GradientCumulativeOptimizerHook,
            GradientCumulativeMixedPrecisionHook,
        ),
    ],
)
def test_mixed_precision_has_a_counterpart_of_each_way_to_step(name, plain, mixed):
    settings = dict(grad_clip=CLIP, **(dict(type=name) if name else {}))
    assert type(build(settings)) is plain
    hook = build(settings, dict(loss_scale=8.0))
    assert type(hook) is mixed
    assert (hook.fixed_scale, hook.grad_clip) == (8.0, CLIP)


def test_how_many_iterations_accumulate_reaches_the_hook():
    settings = dict(type='GradientCumulativeOptimizerHook', cumulative_iters=3)
    assert build(settings, dict(loss_scale='dynamic')).cumulative_iters == 3


def test_a_config_that_says_nothing_of_it_has_the_plain_step():
    assert type(build(None)) is OptimizerHook
    assert type(build_optimizer_hook(Config({}))) is OptimizerHook


def test_another_hook_with_fp16_is_an_error_that_names_both():
    with pytest.raises(ValueError, match=r"loss_scale.*cannot be combined.*'EMAHook'.*one of"):
        build(dict(type='EMAHook'), dict(loss_scale=512.0))


@pytest.mark.parametrize('fp16', [None, dict(loss_scale=512.0)])
@pytest.mark.parametrize('name', ['Fp16OptimizerHook', 'GradientCumulativeFp16OptimizerHook'])
def test_mmcvs_own_mixed_precision_is_an_error_that_says_what_to_set(name, fp16):
    with pytest.raises(ValueError, match=rf"'{name}' is mmcv's .*set fp16=dict\(loss_scale"):
        build(dict(type=name), fp16)
