import numpy as np
import torch
from PIL import Image

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.core.visualizer import BoxLayer, draw_bev

RED = (214, 39, 40)


def red_pixels(path) -> np.ndarray:
    pixels = np.asarray(Image.open(path).convert('RGB')).astype(int)
    return np.argwhere(np.abs(pixels - RED).sum(axis=2) < 60)


def test_a_box_ahead_and_left_of_the_sensor_is_drawn_in_the_upper_left(tmp_path):
    box = LiDARInstance3DBoxes(torch.tensor([[50.0, 20.0, -1.0, 4.0, 2.0, 1.5, 0.0]]))
    layer = BoxLayer('car', box, ['Car'], color='tab:red')
    path = draw_bev(np.zeros((0, 4), dtype=np.float32), [layer], tmp_path / 'a' / 'scene.png')
    height, width = np.asarray(Image.open(path)).shape[:2]
    red = red_pixels(path)
    in_legend = (red[:, 0] < height * 0.12) & (red[:, 1] > width * 0.7)
    row, column = np.median(red[~in_legend], axis=0)
    assert row < height / 2
    assert column < width / 2


def test_an_empty_scene_is_still_a_picture(tmp_path):
    nothing = LiDARInstance3DBoxes(torch.zeros(0, 7))
    path = draw_bev(np.zeros((0, 4)), [BoxLayer('none', nothing)], tmp_path / 'scene.png')
    assert Image.open(path).size[0] > 100
