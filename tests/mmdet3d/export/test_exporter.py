"""Exported models give what their detectors give."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from support import shrink_point_rcnn
from support.exported import FPN, SECOND, largest_difference, small

from mmdet3d.apis import inference_detector, init_model
from mmdet3d.export.detector import OnnxDetector
from mmdet3d.export.exporter import export_detector
from mmdet3d.export.settings import PILLARS
from mmdet3d.utils.config import load_config

# The most by which boxes, in metres and radians, and scores may differ.
TOLERANCE = 1e-4


@pytest.fixture(scope='module')
def model():
    return small()


@pytest.fixture(scope='module')
def one_graph(deployed):
    return deployed / 'model.onnx'


@pytest.fixture(scope='module')
def two_parts(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp('two')
    export_detector(model, folder, form='two', opset=17)
    return folder


@pytest.fixture(scope='module')
def clouds(kitti_sample):
    return [kitti_sample / 'training' / 'velodyne' / f'00000{i}.bin' for i in (6, 8)]


@pytest.mark.parametrize('form', ['one_graph', 'two_parts'])
def test_both_forms_find_what_the_detector_finds(model, clouds, form, request):
    assert largest_difference(model, request.getfixturevalue(form), clouds) < TOLERANCE


@pytest.mark.parametrize('count', [0, 1, 40])
def test_any_number_of_pillars_will_do(model, one_graph, two_parts, clouds, count):
    cloud = torch.from_numpy(np.fromfile(clouds[0], np.float32).reshape(-1, 4))
    pillars = [each[:count] for each in model.voxelize([cloud])]
    inputs = dict(zip(PILLARS, [each.numpy() for each in pillars]))
    with torch.no_grad():
        features = model.encode(*pillars, 1, last='head_outputs')
    encoder = onnxruntime.InferenceSession(two_parts / 'pillar_encoder.onnx')
    (found,) = encoder.run(None, inputs)
    expected = features['voxel_features'].numpy()
    assert found.shape == expected.shape and np.allclose(found, expected, atol=TOLERANCE)
    scores = onnxruntime.InferenceSession(one_graph).run(['scores'], inputs)[0].max(axis=1)
    # Which of the many empty cells are among the best is left open.
    best = features['head_outputs'].cls_scores[0].movedim(1, -1).reshape(-1, 3).amax(dim=1)
    assert np.allclose(np.sort(scores), best.sigmoid().sort().values[-100:], atol=TOLERANCE)


def test_the_opset_is_the_one_that_was_asked_for_and_pillars_are_free(one_graph, two_parts):
    content = onnx.load(one_graph)
    onnx.checker.check_model(content, full_check=True)
    assert [(each.domain, each.version) for each in content.opset_import] == [('', 18)]
    older = onnx.load(two_parts / 'backbone.onnx')
    assert [(each.domain, each.version) for each in older.opset_import] == [('', 17)]
    session = onnxruntime.InferenceSession(one_graph)
    inputs = {each.name: each.shape for each in session.get_inputs()}
    assert isinstance(inputs['voxels'][0], str) and inputs['voxels'][1:] == [32, 4]
    assert inputs['coors'][0] == inputs['num_points'][0] == inputs['voxels'][0]
    assert [each.name for each in session.get_outputs()] == ['boxes', 'scores', 'directions']


def test_a_model_says_what_it_is_and_nothing_of_the_machine_it_was_made_on(one_graph, repo_root):
    metadata = onnxruntime.InferenceSession(one_graph).get_modelmeta().custom_metadata_map
    assert json.loads(metadata['classes']) == ['Pedestrian', 'Cyclist', 'Car']
    assert json.loads(metadata['voxel_size']) == [0.32, 0.32, 4]
    assert json.loads(metadata['score_thr']) == 0.1
    assert json.loads(metadata['config']) == 'config.py'
    assert metadata['format_version'] == '1' and metadata['project_version']
    content = one_graph.read_bytes()
    assert str(repo_root).encode() not in content and b'.py:' not in content


def test_half_precision_finds_nearly_the_same(model, clouds, tmp_path):
    (path,) = export_detector(model, tmp_path / 'model.onnx', precision='fp16')
    kinds = {each.data_type for each in onnx.load(path).graph.initializer if each.dims}
    assert onnx.TensorProto.FLOAT16 in kinds
    found = np.sort(OnnxDetector(path).detect(clouds[1]).scores)
    expected = np.sort(inference_detector(model, clouds[1])[0][0]['scores_3d'].numpy())
    assert np.allclose(found[-5:], expected[-5:], atol=0.01)


def test_a_pyramid_of_nuscenes_is_exported_alike(nuscenes_sample, tmp_path):
    model = small(FPN)
    (path,) = export_detector(model, tmp_path / 'model.onnx')
    cloud = nuscenes_sample / 'LIDAR_TOP.pcd.bin'
    assert largest_difference(model, path, [cloud]) < TOLERANCE


def test_second_is_exported_from_the_map_on(kitti_sample, tmp_path):
    model = small(SECOND)
    with pytest.raises(ValueError, match=r'no sparse convolutions\. Export with --form two'):
        export_detector(model, tmp_path / 'model.onnx')
    backbone, decoder = export_detector(model, tmp_path, form='two')
    assert (backbone.name, decoder.name) == ('backbone.onnx', 'decoder.onnx')
    cloud = np.fromfile(kitti_sample / 'training/velodyne/000008.bin', np.float32).reshape(-1, 4)
    with torch.no_grad():
        voxels = model.voxelize([torch.from_numpy(cloud)])
        features = model.encode(*voxels, 1, last='head_outputs')
        space = model.middle_encoder(features['voxel_features'], voxels[2], 1)
    session = onnxruntime.InferenceSession(backbone)
    maps = session.run(None, {'spatial_features': space.numpy()})
    for found, expected in zip(maps, features['head_outputs'], strict=True):
        assert np.abs(found - expected[0].numpy()).max() < TOLERANCE
    with pytest.raises(ValueError, match='from the map on alone'):
        OnnxDetector(tmp_path)


def test_point_rcnn_is_refused_with_the_reason(tmp_path):
    name = 'configs/point_rcnn/point_rcnn_2x8_kitti-3d-3classes_student_16x.py'
    options = {**shrink_point_rcnn.small_scene(), **shrink_point_rcnn.widths(4)}
    model = init_model(load_config(name, options), device='cpu')
    with pytest.raises(ValueError, match='PointRCNN cannot be exported: it samples points'):
        export_detector(model, tmp_path / 'model.onnx')


def test_directions_that_differ_by_anchor_are_refused(tmp_path):
    model = small(FPN)
    model.bbox_head.direction_begins = [0.0, 1.57]
    with pytest.raises(ValueError, match=r'converted from those of before mmdetection3d v1\.0'):
        export_detector(model, tmp_path / 'model.onnx')


@pytest.mark.parametrize(
    'option, said',
    [
        ({'opset': 9}, 'opset=9: allowed are 17, 18'),
        ({'opset': 99}, 'opset=99: allowed are'),
        ({'form': 'three'}, 'form=three: allowed are one, two'),
        ({'precision': 'bf16'}, 'precision=bf16: allowed are fp32, fp16'),
    ],
)
def test_unknown_options_are_refused(model, tmp_path, option, said):
    with pytest.raises(ValueError, match=said):
        export_detector(model, tmp_path / 'model.onnx', **option)
    assert not list(tmp_path.iterdir())
