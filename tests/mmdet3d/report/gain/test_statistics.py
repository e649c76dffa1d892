"""Paired differences against scipy's t-test, and against numbers worked out by hand."""

import numpy as np
import pytest
from scipy import stats

from mmdet3d.report.gain import paired_gain


def by_seed(values) -> dict[int, float]:
    return dict(enumerate(values))


def test_a_gain_is_the_one_worked_out_by_hand():
    # Differences 1, 2, 3: mean 2, deviation 1, error 1 / sqrt(3).
    # With 2 degrees of freedom, 95% lie within t = 4.302653.
    gain = paired_gain(by_seed([10, 20, 30]), by_seed([11, 22, 33]))
    assert gain.differences == {0: 1, 1: 2, 2: 3}
    assert (gain.mean, gain.std, gain.better) == (2, 1, 3)
    assert gain.t == pytest.approx(2 * 3**0.5)
    assert gain.p == pytest.approx(0.0741799, abs=1e-6)
    assert gain.interval == pytest.approx((2 - 4.302653 / 3**0.5, 2 + 4.302653 / 3**0.5))


@pytest.mark.parametrize('count', [2, 5, 8])
def test_a_gain_is_that_of_the_paired_t_test(count):
    rng = np.random.default_rng(count)
    plain = rng.normal(30, 2, count)
    other = plain + rng.normal(-0.5, 1, count)
    gain = paired_gain(by_seed(plain), by_seed(other))
    expected = stats.ttest_rel(other, plain)
    assert gain.t == pytest.approx(expected.statistic)
    assert gain.p == pytest.approx(expected.pvalue)
    assert gain.interval == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert gain.better == np.count_nonzero(other > plain)


def test_only_seeds_that_both_have_are_paired():
    gain = paired_gain({0: 1.0, 1: 2.0, 5: 9.0}, {1: 2.5, 0: 1.0, 7: 4.0})
    assert gain.differences == {0: 0.0, 1: 0.5}
    assert gain.better == 1
    assert paired_gain({0: 1.0}, {1: 1.0}) is None


def test_a_single_pair_has_no_interval():
    gain = paired_gain({3: 20.0}, {3: 21.5})
    assert gain.mean == 1.5
    assert gain.std is gain.t is gain.p is gain.interval is None


def test_equal_differences_have_no_t():
    gain = paired_gain(by_seed([1.0, 2.0]), by_seed([2.0, 3.0]))
    assert gain.std == 0 and gain.interval == (1, 1)
    assert gain.t is None and gain.p is None
