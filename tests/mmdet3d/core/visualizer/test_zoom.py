import numpy as np
import pytest
import torch
from PIL import Image
from support.pictures import pixels_of

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.core.visualizer import BoxLayer, draw_object
from mmdet3d.core.visualizer.zoom import _in_axes_of

BOX = [15.0, 2, -1.7, 4, 1.8, 1.6, 0.4]


@pytest.fixture
def box() -> LiDARInstance3DBoxes:
    return LiDARInstance3DBoxes(torch.tensor([BOX]))


def test_places_are_told_along_across_and_above_the_object(box):
    ahead = np.array([15 + 2 * np.cos(0.4), 2 + 2 * np.sin(0.4), -0.9])
    left = np.array([15 - np.sin(0.4), 2 + np.cos(0.4), 0.1])
    found = _in_axes_of(box, np.stack([ahead, left]))
    assert np.allclose(found, [[2, 0, 0], [0, 1, 1]], atol=1e-5)


def test_its_points_and_the_boxes_about_it_are_drawn(box, tmp_path):
    points = np.random.default_rng(0).uniform([12, 0, -2], [18, 4, 0], (500, 3))
    layers = [
        BoxLayer('truth', box),
        BoxLayer('found', LiDARInstance3DBoxes(torch.tensor([BOX]) + 0.2), color='tab:red'),
        BoxLayer('elsewhere', LiDARInstance3DBoxes(torch.tensor([BOX]) + 9), color='tab:blue'),
    ]
    path = draw_object(points, layers, box, tmp_path / 'object.png', 'a car')
    drawn = {color: pixels_of(path, f'tab:{color}') for color in ('green', 'red', 'blue', 'orange')}
    assert drawn['green'] > 500 and drawn['red'] > 500
    assert drawn['blue'] < 200  # in the legend alone
    assert drawn['orange'] > 100


def test_an_object_without_points_is_drawn(box, tmp_path):
    path = draw_object(np.zeros((0, 4)), [], box, tmp_path / 'object.png')
    assert Image.open(path).size[0] > 500


def test_one_object_is_drawn_at_a_time(box, tmp_path):
    with pytest.raises(ValueError, match='2 boxes'):
        draw_object(np.zeros((0, 4)), [], box[[0, 0]], tmp_path / 'object.png')
