import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from mmdet3d.core.visualizer import distinct_colors


@pytest.mark.parametrize('count', [0, 1, 5, 7, 8, 12, 30])
def test_as_many_colours_are_all_different_and_not_the_ground_truths(count):
    colors = distinct_colors(count)
    assert len(colors) == count
    everything = [np.array(to_rgb(color)) for color in (*colors, 'tab:green')]
    for one, other in itertools.combinations(everything, 2):
        assert np.abs(one - other).max() > 0.05


def test_a_run_keeps_its_colour_when_more_are_added():
    assert distinct_colors(9)[:7] == distinct_colors(7)
    assert distinct_colors(3) == ['tab:red', 'tab:blue', 'tab:orange']
