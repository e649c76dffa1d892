"""Graphs of pairs that are never in memory against those that are."""

import copy

import pytest
import torch
from torch import nn

from mmdet3d.models.kd import KDBatch, LocalGraph
from mmdet3d.models.kd.losses import local_graph
from mmdet3d.models.kd.pairs import fits_pairs


def voxels(count: int) -> tuple[torch.Tensor, torch.Tensor, KDBatch]:
    points = torch.randint(1, 30, (count,))
    student, teacher = torch.randn(count, 6), torch.randn(count, 12).relu()
    return student, teacher, KDBatch(importance=points, frames=torch.arange(count) // 25)


def points(count: int) -> tuple[torch.Tensor, torch.Tensor, KDBatch]:
    return torch.randn(2, 6, count), torch.randn(2, 12, count).relu(), KDBatch()


def maps(count: int) -> tuple[torch.Tensor, torch.Tensor, KDBatch]:
    return torch.randn(2, 6, 4, count), torch.randn(2, 12, 4, count), KDBatch()


def make_loss(options: dict) -> LocalGraph:
    loss = LocalGraph(12, 6, num_voxels=20, kneighbours=5, **options)
    for adapter in (loss.teacher_gcn_adapt, loss.student_gcn_adapt):
        nn.init.normal_(adapter.bn.weight)
        nn.init.normal_(adapter.bn.bias)
    return loss


def run(loss: LocalGraph, student: torch.Tensor, teacher: torch.Tensor, batch: KDBatch) -> dict:
    """What a training step takes from the loss."""
    student = student.clone().requires_grad_()
    value = loss(student, teacher, batch)
    (3 * value).backward()
    return {
        'loss': value.detach(),
        'student': student.grad,
        **{name: each.grad for name, each in loss.named_parameters()},
        **dict(loss.named_buffers()),
    }


@pytest.mark.parametrize('inputs', [voxels, points, maps])
@pytest.mark.parametrize(
    'options',
    [
        {},
        {'scope': 'frame', 'fuse_mode': 'sub'},
        {'reweight': 'none', 'out_channels': 1},
        {'temperature': 1.0, 'out_channels': 37},
        {'local': False},
    ],
)
def test_loss_gradients_and_running_moments_are_those_of_graphs_in_memory(
    monkeypatch, inputs, options
):
    torch.manual_seed(0)
    student, teacher, batch = inputs(60)
    loss = make_loss(options)
    in_memory = copy.deepcopy(loss)
    asked = []
    monkeypatch.setattr(
        local_graph, 'fits_pairs', lambda *args: asked.append(fits_pairs(*args)) or asked[-1]
    )
    found = run(loss, student, teacher, batch)
    monkeypatch.setattr(local_graph, 'fits_pairs', lambda *args: False)
    expected = run(in_memory, student, teacher, batch)
    assert asked == [True] and found.keys() == expected.keys()
    for name, value in expected.items():
        # A low temperature makes much of the last digit of a graph's largest value.
        difference = (found[name].double() - value.double()).norm()
        assert difference <= 1e-4 * value.double().norm() + 1e-6, name


@pytest.mark.parametrize('threads', [1, 2, 3])
def test_the_number_of_threads_changes_nothing(threads):
    torch.manual_seed(0)
    student, teacher, batch = voxels(60)
    loss, before = make_loss({}), torch.get_num_threads()
    found = []
    for count in (1, threads):
        torch.set_num_threads(count)
        found.append(run(copy.deepcopy(loss), student, teacher, batch))
    torch.set_num_threads(before)
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])


def test_other_norms_types_and_modes_take_the_graphs_in_memory():
    features = torch.zeros(3, 12)
    loss = make_loss({})
    adapters = loss.teacher_gcn_adapt, loss.student_gcn_adapt
    assert fits_pairs(adapters, features)
    assert not fits_pairs(adapters, features.double())
    assert not fits_pairs(adapters, features.to('meta'))
    loss.eval()
    assert not fits_pairs(adapters, features)
    loss.train()
    loss.student_gcn_adapt.bn = nn.SyncBatchNorm(6)
    assert not fits_pairs(adapters, features)
