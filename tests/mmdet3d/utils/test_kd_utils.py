import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mmdet3d.utils.kd_utils import (
    graph_distance,
    nearest_neighbours,
    nearest_neighbours_in_frame,
    sample_by_importance,
    softmax_weights,
)


def features(rows: int, width: int = 8, seed: int = 0) -> torch.Tensor:
    return torch.randn(rows, width, generator=torch.Generator().manual_seed(seed))


@given(
    scores=st.lists(st.integers(0, 30), min_size=0, max_size=40),
    count=st.integers(1, 50),
    mode=st.sampled_from(['top', 'bottom', 'rand', 'mixed']),
)
def test_sampling_takes_distinct_voxels_and_all_where_there_are_too_few(scores, count, mode):
    chosen = sample_by_importance(torch.tensor(scores), count, mode).tolist()
    assert len(chosen) == len(set(chosen)) == min(count, len(scores))
    assert set(chosen) <= set(range(len(scores)))


def test_top_bottom_and_mixed_sampling_go_by_importance():
    importance = torch.tensor([5, 1, 4, 2, 3])
    assert sorted(sample_by_importance(importance, 2, 'top').tolist()) == [0, 2]
    assert sorted(sample_by_importance(importance, 2, 'bottom').tolist()) == [1, 3]
    assert sorted(sample_by_importance(importance, 4, 'mixed').tolist()) == [0, 1, 2, 3]


def test_random_sampling_keeps_as_many_as_asked_and_changes():
    importance = torch.arange(1000)
    first = sample_by_importance(importance, 30, 'rand')
    second = sample_by_importance(importance, 30, 'rand')
    assert len(first) == 30
    assert set(first.tolist()) != set(second.tolist())


def test_unknown_sample_mode_is_an_error_that_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"'best': allowed are top, bottom, rand, mixed"):
        sample_by_importance(torch.ones(3), 2, 'best')


@pytest.mark.parametrize('pairs_at_once', [1, 1 << 24])
def test_nearest_neighbours_are_those_of_a_full_search(monkeypatch, pairs_at_once):
    monkeypatch.setattr('mmdet3d.utils.kd_utils._PAIRS_AT_ONCE', pairs_at_once)
    x, centres = features(50), torch.tensor([3, 7, 49, 0])
    found = nearest_neighbours(x, centres, 6)
    expected = torch.cdist(x[centres], x).topk(6, largest=False).indices
    assert torch.equal(found.sort(dim=1).values, expected.sort(dim=1).values)
    assert (found == centres[:, None]).any(dim=1).all()


def test_fewer_voxels_than_neighbours_makes_all_of_them_neighbours():
    found = nearest_neighbours(features(5), torch.tensor([1, 4]), 128)
    assert found.sort(dim=1).values.tolist() == [[0, 1, 2, 3, 4]] * 2


def test_neighbours_in_frame_are_those_of_each_cloud_searched_alone():
    x = features(30)
    frames = torch.tensor([0] * 12 + [1] * 18)
    centres = torch.tensor([20, 3, 29, 11])
    found = nearest_neighbours_in_frame(x, centres, 5, frames)
    for row, centre in zip(found, centres):
        own = (frames == frames[centre]).nonzero().squeeze(1)
        nearest = own[torch.cdist(x[centre][None], x[own])[0].topk(5, largest=False).indices]
        assert sorted(row.tolist()) == sorted(nearest.tolist())


def test_a_cloud_with_fewer_voxels_than_neighbours_repeats_its_own():
    frames = torch.tensor([0, 0, 1, 1, 1, 1, 1])
    found = nearest_neighbours_in_frame(features(7), torch.tensor([0, 5]), 4, frames)
    assert found.shape == (2, 4)
    assert sorted(found[0].tolist()) == [0, 0, 1, 1]
    assert set(found[1].tolist()) <= {2, 3, 4, 5, 6}


def test_weights_average_one_rise_with_importance_and_carry_no_gradient():
    score = torch.tensor([3.0, 1.0, 2.0], requires_grad=True)
    weights = softmax_weights(score, temperature=1.0)
    assert weights.mean().item() == pytest.approx(1)
    assert weights[0] > weights[2] > weights[1]
    assert not weights.requires_grad
    even = softmax_weights(score, temperature=1e6)
    torch.testing.assert_close(even, torch.ones(3), rtol=1e-4, atol=1e-4)


def test_distance_weighs_each_graph():
    teacher = torch.tensor([[[1.0, 1.0]], [[0.0, 2.0]]])
    distance = graph_distance(teacher, torch.zeros(2, 1, 2), torch.tensor([3.0, 0.5]))
    assert distance.item() == pytest.approx((3 * 2 + 0.5 * 4) / 4)
