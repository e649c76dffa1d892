"""Bringing clouds to one number of points."""

import numpy as np
import pytest
import torch

from mmdet3d.core.points import LiDARPoints
from mmdet3d.datasets.pipelines import PointSample


def cloud(near: int, far: int) -> LiDARPoints:
    """Points 1 to 39 m away and points 41 to 69 m away, numbered in their last column."""
    rng = np.random.default_rng(0)
    distance = np.concatenate([rng.uniform(1, 39, near), rng.uniform(41, 69, far)])
    direction = rng.normal(size=(near + far, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    number = 1000.0 * np.arange(near + far)[:, None]  # not to count as a coordinate
    rows = np.concatenate([direction * distance[:, None], number], axis=1)
    return LiDARPoints(rows.astype(np.float32), points_dim=4)


def numbers(points: LiDARPoints) -> list[int]:
    return (points.tensor[:, 3] / 1000).round().int().tolist()


def sample(points: LiDARPoints, **options) -> LiDARPoints:
    return PointSample(**options)({'points': points})['points']


def test_enough_points_are_sampled_without_replacement_in_any_order(seed_generators):
    drawn = numbers(sample(cloud(80, 20), num_points=60))
    assert len(set(drawn)) == len(drawn) == 60
    assert drawn != sorted(drawn)


def test_all_far_points_are_kept_and_mixed_with_the_near_ones(seed_generators):
    drawn = np.array(numbers(sample(cloud(80, 20), num_points=60, sample_range=40.0)))
    assert len(set(drawn)) == 60
    assert set(range(80, 100)) <= set(drawn)
    assert 0 < np.count_nonzero(drawn[:30] >= 80) < 20


def test_too_many_far_points_are_sampled_themselves(seed_generators):
    drawn = numbers(sample(cloud(80, 50), num_points=30, sample_range=40.0))
    assert len(set(drawn)) == 30
    assert min(drawn) >= 80


def test_near_points_are_all_as_likely_as_each_other(seed_generators):
    counts = np.zeros(30)
    for _ in range(400):
        counts[numbers(sample(cloud(20, 10), num_points=15, sample_range=40.0))] += 1
    assert (counts[20:] == 400).all()
    assert 60 < counts[:20].min() <= counts[:20].max() < 140  # 100 expected, 8.7 its deviation


@pytest.mark.parametrize('sample_range', [None, 40.0])
def test_too_few_points_are_drawn_with_replacement_wherever_they_are(seed_generators, sample_range):
    drawn = numbers(sample(cloud(6, 4), num_points=200, sample_range=sample_range))
    assert len(drawn) == 200
    assert set(drawn) == set(range(10))


def test_replacement_can_be_asked_for(seed_generators):
    drawn = numbers(sample(cloud(100, 0), num_points=100, replace=True))
    assert len(drawn) == 100
    assert len(set(drawn)) < 100


def test_as_many_points_as_asked_for_are_all_kept():
    assert sorted(numbers(sample(cloud(7, 3), num_points=10, sample_range=40.0))) == list(range(10))


def test_a_cloud_without_points_is_filled_with_zeros():
    points = sample(LiDARPoints(torch.zeros(0, 4), points_dim=4), num_points=5)
    assert points.tensor.tolist() == [[0, 0, 0, 0]] * 5


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(num_points=0), 'num_points=0 .*at least 1'),
        (dict(num_points=5, sample_range=-1.0), 'sample_range=-1.0 .*above 0'),
    ],
)
def test_numbers_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        PointSample(**options)
