"""Detectors in 8-bit integers find nearly what they find in float32."""

import numpy as np
import onnx
import pytest
from support.tooling import call_here

from mmdet3d.export.detector import OnnxDetector
from mmdet3d.export.quantize import quantize

TOOL = 'tools/deployment/quantize_onnx.py'


@pytest.fixture(scope='module')
def clouds(kitti_sample):
    return sorted((kitti_sample / 'training' / 'velodyne').glob('*.bin'))[:3]


@pytest.fixture(scope='module')
def quantised(deployed, clouds, tmp_path_factory):
    return quantize(deployed / 'model.onnx', clouds, tmp_path_factory.mktemp('int8') / 'int8.onnx')


def best_scores(path, cloud):
    return np.sort(OnnxDetector(path, threads=1).detect(cloud).scores)[-5:]


def in_integers(path):
    """Convolutions that are given their input from integers."""
    nodes = onnx.load(path).graph.node
    integers = {each.output[0] for each in nodes if each.op_type == 'DequantizeLinear'}
    layers = [each for each in nodes if each.op_type in ('Conv', 'ConvTranspose')]
    return [each.input[0] in integers for each in layers]


def test_integers_find_nearly_the_same(deployed, quantised, clouds):
    settings = OnnxDetector(quantised).settings
    assert settings.precision == 'int8' and settings.classes == ['Pedestrian', 'Cyclist', 'Car']
    for cloud in clouds:
        expected = best_scores(deployed / 'model.onnx', cloud)
        assert len(expected) == 5
        assert np.allclose(best_scores(quantised, cloud), expected, atol=0.05)


def test_the_first_and_the_last_layers_are_integers_only_where_it_is_asked_for(
    deployed, quantised, clouds, tmp_path
):
    inner, last = in_integers(quantised)[1:-3], in_integers(quantised)[-3:]
    assert inner and all(inner) and not any(last) and not in_integers(quantised)[0]
    every = quantize(deployed / 'model.onnx', clouds, tmp_path / 'every.onnx', ends=True)
    assert all(in_integers(every))


def test_the_tool_takes_folders_and_says_nothing_but_the_file(deployed, clouds, tmp_path, capfd):
    out = tmp_path / 'int8.onnx'
    options = ['--out', out, '--frames', 2]
    assert call_here(TOOL, deployed / 'model.onnx', clouds[0].parent, *options) == 0
    captured = capfd.readouterr()
    assert captured.out == f'{out}\n' and captured.err == ''
    assert OnnxDetector(out).settings.precision == 'int8'


@pytest.mark.parametrize(
    'model, given, options, said',
    [
        ('model.onnx', [], {}, 'no cloud was given to calibrate with'),
        ('model.onnx', ['cloud'], {'calibration': 'best'}, 'calibration=best: allowed are minmax'),
        ('.', ['cloud'], {}, 'is a detector in two parts'),
        ('nowhere.onnx', ['cloud'], {}, 'does not exist'),
    ],
)
def test_what_cannot_be_quantised_is_refused(deployed, tmp_path, model, given, options, said):
    with pytest.raises((ValueError, FileNotFoundError), match=said):
        quantize(deployed / model, given, tmp_path / 'int8.onnx', **options)


def test_integers_are_not_quantised_again(quantised, clouds, tmp_path):
    with pytest.raises(ValueError, match='has precision int8: quantise one of fp32'):
        quantize(quantised, clouds, tmp_path / 'again.onnx')
