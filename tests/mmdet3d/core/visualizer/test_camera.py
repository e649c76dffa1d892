import numpy as np
import pytest
import torch
from PIL import Image
from support.pictures import pixels_of

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.core.visualizer import (
    BoxLayer,
    CameraView,
    draw_cameras,
    project_lines,
    wireframes,
)
from mmdet3d.datasets.files import DataFormatError

# Looks along the LiDAR's x: its own x is -y there, its own y is -z; 100 pixels of focal length.
AHEAD = np.array([[50.0, -100, 0, 0], [40, 0, -100, 0], [1, 0, 0, 0], [0, 0, 0, 1]])


def test_lines_are_where_a_pinhole_camera_sees_them():
    lines = np.array([[[10.0, 2, 1], [20, -4, 0]], [[5, 0, 0], [5, 0, 2]]])
    pixels, kept = project_lines(lines, AHEAD)
    # u = 50 - 100 y / x, v = 40 - 100 z / x
    assert np.allclose(pixels, [[[30, 30], [70, 40]], [[50, 40], [50, 0]]])
    assert kept.tolist() == [0, 1]


def test_lines_are_cut_at_the_camera_and_those_behind_are_left_out():
    lines = np.array([[[-1.0, 0, 0], [-2, 0, 0]], [[-0.9, 1, 0], [1.1, 1, 0]], [[3, 0, 0]] * 2])
    pixels, kept = project_lines(lines, AHEAD)
    assert kept.tolist() == [1, 2]
    assert np.allclose(pixels[0], [[50 - 100 / 0.1, 40], [50 - 100 / 1.1, 40]])


def test_a_wireframe_has_twelve_edges_and_a_mark_out_of_its_front():
    lines = wireframes(LiDARInstance3DBoxes([[10, 0, -1, 4, 2, 1.5, np.pi / 2]]))[0]
    lengths = np.linalg.norm(lines[:, 1] - lines[:, 0], axis=1)
    assert np.allclose(sorted(lengths[:12]), [1.5] * 4 + [2] * 4 + [4] * 4)
    assert np.allclose(lines[12], [[10, 0, -0.25], [10, 2.6, -0.25]], atol=1e-5)


@pytest.fixture
def camera(tmp_path) -> CameraView:
    Image.new('RGB', (100, 80), 'white').save(tmp_path / 'image.png')
    return CameraView('ahead', str(tmp_path / 'image.png'), AHEAD)


def test_a_box_is_drawn_where_it_is_in_the_image(camera, tmp_path):
    left = LiDARInstance3DBoxes(torch.tensor([[10.0, 3, -1, 1, 1, 1, 0]]))
    behind = LiDARInstance3DBoxes(torch.tensor([[-10.0, 3, -1, 1, 1, 1, 0]]))
    path = draw_cameras([camera], [BoxLayer('a', left, ['Car'])], tmp_path / 'a' / 'left.png')
    pixels = np.asarray(Image.open(path).convert('RGB')).astype(int)
    green = np.argwhere(np.abs(pixels - (44, 160, 44)).max(axis=2) < 30)
    height, width = pixels.shape[:2]
    in_image = green[green[:, 0] < 0.85 * height]  # the legend stands below
    assert len(in_image) > 50
    assert in_image[:, 1].max() < 0.35 * width  # u is 50 - 100 * 3 / 10, and half as much about it
    drawn = draw_cameras([camera], [BoxLayer('a', behind, ['Car'])], tmp_path / 'behind.png')
    assert pixels_of(drawn, 'tab:green') < 0.3 * pixels_of(path, 'tab:green')


def test_several_cameras_are_side_by_side(camera, tmp_path):
    sizes = [
        Image.open(draw_cameras([camera] * count, [], tmp_path / f'{count}.png')).size
        for count in (2, 3, 6)
    ]
    assert sizes[0][0] < sizes[1][0] == pytest.approx(sizes[2][0], rel=0.02)
    assert sizes[2][1] > 1.6 * sizes[1][1]


def test_a_file_that_is_no_image_is_named(tmp_path):
    (tmp_path / 'broken.png').write_bytes(b'no image')
    view = CameraView('a', str(tmp_path / 'broken.png'), AHEAD)
    with pytest.raises(DataFormatError, match=r'broken\.png: expected an image'):
        draw_cameras([view], [], tmp_path / 'out.png')
