import io
import json
import pickle
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest

from mmdet3d.datasets.files import DataFormatError
from mmdet3d.datasets.kitti import create_kitti_data
from mmdet3d.datasets.point_files import read_points
from mmdet3d.on_cpu.points_in_boxes import points_in_boxes


def _load(path: Path):
    return pickle.loads(path.read_bytes())


def _contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob('*') if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope='session')
def created_sample(kitti_sample, tmp_path_factory):
    out_dir = tmp_path_factory.mktemp('kitti')
    before = {path: path.stat().st_mtime_ns for path in kitti_sample.rglob('*')}
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        create_kitti_data(kitti_sample, out_dir)
    # The raw data may be read-only: it is left as it was.
    assert {path: path.stat().st_mtime_ns for path in kitti_sample.rglob('*')} == before
    return out_dir


def _assert_same(ours, reference, where=''):
    if isinstance(reference, dict):
        assert list(ours) == list(reference), where
        for key in reference:
            _assert_same(ours[key], reference[key], f'{where}/{key}')
    else:
        ours = ours.tolist() if isinstance(ours, np.ndarray) else ours
        assert ours == reference, where


def test_info_of_a_real_frame_is_that_of_mmdetection3d(created_sample, reference_dir):
    infos = _load(created_sample / 'kitti_infos_train.pkl')
    (info,) = [info for info in infos if info['image']['image_idx'] == 8]
    _assert_same(info, json.loads((reference_dir / 'kitti_info_000008.json').read_text()))
    types = {key: value.dtype.name for key, value in info['annos'].items() if key != 'name'}
    whole = {'index', 'group_ids', 'difficulty', 'num_points_in_gt'}
    expected = {key: 'int32' if key in whole else 'float64' for key in types}
    assert types == {**expected, 'occluded': 'int64'}
    assert info['annos']['name'].dtype.kind == 'U'
    assert info['image']['image_shape'].dtype == np.int32
    assert {matrix.dtype.name for matrix in info['calib'].values()} == {'float64'}


def test_database_entry_of_a_real_object_is_that_of_mmdetection3d(created_sample, reference_dir):
    entry = _load(created_sample / 'kitti_dbinfos_train.pkl')['Pedestrian'][0]
    text = (reference_dir / 'kitti_dbinfos_example.json').read_text()
    reference = json.loads(text)['Pedestrian'][0]
    box, reference_box = entry['box3d_lidar'], np.float32(reference['box3d_lidar'])
    _assert_same({**entry, 'box3d_lidar': None}, {**reference, 'box3d_lidar': None})
    assert box.dtype == np.float32
    np.testing.assert_array_equal(box[1:], reference_box[1:])
    # The reference has x = 8.73, which frame 0's label and calibration do not give: 8.7314.
    np.testing.assert_allclose(box[0], 8.7314, atol=5e-5)
    np.testing.assert_allclose(box[0], reference_box[0], atol=2e-3)


def test_database_holds_the_objects_of_the_training_frames(created_sample):
    infos = _load(created_sample / 'kitti_infos_train.pkl')
    counts = {
        (info['image']['image_idx'], int(index)): int(count)
        for info in infos
        for index, count in zip(info['annos']['index'], info['annos']['num_points_in_gt'])
        if index >= 0
    }
    by_class = _load(created_sample / 'kitti_dbinfos_train.pkl')
    entries = [entry for entries in by_class.values() for entry in entries]
    assert 'DontCare' not in by_class
    assert {(e['image_idx'], e['gt_idx']): e['num_points_in_gt'] for e in entries} == counts
    assert sorted(entry['group_id'] for entry in entries) == list(range(len(entries)))
    assert len(entries) == len(list((created_sample / 'kitti_gt_database').iterdir()))


def test_points_of_an_object_lie_in_its_box_put_at_the_origin(created_sample):
    by_class = _load(created_sample / 'kitti_dbinfos_train.pkl')
    for entry in [entry for entries in by_class.values() for entry in entries]:
        points = read_points(created_sample / entry['path'])
        assert len(points) == entry['num_points_in_gt']
        box = entry['box3d_lidar'].copy()
        box[:3] = 0
        # Subtracting the centre in float32 may move a point on the border by 1e-5 m.
        box[2] -= 1e-4
        box[3:6] += 2e-4
        assert points_in_boxes(points, box[None]).all()


def test_reduced_cloud_is_the_part_in_view(created_sample, kitti_sample):
    for frame in ('training/{}/000000.bin', 'testing/{}/000003.bin'):
        raw = read_points(kitti_sample / frame.format('velodyne'))
        reduced = read_points(created_sample / frame.format('velodyne_reduced'))
        kept = (raw[:, None, :] == reduced[None, ::500]).all(axis=2)
        assert kept.any(axis=0).all()
        assert (reduced[:, 0] > 0).all()
        assert 0 < len(reduced) <= len(raw)


def test_splits_hold_their_frames(created_sample):
    ids = {
        split: [i['image']['image_idx'] for i in _load(created_sample / f'kitti_infos_{split}.pkl')]
        for split in ('train', 'val', 'trainval', 'test')
    }
    train = [0, 1, 6, 7, 8, 134]
    assert ids == {'train': train, 'val': [7, 8, 134], 'trainval': train, 'test': [3, 4, 5]}
    assert 'annos' not in _load(created_sample / 'kitti_infos_test.pkl')[0]


def test_made_up_frames(make_raw_kitti, tmp_path):
    summary = create_kitti_data(make_raw_kitti(), tmp_path / 'out', extra_tag='toy')
    info = _load(tmp_path / 'out/toy_infos_val.pkl')[0]
    assert info['point_cloud']['velodyne_path'] == 'training/velodyne/000002.bin'
    assert info['image']['image_shape'].tolist() == [360, 1200]
    assert info['annos']['num_points_in_gt'].tolist() == [-1, 30]
    assert info['annos']['index'].tolist() == [-1, 0]
    entries = _load(tmp_path / 'out/toy_dbinfos_train.pkl')['Car']
    paths = ['toy_gt_database/0_Car_0.bin', 'toy_gt_database/1_Car_0.bin']
    assert [entry['path'] for entry in entries] == paths
    np.testing.assert_allclose(
        entries[0]['box3d_lidar'], [10, 0, -1.5, 4, 1.6, 1.5, 0], rtol=1e-6, atol=1e-6
    )
    assert summary.frames == {'train': 2, 'val': 1, 'test': 1, 'trainval': 3}
    assert summary.objects == {'DontCare': 3, 'Car': 3}
    assert summary.database == {'Car': 2}
    assert summary.num_points == (4 * 120, 4 * 80)
    assert 'train 2, val 1, test 1, trainval 3' in str(summary)


def test_files_do_not_depend_on_the_run_or_on_the_number_of_workers(make_raw_kitti, tmp_path):
    root = make_raw_kitti(train=range(10), val=(10, 11))
    create_kitti_data(root, tmp_path / 'one', workers=1)
    first = _contents(tmp_path / 'one')
    assert len(first) == 13 + 10 + 5
    create_kitti_data(root, tmp_path / 'one', workers=1)
    assert _contents(tmp_path / 'one') == first
    create_kitti_data(root, tmp_path / 'two', workers=2)
    assert _contents(tmp_path / 'two') == first


def test_error_in_another_process_names_the_file(make_raw_kitti, tmp_path):
    root = make_raw_kitti()
    (root / 'training/velodyne/000001.bin').write_bytes(bytes(10))
    with pytest.raises(DataFormatError, match=r'velodyne/000001\.bin: 10 bytes'):
        create_kitti_data(root, tmp_path / 'out', workers=2)
    assert not list((tmp_path / 'out').glob('*.pkl'))


def test_dataset_can_be_converted_in_place(make_raw_kitti):
    root = make_raw_kitti()
    raw = _contents(root)
    create_kitti_data(root, root)
    assert raw.items() < _contents(root).items()
    assert (root / 'training/velodyne_reduced/000002.bin').is_file()


def test_frame_without_objects(make_raw_kitti, tmp_path):
    root = make_raw_kitti()
    (root / 'training/label_2/000000.txt').write_text('')
    create_kitti_data(root, tmp_path / 'out')
    annos = _load(tmp_path / 'out/kitti_infos_train.pkl')[0]['annos']
    shapes = {key: value.shape for key, value in annos.items()}
    assert shapes['bbox'] == (0, 4) and shapes['dimensions'] == shapes['location'] == (0, 3)
    assert annos['num_points_in_gt'].dtype == annos['difficulty'].dtype == np.int32
    assert all(shape[0] == 0 for shape in shapes.values())
    assert len(_load(tmp_path / 'out/kitti_dbinfos_train.pkl')['Car']) == 1


def test_an_empty_list_of_training_frames_is_refused_before_any_work(make_raw_kitti, tmp_path):
    with pytest.raises(DataFormatError, match=r'train\.txt lists no frame'):
        create_kitti_data(make_raw_kitti(train=()), tmp_path / 'out')
    assert not (tmp_path / 'out').exists()


def test_validation_and_test_lists_may_be_empty(make_raw_kitti, tmp_path):
    root = make_raw_kitti(val=(), test=())
    (root / 'testing').mkdir()
    with pytest.warns(UserWarning, match=r'val\.txt lists no frame.*--no-validate'):
        create_kitti_data(root, tmp_path / 'out')
    assert _load(tmp_path / 'out/kitti_infos_val.pkl') == []
    assert len(_load(tmp_path / 'out/kitti_infos_train.pkl')) == 2


def test_images_may_be_missing(make_raw_kitti, tmp_path):
    root = make_raw_kitti()
    shutil.rmtree(root / 'training/image_2')
    with pytest.warns(UserWarning, match='3 of 4 frames have no image') as caught:
        create_kitti_data(root, tmp_path / 'out')
    assert len(caught) == 1
    info = _load(tmp_path / 'out/kitti_infos_train.pkl')[0]
    assert info['image']['image_shape'].tolist() == [375, 1242]


def test_test_frames_may_be_missing(make_raw_kitti, tmp_path):
    root = make_raw_kitti()
    shutil.rmtree(root / 'testing')
    with pytest.warns(UserWarning, match='no infos are made for the test frames: .*testing'):
        create_kitti_data(root, tmp_path / 'out')
    names = {path.name for path in (tmp_path / 'out').glob('*.pkl')}
    splits = ('dbinfos_train', 'infos_train', 'infos_val', 'infos_trainval')
    assert names == {f'kitti_{split}.pkl' for split in splits}


@pytest.mark.parametrize(
    ('missing', 'message'),
    [
        ('ImageSets/val.txt', r"val\.txt: the list of frames .*'val' is missing.*train\.txt and"),
        ('training/velodyne/000002.bin', r'velodyne/000002\.bin: a point cloud is expected here'),
        ('training/calib/000000.txt', r'calib/000000\.txt: a calibration file is expected here'),
        ('training/label_2/000001.txt', r'label_2/000001\.txt: a label file is expected here'),
    ],
)
def test_missing_file_is_named(make_raw_kitti, tmp_path, missing, message):
    root = make_raw_kitti()
    (root / missing).unlink()
    with pytest.raises(FileNotFoundError, match=message):
        create_kitti_data(root, tmp_path / 'out')


def test_number_of_workers_must_be_positive(make_raw_kitti, tmp_path):
    with pytest.raises(ValueError, match=r'workers must be 1 or more.*got 0'):
        create_kitti_data(make_raw_kitti(), tmp_path / 'out', workers=0)


def test_pickles_name_nothing_that_other_numpy_versions_lack(make_raw_kitti, tmp_path):
    class PublicNames(pickle.Unpickler):
        def find_class(self, module, name):
            assert (module, name) in {('numpy', 'ndarray'), ('builtins', 'bytearray')}
            return super().find_class(module, name)

    create_kitti_data(make_raw_kitti(), tmp_path / 'out')
    pickles = sorted((tmp_path / 'out').glob('*.pkl'))
    assert len(pickles) == 5
    for path in pickles:
        PublicNames(io.BytesIO(path.read_bytes())).load()
    info = _load(tmp_path / 'out/kitti_infos_train.pkl')[0]
    # Pipelines change boxes in place.
    info['annos']['location'] += 1
    assert info['annos']['location'][1].tolist() == [1.0, 2.5, 11.0]
