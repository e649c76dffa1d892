"""The benchmark of a distilled step compares like with like, and prints its table."""

import runpy
import sys

import pytest
import torch

from mmdet3d.models.voxel_encoders import PillarFeatureNet


@pytest.fixture
def benchmark(repo_root, monkeypatch):
    monkeypatch.syspath_prepend(repo_root / 'benchmarks')
    return runpy.run_path(str(repo_root / 'benchmarks/distilled_step.py'))


@torch.no_grad()
def test_encoders_of_all_slots_find_what_the_shipped_ones_find(benchmark):
    encoder = PillarFeatureNet(feat_channels=[6])
    counts = torch.tensor([3, 1, 2])
    points = torch.rand(3, 3, 4) * (torch.arange(3) < counts[:, None])[..., None]
    voxels = points, counts, torch.tensor([[0, 0, 4, 7], [0, 0, 30, 2], [1, 0, 0, 39]])
    found = benchmark['AllSlots'](encoder.eval())(*voxels)
    torch.testing.assert_close(found, encoder(*voxels), rtol=1e-5, atol=1e-6)


@pytest.mark.usefixtures('one_thread')
def test_every_part_is_timed_before_and_now(benchmark, kitti_data, monkeypatch, capsys):
    monkeypatch.setattr(sys, 'argv', ['x', '--data', str(kitti_data), '--repeats', '1'])
    benchmark['main']()
    lines = [line.split('|')[1:-1] for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 2 + 4
    assert all(float(cell) > 0 for line in lines[2:] for cell in line[1:])
