"""Labelling by the real tool: killed and started again, and what it says at its end."""

import re
import signal
import sys

import pytest
from support.teachers import copy_kitti, kitti_teacher, read
from support.tooling import call, call_here, run

TOOL = 'tools/label_with_teacher.py'
# Killed when the first two of four frames are kept.
KILLED = """
import os, runpy, signal, sys
from mmdet3d.apis import label, label_parts
label.CHUNK = 2
add = label_parts.Parts.add
def add_and_die(self, found):
    add(self, found)
    if len(self.frames) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
label_parts.Parts.add = add_and_die
sys.argv = sys.argv[1:]
sys.path.insert(0, 'tools')
runpy.run_path(sys.argv[0], run_name='__main__')
"""


def test_a_killed_run_goes_on_and_writes_the_same_bytes(repo_root, arguments, tmp_path):
    tool = [TOOL, *arguments]
    outs = [tmp_path / kind / 'kitti_infos_t.pkl' for kind in ('whole', 'killed')]
    place = {'PYTHONPATH': str(repo_root)}
    printed = run(sys.executable, *tool, '--out', str(outs[0]), root=repo_root)
    assert re.search(r'label: .* 4/4 .*objects=\d', printed)
    killed = [sys.executable, '-c', KILLED, *tool, '--out', str(outs[1])]
    assert call(*killed, root=repo_root, **place).returncode == -signal.SIGKILL
    assert not outs[1].exists()
    assert len(list((outs[1].parent / 'kitti_infos_t.pkl.parts').glob('0*.pkl'))) == 1
    printed = run(sys.executable, *tool, '--out', str(outs[1]), root=repo_root)
    assert ' 2/4 ' in printed
    files = [sorted(p for p in each.parent.rglob('*') if p.is_file()) for each in outs]
    assert [p.name for p in files[0]] == [p.name for p in files[1]] and len(files[0]) > 3
    for one, other in zip(*files):
        assert one.read_bytes() == other.read_bytes(), one


@pytest.fixture(scope='module')
def teacher(tmp_path_factory):
    return kitti_teacher(tmp_path_factory.mktemp('teacher'))


@pytest.fixture
def data(kitti_data, tmp_path):
    return copy_kitti(kitti_data, tmp_path / 'data')


@pytest.fixture
def arguments(teacher, data):
    """All but the place to write to."""
    named = [str(next(teacher.glob('*.py'))), str(teacher / 'latest.pth'), '--data', str(data)]
    limits = ['--score-thr', '0.5', '--ignore-thr', '0.45']
    return [*named, '--frames', str(data / 'four.pkl'), *limits]


def test_it_ends_with_one_line_on_the_frames_that_failed(arguments, data, tmp_path, capfd):
    frame = read(data / 'four.pkl')[1]['image']['image_idx']
    (data / 'training' / 'velodyne_reduced' / f'{frame:06d}.bin').unlink()
    out = tmp_path / 'labels.pkl'
    assert call_here(TOOL, *arguments, '--out', out) == 1
    printed = capfd.readouterr()
    assert 'Labelled 3 frames, 0 of them without objects:' in printed.out
    for path in (out, out.with_suffix('.json'), tmp_path / 'labels_dbinfos.pkl'):
        assert str(path) in printed.out and path.is_file()
    assert re.search(rf'[\r\n]warning: frame {frame:06d} is not labelled: .*exist', printed.err)
    (last,) = re.findall(r'^error: .*', printed.err, re.M)
    assert last.startswith(f'error: 1 of 4 frames are not labelled, the first {frame:06d} (')
    assert f'the others are in {out}, and the same command tries again those that are not' in last


@pytest.mark.parametrize(
    'wrong, status, message',
    [
        (['--score-thr', 'Car=0.5', 'Bus=0.5'], 1, "--score-thr names 'Bus': allowed are"),
        (
            ['--ignore-thr', '0.7'],
            1,
            '--ignore-thr of Pedestrian is 0.7, above its --score-thr 0.5',
        ),
        (['--score', '0.7'], 2, 'there is no --score'),
        (['--frames', 'none.pkl'], 1, 'KittiDataset: annotation file none.pkl does not exist'),
        (['--data', 'nowhere'], 1, 'nowhere is no folder'),
    ],
)
def test_mistakes_are_one_line_and_write_nothing(
    arguments, tmp_path, capfd, wrong, status, message
):
    out = tmp_path / 'out' / 'labels.pkl'
    assert call_here(TOOL, *arguments, '--out', out, *wrong) == status
    assert re.findall(r'^error: .*', capfd.readouterr().err, re.M)[0].startswith(
        f'error: {message}'
    )
    assert not list(out.parent.glob('*'))


def test_config_and_checkpoint_in_the_wrong_order_are_told_apart(arguments, tmp_path, capfd):
    turned = [arguments[1], arguments[0], *arguments[2:], '--out', tmp_path / 'labels.pkl']
    assert call_here(TOOL, *turned) == 2
    assert 'is no checkpoint: the config comes first' in capfd.readouterr().err
