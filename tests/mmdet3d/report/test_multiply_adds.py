"""The arithmetic of detectors: the paper's numbers, the same on every device."""

import numpy as np
import pytest
import torch
from support import shrink
from torch.utils.flop_counter import FlopCounterMode

from mmdet3d.apis import inference_detector, init_model
from mmdet3d.ops import sparse_conv
from mmdet3d.report import count_multiply_adds
from mmdet3d.utils.config import load_config

CONFIGS = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-'
SECOND = 'configs/second/hv_second_secfpn_6x8_80e_kitti-3d-3class.py'


@pytest.fixture(scope='module')
def frame(kitti_sample):
    return kitti_sample / 'training' / 'velodyne' / '000008.bin'


def small_second(device: str) -> torch.nn.Module:
    options = {**shrink.small_second_scene(), **shrink.second_widths(4)}
    torch.manual_seed(0)
    return init_model(load_config(SECOND, options), device=device)


@pytest.mark.parametrize(
    'name, of_the_paper',
    [('3class', 34.3), ('3class_student_4x', 9.0), ('3class_student_16x', 2.5)],
)
def test_multiply_adds_are_those_of_the_papers_table(frame, name, of_the_paper):
    model = init_model(f'{CONFIGS}{name}.py', device='cpu')
    _, batch = inference_detector(model, frame)
    assert count_multiply_adds(model, batch) / 1e9 == pytest.approx(of_the_paper, abs=0.07)


@torch.no_grad()
def test_sparse_layers_count_as_torch_counts_them_on_a_cpu(frame):
    model = small_second('cpu')
    _, batch = inference_detector(model, frame)
    with FlopCounterMode(display=False) as counter:
        model(return_loss=False, rescale=True, **batch)
    assert count_multiply_adds(model, batch) == counter.get_total_flops() / 2
    # Nothing is left on the layers.
    assert not any(layer._forward_hooks or layer._forward_pre_hooks for layer in model.modules())


@torch.no_grad()
def test_arithmetic_that_torch_does_not_see_counts_all_the_same(frame, monkeypatch):
    model = small_second('cpu')
    _, batch = inference_detector(model, frame)
    seen = count_multiply_adds(model, batch)
    of_pairs = []

    def by_numpy(features, weight, pairs, pair_counts, num_out):
        of_pairs.append(pairs.shape[1] * weight.shape[1] * weight.shape[2])
        out = np.zeros((num_out, weight.shape[2]), np.float32)
        offsets = np.repeat(np.arange(len(weight)), pair_counts)
        rows = features.numpy()[pairs[0]]
        for offset, matrix in enumerate(weight.numpy()):
            np.add.at(out, pairs[1][offsets == offset], rows[offsets == offset] @ matrix)
        return torch.from_numpy(out)

    monkeypatch.setattr(sparse_conv, 'gather_matmul_add', by_numpy)
    with FlopCounterMode(display=False) as counter:
        model(return_loss=False, rescale=True, **batch)
    assert 0 < counter.get_total_flops() / 2 == seen - sum(of_pairs) < seen
    assert count_multiply_adds(model, batch) == seen


@pytest.mark.gpu
def test_a_gpu_gives_the_number_of_a_cpu(frame):
    counts = []
    for device in ('cpu', 'cuda'):
        model = small_second(device)
        _, batch = inference_detector(model, frame)
        counts.append(count_multiply_adds(model, batch))
    assert counts[0] == counts[1]
