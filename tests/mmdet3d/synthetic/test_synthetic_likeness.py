"""Made-up frames beside real ones: the tolerances say how alike they are."""

import runpy
import sys

import numpy as np
import pytest

from mmdet3d.synthetic.kitti.statistics import CLASSES, points_at_10_m, read_figures

REAL = (0, 1, 6, 7, 8, 134)


@pytest.fixture(scope='module')
def made_up(synthetic_root):
    return read_figures(synthetic_root, range(14))


@pytest.fixture(scope='module')
def real(real_frames):
    return read_figures(real_frames / 'kitti_sample', REAL)


def medians(frames, name):
    return np.median([getattr(frame, name) for frame in frames])


def means(frames, name):
    return np.mean([getattr(frame, name) for frame in frames], axis=0)


def nearest_ground(frames):
    """Of the frames that are not cut to the camera's view."""
    return medians([frame for frame in frames if frame.total > 50_000], 'nearest_ground')


def test_frames_have_as_many_points_in_view_as_kittis(made_up):
    numbers = [frame.in_range for frame in made_up]
    assert min(numbers) > 13000 and max(numbers) < 24000
    assert 16500 < np.median(numbers) < 20500
    assert 80000 < medians(made_up, 'total') < 125000


@pytest.mark.parametrize('name', CLASSES)
def test_some_objects_of_every_class_are_in_full_view(made_up, name):
    assert len(points_at_10_m(made_up, name)) >= 3


def points_on(name):
    """The median over unhidden objects of a class, scaled to 10 m."""
    return lambda frames: np.median(points_at_10_m(frames, name))


# Figures, and between which bounds the made-up frames' are to the real ones'.
PROPORTIONS = {
    'points in view': (lambda frames: medians(frames, 'in_range'), 0.8, 1.2),
    'points per degree of elevation': (lambda frames: means(frames, 'by_elevation'), 1 / 1.5, 1.5),
    # Steps of 5 to 10 m from 5 to 70 m.
    'points by distance': (lambda frames: means(frames, 'by_distance')[1:-1], 1 / 2.5, 2.5),
    **{f'points on a {name}': (points_on(name), 0.5, 2) for name in CLASSES},
}


@pytest.mark.parametrize('what', PROPORTIONS)
def test_there_are_about_as_many_points_as_in_real_frames(made_up, real, what):
    figure, low, high = PROPORTIONS[what]
    ratio = figure(made_up) / figure(real)
    assert np.all((low < ratio) & (ratio < high)), ratio


@pytest.mark.parametrize(
    'figure, tolerance',
    [(nearest_ground, 0.35), (lambda frames: medians(frames, 'intensity'), 0.1)],
    ids=['nearest ring on the ground', 'intensity'],
)
def test_points_are_about_where_and_as_bright_as_in_real_frames(made_up, real, figure, tolerance):
    assert figure(made_up) == pytest.approx(figure(real), abs=tolerance)


def test_comparison_is_printed_and_drawn(
    repo_root, synthetic_root, kitti_sample, tmp_path, monkeypatch, capsys
):
    path = tmp_path / 'likeness.png'
    roots = [str(synthetic_root), str(kitti_sample)]
    monkeypatch.setattr(sys, 'argv', ['likeness', *roots, '--number', '3', '--out', str(path)])
    runpy.run_path(str(repo_root / 'benchmarks/synthetic_likeness.py'), run_name='__main__')
    assert path.stat().st_size > 10000
    assert capsys.readouterr().out.count('points in view and range') == 2
