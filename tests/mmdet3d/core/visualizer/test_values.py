import numpy as np
import pytest
from PIL import Image
from support.pictures import pixels_of

from mmdet3d.core.visualizer import ValuePanel, draw_values

VIEW = (0, -10, 20, 10)


def test_the_greatest_value_is_dark_and_where_it_is(tmp_path):
    places = np.array([[18.0, 8], [2, -8]])
    panel = ValuePanel('weights', places, np.array([1.0, 100]), 'weight', logarithmic=True)
    path = draw_values([panel], [], tmp_path / 'a' / 'values.png', VIEW, 1.0)
    pixels = np.asarray(Image.open(path).convert('L')).astype(int)
    height, width = pixels.shape
    lower_right = pixels[height * 3 // 5 : height * 9 // 10, width // 2 : width * 4 // 5]
    upper_left = pixels[height // 8 : height // 3, width // 8 : width // 3]
    assert (lower_right < 60).sum() > 100
    assert (upper_left < 60).sum() == 0


def test_places_without_a_value_are_grey(tmp_path):
    nothing, others = np.zeros((0, 2)), np.array([[5.0, 0], [10, 3]])
    panel = ValuePanel('none', nothing, np.zeros(0), 'weight', others)
    path = draw_values([panel], [], tmp_path / 'values.png', VIEW, 1.0)
    assert pixels_of(path, '0.85', 3) > 100


@pytest.mark.parametrize('values', [np.zeros(3), np.ones(3), np.array([0, 0, 1e-30])])
@pytest.mark.parametrize('logarithmic', [True, False])
def test_values_that_are_all_alike_or_nothing_are_drawn(tmp_path, values, logarithmic):
    panel = ValuePanel('flat', np.ones((3, 2)), values, 'weight', logarithmic=logarithmic)
    path = draw_values([panel, panel], [], tmp_path / 'values.png', VIEW, 1.0)
    assert Image.open(path).size[0] > 800
