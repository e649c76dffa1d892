import numpy as np
import pytest
import torch
from support.kd_cases import CASES, loss_and_gradients, normal

from mmdet3d.models.kd import KDBatch, LocalGraph


def voxels(count: int = 40) -> dict:
    return dict(
        student=normal('student', count, 6),
        teacher=normal('teacher', count, 12),
        batch=KDBatch(
            importance=torch.arange(count) % 7 + 1,
            frames=torch.arange(count) // max(1, count // 2),
        ),
    )


@pytest.mark.parametrize('case', CASES)
def test_loss_and_gradients_equal_the_released_ones(figures, filling, case):
    """Without the reference folder, they equal those recorded when they did."""
    found, expected = loss_and_gradients(case, filling.seeded_tensor), figures('kd_losses')[case]
    assert found['loss'] == pytest.approx(expected['loss'], rel=1e-4)
    for name in ('student_feature_grad_norm', 'adapt_grad_norms'):
        assert found[name] == pytest.approx(expected[name], rel=1e-4)


def maps(frames: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    return normal('student', frames, 6, 5, 7), normal('teacher', frames, 12, 5, 7)


def test_each_map_counts_the_same_whatever_it_is_batched_with():
    torch.manual_seed(0)
    student, teacher = maps()
    teacher[1] *= 20  # would take all the weight of a softmax over both
    loss_module = LocalGraph(12, 6, num_voxels=8, kneighbours=4, temperature=0.1, scope='frame')
    loss_module.eval()  # else the normalisation would mix the frames
    alone = [
        loss_module(student[i : i + 1], teacher[i : i + 1], KDBatch()).item() for i in range(2)
    ]
    assert loss_module(student, teacher, KDBatch()).item() == pytest.approx(
        np.mean(alone), rel=1e-5
    )


def test_a_low_temperature_compares_the_cell_where_the_teachers_graph_is_strongest():
    torch.manual_seed(0)
    student, teacher = maps(frames=1)
    loss_module = LocalGraph(12, 6, num_voxels=35, kneighbours=4, temperature=1e-6).eval()
    rows = [each.detach().flatten(2)[0].t() for each in (student, teacher)]
    centres = torch.arange(35)
    neighbours = torch.cdist(rows[1], rows[1]).topk(4, largest=False).indices
    ours = loss_module.student_gcn_adapt(rows[0], centres, neighbours)
    theirs = loss_module.teacher_gcn_adapt(rows[1], centres, neighbours)
    strongest = theirs.flatten(1).amax(1).argmax()
    expected = 2 * (theirs - ours)[strongest].square().mean()
    assert loss_module(student, teacher, KDBatch()).item() == pytest.approx(
        expected.item(), rel=1e-4
    )


def test_graph_is_as_wide_as_the_compressed_teacher_the_student_or_as_told():
    def width(**options: float) -> int:
        return LocalGraph(64, 40, **options).student_gcn_adapt.conv.out_channels

    assert width() == 40
    assert width(compression_ratio=4) == 32
    assert width(compression_ratio=16, out_channels=48) == 48


@pytest.mark.parametrize(
    'options',
    [
        {'num_voxels': 10, 'kneighbours': 4},
        {'num_voxels': 6000, 'kneighbours': 128},
        {'num_voxels': 10, 'kneighbours': 4, 'scope': 'frame'},
        {'num_voxels': 10, 'kneighbours': 4, 'pool_mode': 'max', 'reweight': 'none'},
        {'num_voxels': 11, 'kneighbours': 4, 'sample_mode': 'mixed', 'fuse_mode': 'sub'},
        {'num_voxels': 10, 'kneighbours': 4, 'sample_mode': 'rand', 'temperature': 1e-4},
    ],
)
def test_every_option_gives_a_finite_loss_that_training_lowers(options):
    torch.manual_seed(0)
    loss_module = LocalGraph(12, 6, **options)
    batch = voxels()
    student = batch.pop('student').requires_grad_()
    optimizer = torch.optim.Adam([student, *loss_module.parameters()], lr=0.02)
    losses = []
    for _ in range(40):
        loss = loss_module(student, **batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert np.isfinite(losses).all()
    assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:5])


def test_equal_weights_are_the_limit_of_a_high_temperature():
    torch.manual_seed(0)
    loss_module = LocalGraph(12, 6, num_voxels=20, kneighbours=4, temperature=1e7)
    soft = loss_module(**voxels())
    loss_module.reweight = 'none'
    assert loss_module(**voxels()).item() == pytest.approx(soft.item(), rel=1e-4)


@pytest.mark.parametrize('scope', ['batch', 'frame'])
@pytest.mark.parametrize('count', [0, 1])
def test_nothing_to_compare_is_no_loss_but_keeps_the_graph(count, scope):
    loss_module = LocalGraph(12, 6, scope=scope)
    batch = voxels(count)
    batch['student'].requires_grad_()
    loss = loss_module(**batch)
    loss.backward()
    assert loss.item() == 0
    assert all(p.grad is not None for p in loss_module.parameters())


@pytest.mark.parametrize(
    'options, message',
    [
        ({'sample_mode': 'best'}, 'allowed are top, bottom, rand, mixed'),
        ({'fuse_mode': 'add'}, 'allowed are identity, sub'),
        ({'pool_mode': 'avg'}, 'allowed are none, max'),
        ({'reweight': 'linear'}, 'allowed are softmax, none'),
        ({'scope': 'world'}, 'allowed are batch, frame'),
        ({'temperature': 0}, 'temperature=0: it has to be positive'),
        ({'kneighbours': -1}, 'kneighbours=-1: it has to be positive'),
    ],
)
def test_a_wrong_option_is_an_error_that_says_what_is_allowed(options, message):
    with pytest.raises(ValueError, match=message):
        LocalGraph(12, 6, **options)


def test_voxels_without_their_points_or_frames_are_an_error_that_says_what_is_missing():
    given = voxels()
    with pytest.raises(ValueError, match=r'needs KDBatch\.importance and frames'):
        LocalGraph(12, 6)(given['student'], given['teacher'], KDBatch())
