import re
from pathlib import Path

import numpy as np
import pytest
import torch
from support.browser import open_page

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.core.visualizer import BoxLayer, write_scene

DARK = np.array([0x16, 0x18, 0x1D])


def colored(pixels: np.ndarray, color: tuple[int, int, int]) -> int:
    """How many pixels have nearly a colour."""
    return int((np.abs(pixels - color).max(axis=2) < 40).sum())


RED, GREEN = (214, 39, 40), (44, 160, 44)


@pytest.fixture
def page(cloud, layers, tmp_path) -> Path:
    return write_scene(cloud, layers, tmp_path / 'made' / 'scene.html', 'frame 8', ['reflectance'])


def test_the_scene_is_seen_in_a_browser_and_its_console_has_nothing_to_say(page, tmp_path):
    pixels, said = open_page(page, tmp_path)
    assert not said
    scene = pixels[80:, 250:850]
    assert (np.abs(scene - DARK).max(axis=2) > 40).mean() > 0.005
    assert colored(scene, GREEN) > 20
    assert colored(scene, RED) > 20


def test_layers_are_switched_off_and_points_recoloured_in_the_page(page, tmp_path):
    script = """
        const boxes = document.querySelectorAll('.legendtoggle')[2];
        for (const kind of ['mousedown', 'mouseup', 'click'])
            boxes.dispatchEvent(new MouseEvent(kind, {bubbles: true}));
        const view = document.querySelector('.plotly-graph-div');
        Plotly.restyle(view, ...view._fullLayout.updatemenus[0].buttons[1].args);
        setTimeout(() => {
            const {cmin, cmax, colorbar} = view._fullData[0].marker;
            console.log(`${colorbar.title.text} ${cmin} ${cmax}`);
        }, 1000);
    """
    pixels, (said,) = open_page(page, tmp_path, f'setTimeout(() => {{{script}}}, 1500)')
    scene = pixels[80:, 250:850]
    assert colored(scene, RED) == 0
    assert colored(scene, GREEN) > 20
    name, least, greatest = said.split()
    assert name == 'reflectance'
    assert 0 <= float(least) < 0.05 and 0.95 < float(greatest) <= 1


def test_the_page_needs_no_other_file_and_sends_nothing(page):
    text = page.read_text(encoding='utf-8')
    assert not re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(?!data:)', text)
    assert '"modeBarButtonsToRemove": ["sendChartToCloud"]' in text


def test_names_of_runs_are_shown_and_not_obeyed(cloud, tmp_path):
    nothing = LiDARInstance3DBoxes(torch.zeros(0, 7))
    layer = BoxLayer('</script><img src=x>', nothing)
    page = write_scene(cloud, [layer], tmp_path / 'page.html', '</title><img src=y>')
    text = page.read_text(encoding='utf-8')
    assert '<img src=x' not in text and '<img src=y' not in text


def test_large_clouds_are_thinned_and_the_page_says_so(tmp_path):
    cloud = np.random.default_rng(0).normal(size=(1500, 3)).astype(np.float32)
    page = write_scene(cloud, [], tmp_path / 'page.html', 'large', most_points=1000)
    assert '1,000 of 1,500 points, drawn at random' in page.read_text(encoding='utf-8')


@pytest.mark.parametrize('columns', [3, 4, 6])
def test_scenes_without_points_or_boxes_are_pages_too(tmp_path, columns):
    page = write_scene(np.zeros((0, columns)), [], tmp_path / 'page.html', 'empty', ['a'])
    assert '0 points' in page.read_text(encoding='utf-8')


def test_values_that_are_all_alike_have_a_colour(tmp_path):
    page = write_scene(np.ones((5, 4)), [], tmp_path / 'page.html', 'flat', ['reflectance'])
    assert page.stat().st_size > 1e6
