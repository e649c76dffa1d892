"""What can be told of the Triton kernels without a GPU: their results, and that they compile."""

import os
import re
import subprocess
import sys
import warnings
from unittest import mock

import pytest
import torch
import triton
from support.kernels import INTERPRETED, kernel_backend, kernel_module
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from mmdet3d.ops import (
    ball_query,
    boxes_iou_bev,
    dispatch,
    furthest_point_sample,
    nms_bev,
    points_in_boxes_all,
    roi_point_pool,
    three_nn,
)

DTYPES = {
    torch.float32: '*fp32',
    torch.float64: '*fp64',
    torch.int64: '*i64',
    torch.int8: '*i8',
    int: 'i32',
    float: 'fp32',
}


def test_interpreted_kernels_give_what_numba_gives(repo_root):
    assert not INTERPRETED
    command = [sys.executable, '-m', 'pytest', '-q', '-p', 'no:cacheprovider']
    done = subprocess.run(
        [*command, 'tests/mmdet3d/ops/test_kernels.py'],
        cwd=repo_root,
        env=os.environ | {'TRITON_INTERPRET': '1'},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    # The one of sizes that would take too long.
    assert re.search(r'^\d+ passed, 1 skipped', done.stdout.splitlines()[-1]), done.stdout


def compile_only(compiled: list[triton.compiler.CompiledKernel], arch: int):
    """What takes the place of a launch: compile for a GPU that need not be there."""

    def run(kernel, *args, grid, warmup, **options):
        kinds = [arg.dtype if isinstance(arg, torch.Tensor) else type(arg) for arg in args]
        fixed = kernel.arg_names[len(args) :]
        signature = dict(zip(kernel.arg_names, [DTYPES[kind] for kind in kinds]))
        signature |= dict.fromkeys(fixed, 'constexpr')
        values = {(kernel.arg_names.index(name),): options.pop(name) for name in fixed}
        source = ASTSource(kernel, signature, values)
        target = GPUTarget('cuda', arch, 32)
        compiled.append(triton.compile(source, target=target, options=options))

    return run


@pytest.mark.parametrize('arch', [80, 90])
def test_kernels_compile_and_round_each_product(arch):
    compiled = []
    cloud, rows = torch.zeros(1, 40, 3), torch.zeros(1, 5, 7)
    with (
        mock.patch.object(triton.runtime.jit.JITFunction, 'run', compile_only(compiled, arch)),
        kernel_backend(),
    ):
        furthest_point_sample(cloud, 4)
        furthest_point_sample(torch.zeros(1, 5000, 3), 4)
        ball_query(0, 1, 3, cloud, cloud)
        three_nn(cloud, cloud)
        points_in_boxes_all(cloud, rows)
        roi_point_pool(cloud, cloud, rows, 3)
        boxes_iou_bev(rows[0, :, :5], rows[0, :, :5])
        nms_bev(rows[0, :, :5], rows[0, :, 0], 0.5)
    names = {kernel.name for kernel in compiled}
    assert names == {
        '_choose',
        '_query',
        '_search',
        '_compare',
        '_collect',
        '_fill_overlaps',
        '_walk',
    }
    for kernel in compiled:
        # A product that is not rounded before it is added to gives other indices than elsewhere.
        assert not re.search(r'\bfma\.', kernel.asm['ptx']), kernel.name


@pytest.fixture
def not_yet_asked():
    """Whether Triton works is asked anew, before and after the test."""
    dispatch.triton_works.cache_clear()
    yield
    dispatch.triton_works.cache_clear()


def test_without_triton_there_is_nothing_to_say(not_yet_asked, monkeypatch):
    monkeypatch.setitem(sys.modules, 'triton', None)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert not dispatch.triton_works()


def test_where_triton_cannot_launch_it_is_said_why_and_once(not_yet_asked, monkeypatch):
    def fail():
        raise RuntimeError('Failed to find C compiler.\nAnd more.')

    monkeypatch.setattr(kernel_module('launch'), 'launch_probe', fail)
    with pytest.warns(UserWarning, match=r'\(RuntimeError: Failed .* compiler\.\): .* in torch'):
        assert not dispatch.triton_works()
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert not dispatch.triton_works()


def test_other_devices_compute_in_torch():
    found = three_nn(torch.zeros(2, 5, 3, device='meta'), torch.zeros(2, 4, 3, device='meta'))
    assert found[1].shape == (2, 5, 3)


@pytest.mark.gpu
def test_a_gpu_computes_by_kernels_where_triton_works_and_in_torch_where_not(monkeypatch):
    points = torch.rand(2, 50, 3, device='cuda')
    assert dispatch.triton_works()
    kernel = mock.Mock(wraps=kernel_module('furthest_point_sample').furthest_point_sample)
    monkeypatch.setattr(kernel_module('furthest_point_sample'), 'furthest_point_sample', kernel)
    chosen = furthest_point_sample(points, 20)
    assert kernel.call_count == 1
    monkeypatch.setattr(dispatch, 'triton_works', lambda: False)
    assert torch.equal(furthest_point_sample(points, 20), chosen)
    assert kernel.call_count == 1
