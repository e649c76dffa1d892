"""Detectors exported and run by the real tools."""

import json
import subprocess
import sys

import numpy as np
import onnx
import pytest
from support.exported import small
from support.tooling import call_here

from mmdet3d.apis import inference_detector

EXPORT, RUN = 'tools/deployment/export_onnx.py', 'tools/deployment/run_onnx.py'
# Runs a tool where the packages of networks cannot be imported, as if they were not installed.
WITHOUT_NETWORKS = """
import runpy, sys
sys.modules.update(dict.fromkeys(('torch', 'mmcv', 'mmdet', 'spconv', 'onnx')))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')
"""


@pytest.fixture(scope='module')
def frame(kitti_sample):
    return kitti_sample / 'training' / 'velodyne' / '000008.bin'


def test_a_model_runs_where_there_is_no_torch(deployed, frame, tmp_path, repo_root):
    command = [sys.executable, '-c', WITHOUT_NETWORKS, RUN, deployed / 'model.onnx', frame]
    done = subprocess.run(
        [*command, '--out', tmp_path, '--score-thr', '0.2'],
        cwd=repo_root,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and done.stderr == '', done.stderr
    found = json.loads((tmp_path / '000008.json').read_text())
    assert done.stdout == f'{tmp_path / "000008.json"}: {len(found)} detections\n'
    (expected,), _ = inference_detector(small(), frame)
    scores = sorted((s for s in expected['scores_3d'].tolist() if s >= 0.2), reverse=True)
    assert len(scores) > 5
    assert np.allclose([each['score'] for each in found], scores, atol=1e-4)
    boxes = expected['boxes_3d'].tensor[expected['scores_3d'].argsort(descending=True)]
    assert np.allclose([each['box'] for each in found], boxes[: len(found)], atol=1e-4)
    assert {each['class'] for each in found} <= {'Pedestrian', 'Cyclist', 'Car'}


def test_what_is_not_installed_is_named_with_the_command(deployed, frame, tmp_path, repo_root):
    code = WITHOUT_NETWORKS.replace("'onnx'", "'onnxruntime'")
    command = [sys.executable, '-c', code, RUN, deployed / 'model.onnx', frame, '--out', tmp_path]
    done = subprocess.run(command, cwd=repo_root, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.count('\n') == 1
    assert 'onnxruntime is not installed' in done.stderr
    assert 'pip install -r requirements-export.txt' in done.stderr


def test_folders_of_clouds_are_taken_in_every_format(deployed, frame, tmp_path, capsys):
    clouds = tmp_path / 'clouds'
    clouds.mkdir()
    points = np.fromfile(frame, np.float32).reshape(-1, 4)
    points.tofile(clouds / 'first.bin')
    np.save(clouds / 'second.npy', points)
    (clouds / 'notes.txt').write_text('no cloud')
    out = tmp_path / 'out'
    assert call_here(RUN, deployed / 'model.onnx', clouds, '--out', out, '--threads', 1) == 0
    first, second = sorted(out.iterdir())
    assert (first.name, second.name) == ('first.json', 'second.json')
    assert first.read_text() == second.read_text()
    assert capsys.readouterr().out.count('detections\n') == 2


def write_foreign(path, deployed):
    value = onnx.helper.make_tensor_value_info('x', onnx.TensorProto.FLOAT, [1])
    node = onnx.helper.make_node('Identity', ['x'], ['y'])
    output = onnx.helper.make_tensor_value_info('y', onnx.TensorProto.FLOAT, [1])
    graph = onnx.helper.make_graph([node], 'other', [value], [output])
    opset = onnx.helper.make_opsetid('', 18)
    onnx.save(onnx.helper.make_model(graph, opset_imports=[opset], ir_version=10), path)


def with_metadata(key, value):
    def write(path, deployed):
        content = onnx.load(deployed / 'model.onnx')
        for each in content.metadata_props:
            if each.key == key:
                each.value = value
        onnx.save(content, path)

    return write


def write_cut(path, deployed):
    path.write_bytes((deployed / 'model.onnx').read_bytes()[:5000])


@pytest.mark.parametrize(
    'write, said',
    [
        (write_foreign, 'is no model of this project'),
        (with_metadata('format_version', '2'), 'has export format version 2, written by version'),
        (with_metadata('classes', '["Car'), 'is damaged'),
        (with_metadata('part', '"encoder"'), 'is a part of a detector, encoder: give the folder'),
        (write_cut, 'cannot be opened as an ONNX model'),
        (lambda path, deployed: None, 'does not exist'),
    ],
)
def test_models_that_are_none_of_this_project_end_in_one_line(
    deployed, frame, tmp_path, capfd, write, said
):
    path = tmp_path / 'model.onnx'
    write(path, deployed)
    assert call_here(RUN, path, frame, '--out', tmp_path / 'out') == 1
    error = capfd.readouterr().err
    assert error.startswith('error: ') and error.count('\n') == 1
    assert str(path) in error and said in error


@pytest.mark.parametrize(
    'name, points, said',
    [
        ('cloud.bin', np.zeros((0, 4)), 'holds no points'),
        ('cloud.npy', np.zeros((0, 4)), 'holds no points'),
        ('cloud.npy', np.ones((9, 5)), '5 columns; expected (N, 4)'),
        ('cloud.bin', np.ones((9, 5)), '180 bytes is not a multiple of 16 bytes'),
        ('cloud.txt', np.ones((9, 4)), "has the suffix '.txt'"),
    ],
)
def test_clouds_that_are_none_end_in_one_line(deployed, tmp_path, capfd, name, points, said):
    path = tmp_path / name
    points = points.astype(np.float32)
    (np.save if path.suffix == '.npy' else lambda where, what: what.tofile(where))(path, points)
    assert call_here(RUN, deployed / 'model.onnx', path, '--out', tmp_path / 'out') == 1
    error = capfd.readouterr().err
    assert error.startswith('error: ') and error.count('\n') == 1
    assert str(path) in error and said in error


def test_two_clouds_of_one_name_do_not_overwrite_each_other(deployed, frame, tmp_path, capfd):
    other = tmp_path / frame.name
    other.write_bytes(frame.read_bytes())
    assert call_here(RUN, deployed / 'model.onnx', frame, other, '--out', tmp_path) == 1
    assert 'would both be written to' in capfd.readouterr().err


@pytest.mark.parametrize(
    'arguments, said',
    [
        (['--opset', '9'], '--opset=9: allowed are 17, 18'),
        (['--opset', 'new'], "invalid int value: 'new'"),
        (['--form', 'both'], '--form=both: allowed are one, two'),
        (['--precision', 'int4'], '--precision=int4: allowed are fp32, fp16'),
    ],
)
def test_options_that_there_are_not_end_in_one_line(deployed, tmp_path, capfd, arguments, said):
    files = deployed / 'config.py', deployed / 'weights.pth'
    assert call_here(EXPORT, *files, '--out', tmp_path / 'model.onnx', *arguments) == 2
    error = capfd.readouterr().err
    assert error.count('\n') == 1 and said in error


def test_a_checkpoint_that_is_cut_short_is_named(deployed, tmp_path, capfd):
    cut = tmp_path / 'cut.pth'
    cut.write_bytes((deployed / 'weights.pth').read_bytes()[:-2000])
    out = tmp_path / 'model.onnx'
    assert call_here(EXPORT, deployed / 'config.py', cut, '--out', out) == 1
    *_, error = capfd.readouterr().err.splitlines()
    assert error.startswith('error: ') and str(cut) in error
    assert not out.exists()
