"""Detections of tools/test.py drawn by the real tool, for every data set and several runs."""

import pickle
import sys
from pathlib import Path

import pytest
from support.pictures import pixels_of
from support.teachers import kitti_teacher, nuscenes_teacher
from support.tooling import call_here, run

TOOL = 'tools/misc/visualize_results.py'


@pytest.fixture(scope='module')
def kitti(kitti_data, kitti_sample, tmp_path_factory) -> Path:
    """A folder with a config, what its detector found in the three frames, and their images."""
    folder = kitti_teacher(tmp_path_factory.mktemp('kitti') / 'run')
    root = folder.parent / 'data'
    (root / 'training').mkdir(parents=True)
    (root / 'training/image_2').symlink_to(kitti_sample / 'training/image_2')
    (root / 'training/velodyne_reduced').symlink_to(kitti_data / 'training/velodyne_reduced')
    (root / 'kitti_infos_val.pkl').symlink_to(kitti_data / 'kitti_infos_val.pkl')
    (config,) = folder.glob('*.py')
    arguments = [str(config), str(folder / 'latest.pth'), '--data-root', str(root)]
    assert call_here('tools/test.py', *arguments, '--out', str(folder / 'results.pkl')) == 0
    return folder


def arguments(folder: Path) -> list[str]:
    (config,) = folder.glob('*.py')
    return [str(config), '--data-root', str(folder.parent / 'data')]


def test_frames_are_drawn_from_above_and_in_the_image_from_any_folder(kitti, tmp_path, repo_root):
    options = ['--result', str(kitti / 'results.pkl'), '--show-dir', 'out', '--score-thr', '0.1']
    run(sys.executable, str(repo_root / TOOL), *arguments(kitti), *options, root=tmp_path)
    names = {path.name for path in (tmp_path / 'out').iterdir()}
    ids = ('000007', '000008', '000134')
    assert names == {f'{name}{kind}.png' for name in ids for kind in ('', '_camera')}
    assert all(pixels_of(path, 'tab:green', 30) > 20 for path in (tmp_path / 'out').iterdir())
    assert any(pixels_of(path, 'tab:red') > 200 for path in (tmp_path / 'out').iterdir())


def test_several_runs_are_drawn_in_one_page(kitti, tmp_path):
    result = str(kitti / 'results.pkl')
    options = ['--result', f'teacher={result}', f'student={result}', '--pictures', 'scene']
    options += ['--frames', '000008', '--show-dir', str(tmp_path), '--score-thr', '0']
    assert call_here(TOOL, *arguments(kitti), *options) == 0
    (page,) = tmp_path.iterdir()
    text = page.read_text(encoding='utf-8')
    assert page.name == '000008.html'
    assert all(name in text for name in ('ground truth (', 'teacher (', 'student ('))


def test_detections_of_nuscenes_are_drawn(nuscenes_root, nuscenes_data, tmp_path):
    folder = nuscenes_teacher(tmp_path / 'run')
    (config,) = folder.glob('*.py')
    where = [str(config), '--data-root', str(nuscenes_root), '--infos', str(nuscenes_data)]
    results = str(tmp_path / 'results.pkl')
    weights = str(folder / 'latest.pth')
    assert call_here('tools/test.py', *where[:1], weights, *where[1:], '--out', results) == 0
    options = ['--result', results, '--show-dir', str(tmp_path / 'out'), '--number', '2']
    options += ['--pictures', 'bev', '--score-thr', '0.45']
    assert call_here(TOOL, *where, *options) == 0
    pictures = list((tmp_path / 'out').glob('*.png'))
    assert len(pictures) == 2
    assert all(pixels_of(path, 'tab:green') > 20 for path in pictures)


@pytest.mark.parametrize(
    'content, options, said',
    [
        (b'cut', '', 'is no complete pickle'),
        (pickle.dumps({'a': 1}), '', 'holds a dict of something else, expected a list'),
        (pickle.dumps([{'boxes_3d': 1}]), '', 'expected a list with boxes_3d'),
        (pickle.dumps([]), '', 'detections of 0 frames, but data.test has 3'),
        (None, '', 'none.pkl: a pickle of detections is expected here'),
        (None, '--result a=none.pkl a=none.pkl', 'a is named already'),
        (None, '--score-thr 0.3 --frame 1', 'did you mean --frames?'),
        (None, '--show-dir {here}/file', '/file'),
    ],
)
def test_mistakes_end_in_one_line(kitti, tmp_path, capfd, content, options, said):
    (tmp_path / 'file').touch()
    name = 'none.pkl'
    if content is not None:
        name = 'given.pkl'
        (tmp_path / name).write_bytes(content)
    command = ['--result', str(tmp_path / name), '--show-dir', str(tmp_path / 'out')]
    status = call_here(TOOL, *arguments(kitti), *command, *options.format(here=tmp_path).split())
    *_, line = capfd.readouterr().err.splitlines()
    assert status in (1, 2) and line.startswith('error: ') and said in line
    assert not (tmp_path / 'out').exists()


def test_a_frame_that_is_not_there_is_named(kitti, tmp_path, capfd):
    options = ['--result', str(kitti / 'results.pkl'), '--show-dir', str(tmp_path)]
    assert call_here(TOOL, *arguments(kitti), *options, '--frames', '000999') == 1
    assert 'there is no frame 000999' in capfd.readouterr().err
