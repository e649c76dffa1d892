import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdet3d.ops import smallest_of_rows


@given(
    seed=st.integers(0, 2**31),
    rows=st.integers(0, 5),
    columns=st.integers(1, 3000),
    part=st.floats(0, 1),
    levels=st.sampled_from([1, 2, 50, 10**6]),
)
@settings(max_examples=60, deadline=None)
def test_they_are_the_smallest_and_of_equal_ones_the_first(seed, rows, columns, part, levels):
    generator = torch.Generator().manual_seed(seed)
    values = torch.randint(-levels, levels, (rows, columns), generator=generator).float()
    k = max(1, round(part * columns))
    found = smallest_of_rows(values, k)
    expected = values.sort(dim=1, stable=True).indices[:, :k]
    assert found.dtype == torch.int64
    assert torch.equal(found.sort(dim=1).values, expected.sort(dim=1).values)


@pytest.mark.parametrize('order', ['ascending', 'descending', 'periodic'])
def test_values_in_any_order_are_found(order):
    values = torch.arange(20000.0)[None]
    values = {
        'ascending': values,
        'descending': values.flip(1),
        # Every value at which the bound is guessed is among the smallest.
        'periodic': torch.where(values % 19 == 0, values, values + 1e6),
    }[order]
    expected = values.topk(128, largest=False).indices
    assert torch.equal(smallest_of_rows(values, 128).sort().values, expected.sort().values)


def test_what_is_no_number_comes_last():
    nan, inf = float('nan'), float('inf')
    values = torch.tensor([[nan, 3, -inf, nan, 2, inf]])
    assert set(smallest_of_rows(values, 3)[0].tolist()) == {1, 2, 4}
    assert set(smallest_of_rows(values, 4)[0].tolist()) == {0, 1, 2, 4}
    assert len(set(smallest_of_rows(values, 6)[0].tolist())) == 6


def test_columns_may_be_strided():
    values = torch.rand(50, 4).t()
    assert torch.equal(
        smallest_of_rows(values, 7).sort(1).values,
        smallest_of_rows(values.clone(), 7).sort(1).values,
    )


@pytest.mark.parametrize('k', [0, -1, 6])
def test_more_or_fewer_than_there_are_is_an_error(k):
    with pytest.raises(ValueError, match=rf'k={k} of rows of 5 values: expected from 1'):
        smallest_of_rows(torch.zeros(2, 5), k)


def test_other_arguments_are_named():
    with pytest.raises(ValueError, match='values must have shape'):
        smallest_of_rows(torch.zeros(5), 1)
    with pytest.raises(TypeError, match='values'):
        smallest_of_rows(torch.zeros(2, 5, dtype=torch.int64), 1)


@pytest.mark.gpu
def test_a_gpu_finds_the_same():
    values = torch.rand(40, 5000, generator=torch.Generator().manual_seed(0))
    found = smallest_of_rows(values.to('cuda'), 64)
    assert found.is_cuda
    assert torch.equal(found.cpu().sort(1).values, smallest_of_rows(values, 64).sort(1).values)
