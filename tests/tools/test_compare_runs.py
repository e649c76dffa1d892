"""The comparison of runs by the real tool, for every detector and data set."""

import runpy
import sys
from pathlib import Path

import pytest
from PIL import Image
from support import shrink, shrink_nuscenes, shrink_point_rcnn
from support.pictures import pixels_of
from support.run_folder import write_run
from support.tooling import run

from mmdet3d.core.visualizer import distinct_colors

TEACHER = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class.py'
POINT_RCNN = 'configs/point_rcnn/point_rcnn_2x8_kitti-3d-3classes.py'
NUSCENES = 'configs/pointpillars/hv_pointpillars_fpn_sbn-all_4x8_2x_nus-3d.py'
TOOL = [sys.executable, 'tools/compare_runs.py']


@pytest.fixture(scope='module')
def run_folder(repo_root, kitti_data, tmp_path_factory) -> Path:
    """A run of the real tool."""
    work_dir = tmp_path_factory.mktemp('run')
    settings = {**shrink.small_scene(), **shrink.widths(4), **shrink.data(str(kitti_data))}
    settings |= {'runner.max_epochs': 1, 'log_config.interval': 1}
    run(
        *(sys.executable, 'tools/train.py', TEACHER, '--work-dir', str(work_dir)),
        *('--no-validate', '--seed', '0', '--data-root', str(kitti_data)),
        *('--cfg-options', *shrink.as_arguments(settings)),
        root=repo_root,
    )
    return work_dir


@pytest.fixture(scope='module')
def point_rcnn(kitti_data, tmp_path_factory) -> Path:
    """A run of PointRCNN, which has no voxels."""
    settings = {**shrink_point_rcnn.small_scene(), **shrink_point_rcnn.widths(4)}
    settings |= shrink.data(str(kitti_data))
    folder = tmp_path_factory.mktemp('point_rcnn')
    return write_run(folder, POINT_RCNN, settings, data_root=kitti_data)


@pytest.fixture(scope='module')
def nuscenes(nuscenes_root, nuscenes_data, tmp_path_factory) -> Path:
    """A run of PointPillars-FPN on points of five columns."""
    settings = {**shrink_nuscenes.small_scene(), **shrink_nuscenes.widths(4)}
    where = dict(data_root=nuscenes_root, infos=nuscenes_data)
    return write_run(tmp_path_factory.mktemp('nuscenes'), NUSCENES, settings, **where)


def table_of(folder: Path) -> list[list[str]]:
    """The cells of a table, without the line under its head."""
    head, _, *rows = (folder / 'table.md').read_text().splitlines()
    return [line.strip('| ').split(' | ') for line in (head, *rows)]


def test_table_and_pictures_are_made(repo_root, run_folder, tmp_path):
    runs = [f'one={run_folder}', f'two={run_folder}']
    where = ['--out', str(tmp_path), '--scene', '3', '--score', '0']
    printed = run(*TOOL, *runs, *where, root=repo_root)
    table = (tmp_path / 'table.md').read_text()
    assert table in printed
    header, _, first, second = table.splitlines()
    assert header.startswith('| model | params (M) | multiply-adds (G) | Pedestrian BEV |')
    assert first.startswith('| one |')
    # The same network twice: only names and speeds differ.
    assert first.split('|')[2:-2] == second.split('|')[2:-2]
    for name in ('scene.png', 'scenes.png', 'learning_curves.png'):
        assert min(Image.open(tmp_path / name).size) > 200
    page = (tmp_path / 'report.html').read_text()
    headings = 'Figures', 'Learning curves', 'Scenes', 'Errors', 'Precision over recall', 'Numbers'
    assert [page.count(f'<h2>{heading}</h2>') for heading in headings] == [1] * len(headings)
    assert page.count('data:image/png;base64,') == 5


def test_seven_runs_of_point_rcnn_are_all_drawn(repo_root, point_rcnn, tmp_path):
    runs = [f'run {i}={point_rcnn}' for i in range(7)]
    run(*TOOL, *runs, '--out', str(tmp_path), '--score', '0', root=repo_root)
    head, *rows = table_of(tmp_path)
    assert head[3:6] == ['Car BEV', 'Pedestrian BEV', 'Cyclist BEV']
    assert [row[0] for row in rows] == [f'run {i}' for i in range(7)]
    for color in ('tab:green', *distinct_colors(7)):
        assert pixels_of(tmp_path / 'scene.png', color) > 20, color


def test_a_run_on_nuscenes_has_its_figures_and_pictures(repo_root, nuscenes, tmp_path):
    run(*TOOL, f'fpn={nuscenes}', '--out', str(tmp_path), '--scene', '1', root=repo_root)
    head, row = table_of(tmp_path)
    assert head[3:-1] == ['mAP', 'NDS', 'mATE', 'mASE', 'mAOE', 'mAVE', 'mAAE']
    assert 0 <= float(row[3]) <= float(row[4]) < 1 and len(row) == len(head)
    width, height = Image.open(tmp_path / 'scene.png').size
    assert width == pytest.approx(height, rel=0.15)  # as far behind the car as ahead
    assert pixels_of(tmp_path / 'scene.png', 'tab:green') > 100


def test_frames_without_labels_are_measured_and_drawn(repo_root, kitti_data, run_folder, tmp_path):
    test_split = [f'data.test.ann_file={kitti_data}/kitti_infos_test.pkl']
    options = ['--cfg-options', *test_split, 'data.test.split=testing']
    out = run(*TOOL, f'a={run_folder}', '--out', str(tmp_path), *options, root=repo_root)
    assert 'kitti_infos_test.pkl has frames without ground truth' in out
    _, row = table_of(tmp_path)
    assert float(row[2]) > 0 and float(row[-1]) > 0 and set(row[3:-1]) == {'-'}
    assert pixels_of(tmp_path / 'scene.png', 'tab:green') == 0
    assert 'Errors' not in (tmp_path / 'report.html').read_text()


@pytest.fixture
def unfinished(run_folder, tmp_path) -> Path:
    """A run that has a config and nothing else."""
    folder = tmp_path / 'unfinished'
    folder.mkdir()
    (folder / 'config.py').write_text(next(run_folder.glob('*.py')).read_text())
    return folder


@pytest.mark.parametrize(
    'arguments, message',
    [
        (['a={empty}'], '{empty} holds 0 configs'),
        (['a={unfinished}'], '{unfinished} holds no latest.pth'),
        (['a={run}', '--scene', '6'], 'there is no scene 6'),
        (['a={run}', 'b={other}'], 'a on {infos} and b on'),
        (['a={run}', 'a={run}'], 'there is a run a already'),
        (['{run}'], 'expected NAME=WORK_DIR'),
        (['a={run}', '--data-root', 'nowhere'], 'nowhere is no folder'),
    ],
)
def test_what_cannot_be_compared_is_named_before_anything_is_measured(
    repo_root,
    kitti_data,
    run_folder,
    nuscenes,
    unfinished,
    tmp_path,
    monkeypatch,
    capsys,
    arguments,
    message,
):
    names = dict(empty=tmp_path, unfinished=unfinished, run=run_folder, other=nuscenes)
    names['infos'] = kitti_data / 'kitti_infos_trainval.pkl'
    given = [argument.format(**names) for argument in arguments]
    monkeypatch.setattr(sys, 'argv', ['compare_runs.py', *given, '--out', str(tmp_path / 'out')])
    with pytest.raises((SystemExit, OSError, LookupError, ValueError)) as caught:
        runpy.run_path(str(repo_root / TOOL[1]), run_name='__main__')
    printed = capsys.readouterr().err
    assert message.format(**names) in f'{caught.value}{printed}'
    assert not (tmp_path / 'out').exists() and 'frame/s' not in printed
