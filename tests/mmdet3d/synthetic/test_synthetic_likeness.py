"""Made-up frames beside real ones: the tolerances say how alike they are."""

import runpy
import sys

import numpy as np
import pytest

from mmdet3d.synthetic.kitti.statistics import CLASSES, points_at_10_m, read_figures

REAL = (0, 1, 6, 7, 8, 134)
# The real frames that are not cut to the camera's view.
FULL = (0, 1)


@pytest.fixture(scope='module')
def made_up(synthetic_root):
    return read_figures(synthetic_root, range(14))


@pytest.fixture(scope='module')
def real(kitti_sample):
    return read_figures(kitti_sample, REAL)


def medians(frames, name):
    return np.median([getattr(frame, name) for frame in frames])


def test_frames_have_as_many_points_in_view_as_kittis(made_up):
    numbers = [frame.in_range for frame in made_up]
    assert min(numbers) > 13000 and max(numbers) < 24000
    assert 16500 < np.median(numbers) < 20500
    assert 80000 < medians(made_up, 'total') < 125000


def test_points_in_view_are_within_a_fifth_of_the_real_frames(made_up, real):
    assert medians(made_up, 'in_range') == pytest.approx(medians(real, 'in_range'), rel=0.2)


def test_rings_are_where_they_are_in_real_frames(made_up, real):
    """Points per degree of elevation, within a factor of 1.5 in each."""
    ours, theirs = (np.mean([f.by_elevation for f in frames], axis=0) for frames in (made_up, real))
    assert (np.abs(np.log(ours / theirs)) < np.log(1.5)).all(), (ours, theirs)


def test_points_thin_out_with_distance_as_in_real_frames(made_up, real):
    """Points per step of 5 to 10 m from 5 to 70 m, within a factor of 2.5 in each."""
    ours, theirs = (np.mean([f.by_distance for f in frames], axis=0) for frames in (made_up, real))
    assert (np.abs(np.log(ours / theirs)[1:-1]) < np.log(2.5)).all(), (ours, theirs)


def test_nearest_ring_on_the_ground_is_where_it_is_in_real_frames(made_up, real):
    theirs = [figures.nearest_ground for figures, index in zip(real, REAL) if index in FULL]
    assert medians(made_up, 'nearest_ground') == pytest.approx(np.mean(theirs), abs=0.35)


def test_intensities_are_like_those_of_real_frames(made_up, real):
    assert medians(made_up, 'intensity') == pytest.approx(medians(real, 'intensity'), abs=0.1)


@pytest.mark.parametrize('name', CLASSES)
def test_objects_have_as_many_points_as_real_ones(made_up, real, name):
    """Points of unhidden objects, scaled to 10 m, within a factor of 2."""
    ours, theirs = points_at_10_m(made_up, name), points_at_10_m(real, name)
    assert len(ours) >= 3 and len(theirs) >= 1
    assert abs(np.log(np.median(ours) / np.median(theirs))) < np.log(2)


def test_comparison_is_printed_and_drawn(
    repo_root, synthetic_root, kitti_sample, tmp_path, monkeypatch, capsys
):
    path = tmp_path / 'likeness.png'
    roots = [str(synthetic_root), str(kitti_sample)]
    monkeypatch.setattr(sys, 'argv', ['likeness', *roots, '--number', '3', '--out', str(path)])
    runpy.run_path(str(repo_root / 'benchmarks/synthetic_likeness.py'), run_name='__main__')
    assert path.stat().st_size > 10000
    assert capsys.readouterr().out.count('points in view and range') == 2
