"""Info files and databases of other programs, and files that are neither, end in one line."""

import json
import pickle
import zipfile

import numpy as np
import pytest

from mmdet3d.datasets import Custom3DDataset, DataBaseSampler, KittiDataset, NuScenesDataset
from mmdet3d.datasets.files import DataFormatError

NEWER = {'metainfo': {'classes': ['Car']}, 'data_list': [{'lidar_points': {}, 'instances': []}]}
ENTRY = {'name': 'Car', 'path': 'a.bin', 'box3d_lidar': np.zeros(7), 'group_id': 0}
DATABASE = {'Car': [ENTRY], 'Van': []}
OF_NUSCENES = {'infos': [], 'metadata': {'version': 'v1.0-mini'}}
OPENPCDET_NUSCENES = [{'lidar_path': 'a.bin', 'token': 'b', 'gt_boxes': np.zeros((0, 9))}]
OPENPCDET_ENTRY = {key: value for key, value in ENTRY.items() if key != 'group_id'}


def build(kind, path):
    if kind == 'kitti':
        return KittiDataset(str(path.parent), str(path), 'training')
    if kind == 'nuscenes':
        return NuScenesDataset(str(path))
    if kind == 'custom':
        return Custom3DDataset(str(path.parent), str(path), classes=['Car'])
    return DataBaseSampler(str(path), str(path.parent), 1.0, {}, {'Car': 1}, classes=['Car'])


def refusal(kind, path):
    with pytest.raises(DataFormatError) as caught:
        build(kind, path)
    message = str(caught.value)
    assert path.name in message and '\n' not in message
    return message


KINDS = ['kitti', 'nuscenes', 'custom', 'database']


@pytest.fixture
def written(tmp_path):
    def write(content, protocol=4):
        (tmp_path / 'infos.pkl').write_bytes(pickle.dumps(content, protocol))
        return tmp_path / 'infos.pkl'

    return write


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize(
    ('content', 'words'),
    [
        (NEWER, 'mmdetection3d v1.1 or later'),
        ([None, None], 'None'),
        ([[1, 2]], 'list'),
        (np.zeros(3), 'a ndarray'),
        (None, 'None'),
        ('infos', 'a str'),
    ],
)
def test_a_foreign_content_is_named(written, kind, content, words):
    message = refusal(kind, written(content))
    assert words in message
    assert kind == 'custom' or 'create_data.py' in message


@pytest.mark.parametrize(
    ('kind', 'content', 'words'),
    [
        ('kitti', DATABASE, 'this is a ground-truth database'),
        ('nuscenes', DATABASE, 'this is a ground-truth database'),
        ('custom', DATABASE, 'this is a ground-truth database'),
        ('kitti', OF_NUSCENES, 'this is an info file of nuScenes'),
        ('custom', OF_NUSCENES, 'this is an info file of nuScenes'),
        ('database', OF_NUSCENES, 'this is an info file of nuScenes'),
        ('nuscenes', OPENPCDET_NUSCENES, 'nuScenes, as OpenPCDet writes it'),
        ('kitti', [{'pts_path': 'a.bin', 'sample_idx': 0}], 'for Custom3DDataset'),
        ('custom', [{'image': {}, 'calib': {}}], 'frames of KITTI'),
        ('database', [{'image': {}, 'calib': {}}], 'frames of KITTI'),
        ('database', {'Car': [{**OPENPCDET_ENTRY, 'bbox': [0]}]}, 'database of OpenPCDet'),
        ('database', {'Car': [{'box3d_lidar': np.zeros(7)}]}, "no ['name', 'path']"),
        ('database', {'Car': [{**ENTRY, 'box3d_lidar': np.zeros((1, 7))}]}, 'shape (1, 7)'),
        ('database', {'Car': [{**ENTRY, 'box3d_lidar': ['a'] * 7}]}, 'is no array of numbers'),
    ],
)
def test_files_of_another_purpose_are_told_apart(written, kind, content, words):
    assert words in refusal(kind, written(content))


@pytest.mark.parametrize('kind', ['kitti', 'nuscenes', 'custom'])
def test_a_file_without_frames_is_refused(written, kind):
    content = OF_NUSCENES if kind == 'nuscenes' else []
    assert 'lists no frame' in refusal(kind, written(content))


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize(
    ('content', 'words'),
    [
        (b'', 'it is empty'),
        (json.dumps([{'sample_idx': 0}]).encode(), 'it is JSON text'),
        (b'\n{"infos": []}', 'it is JSON text'),
        (b'cno_such_package.frame\nDataFrame\n.', 'no_such_package.frame.DataFrame'),
        (b'cnumpy\nno_such_function\n.', 'numpy.no_such_function'),
        (b'\x80\x02U\x03\xe4\xf6\xfcq\x00.', 'Python 2'),
        (b'\x80\x04\x95\x10', 'broken off'),
        (b'garbage', 'no pickle'),
        (b'\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f', 'no complete pickle'),
        (b'R.', 'no complete pickle'),
    ],
)
def test_what_cannot_be_unpickled_is_named(tmp_path, kind, content, words):
    (tmp_path / 'infos.pkl').write_bytes(content)
    assert words in refusal(kind, tmp_path / 'infos.pkl')


def test_a_checkpoint_is_no_info_file(tmp_path):
    with zipfile.ZipFile(tmp_path / 'latest.pth', 'w') as archive:
        archive.writestr('data.pkl', b'')
    assert 'a zip archive, as checkpoints are' in refusal('kitti', tmp_path / 'latest.pth')


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'gt_bboxes_3d': np.zeros((2, 8))}, r'frame 1 \(b\): gt_bboxes_3d has the shape \(2, 8\)'),
        ({'gt_bboxes_3d': np.ones(7)}, r'frame 1 \(b\): gt_bboxes_3d has the shape \(7,\)'),
        ({'gt_bboxes_3d': [[1] * 7, [1] * 6]}, r'frame 1 \(b\): gt_bboxes_3d is no array'),
        ({'gt_names': None}, r'frame 1 \(b\): gt_names is no array of text \(it is None\)'),
        ({'gt_names': ['Car']}, r"frame 1 \(b\): the arrays .*'gt_bboxes_3d': 2, 'gt_names': 1"),
    ],
)
def test_malformed_objects_of_a_custom_frame_are_named(written, change, message):
    annos = {'gt_bboxes_3d': np.ones((2, 7)), 'gt_names': ['Car', 'Car']}
    frames = [{'sample_idx': name, 'pts_path': 'a.bin', 'annos': dict(annos)} for name in 'abc']
    frames[1]['annos'].update(change)
    path = written(frames)
    with pytest.raises(DataFormatError, match=message):
        build('custom', path)


@pytest.mark.parametrize('key', ['sample_idx', 'pts_path', 'gt_names', 'annos'])
def test_a_custom_frame_without_what_training_reads_is_named(written, key):
    annos = {'gt_bboxes_3d': np.ones((2, 7)), 'gt_names': ['Car', 'Car']}
    frames = [{'sample_idx': 0, 'pts_path': 'a.bin', 'annos': dict(annos)} for _ in range(2)]
    (frames[1]['annos'] if key in annos else frames[1]).pop(key)
    message = refusal('custom', written(frames))
    assert 'frame 1' in message and key in message


def test_frames_without_labels_can_be_tested(written):
    path = written([{'sample_idx': 0, 'pts_path': 'a.bin', 'annos': None}])
    assert len(Custom3DDataset(str(path.parent), str(path), classes=['Car'], test_mode=True)) == 1
    assert '1 of 1 frames have no' in refusal('custom', path)


@pytest.mark.parametrize('frame', [{'annos': {'trees': 3}}, {'objects': []}])
def test_a_derived_data_set_may_have_frames_of_its_own(written, frame):
    class Yard(Custom3DDataset):
        def get_data_info(self, index):
            return self.data_infos[index]

        def get_ann_info(self, index):
            return {}

    path = written([{'cloud': 'a.bin', **frame}])
    assert len(Yard(str(path.parent), str(path), classes=['Car'])) == 1
