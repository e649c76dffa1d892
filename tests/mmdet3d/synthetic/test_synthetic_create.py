import json

import pytest

from mmdet3d.synthetic import create_synthetic_kitti
from mmdet3d.synthetic.manifest import MANIFEST

SMALL = dict(train=3, val=1, test=1, seed=11)


def contents(root):
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob('*'))
        if path.is_file()
    }


@pytest.fixture(scope='module')
def by_one(tmp_path_factory):
    root = tmp_path_factory.mktemp('one')
    assert create_synthetic_kitti(root, **SMALL, workers=1) == 5
    return root


def test_two_workers_write_the_same_bytes(by_one, tmp_path):
    create_synthetic_kitti(tmp_path / 'two', **SMALL, workers=2)
    assert contents(tmp_path / 'two') == contents(by_one)


def test_a_complete_dataset_is_left_alone(by_one):
    times = {path: path.stat().st_mtime_ns for path in by_one.rglob('*')}
    assert create_synthetic_kitti(by_one, **SMALL) == 0
    assert {path: path.stat().st_mtime_ns for path in by_one.rglob('*')} == times


def test_missing_files_are_written_again_and_leftovers_removed(by_one, tmp_path):
    root = tmp_path / 'partial'
    for name, content in contents(by_one).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    (root / 'training/label_2/000001.txt').unlink()
    (root / 'testing/velodyne/000000.bin').unlink()
    (root / 'ImageSets/val.txt').unlink()
    (root / 'training/velodyne/.000001.bin.123.tmp').write_bytes(b'half')
    (root / 'ImageSets/.val.txt.123.tmp').write_bytes(b'half')
    assert create_synthetic_kitti(root, **SMALL, workers=1) == 2
    assert contents(root) == contents(by_one)


def test_frames_do_not_depend_on_how_many_there_are(by_one, tmp_path):
    create_synthetic_kitti(tmp_path, train=1, val=1, test=0, seed=SMALL['seed'], workers=1)
    for kind in ('velodyne', 'label_2', 'calib', 'image_2'):
        (first,) = (by_one / 'training' / kind).glob('000001.*')
        assert (tmp_path / 'training' / kind / first.name).read_bytes() == first.read_bytes()


def test_another_seed_gives_other_scenes_and_test_frames_are_not_training_frames(by_one, tmp_path):
    create_synthetic_kitti(tmp_path, train=1, val=1, test=0, seed=12, workers=1)
    cloud = (by_one / 'training/velodyne/000000.bin').read_bytes()
    assert (tmp_path / 'training/velodyne/000000.bin').read_bytes() != cloud
    assert (by_one / 'testing/velodyne/000000.bin').read_bytes() != cloud


def test_other_arguments_for_the_same_folder_are_refused(by_one):
    with pytest.raises(FileExistsError, match=r"holds a dataset of .*'seed': 11.*'seed': 12"):
        create_synthetic_kitti(by_one, **{**SMALL, 'seed': 12})


def test_a_foreign_folder_is_refused_and_not_touched(tmp_path):
    (tmp_path / 'mine.txt').write_text('precious')
    with pytest.raises(FileExistsError, match=f'not empty and has no {MANIFEST}'):
        create_synthetic_kitti(tmp_path, **SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ['mine.txt']


def test_a_damaged_manifest_is_named(tmp_path):
    (tmp_path / MANIFEST).write_text('{')
    with pytest.raises(FileExistsError, match=f'{MANIFEST} is damaged'):
        create_synthetic_kitti(tmp_path, **SMALL)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(NotADirectoryError, match='is a file'):
        create_synthetic_kitti(tmp_path / 'file', **SMALL)
    with pytest.raises(OSError, match='cannot be written'):
        create_synthetic_kitti(tmp_path / 'file/below', **SMALL)


@pytest.mark.parametrize(
    ('name', 'value', 'least'),
    [('train', 0, 1), ('train', -3, 1), ('val', -1, 1), ('test', -1, 0), ('seed', -1, 0)]
    + [('workers', 0, 1), ('workers', -2, 1)],
)
def test_numbers_out_of_range_are_refused_before_anything_is_written(tmp_path, name, value, least):
    with pytest.raises(ValueError, match=f'{name} is {value}, expected a whole number of {least}'):
        create_synthetic_kitti(tmp_path / 'new', **{**SMALL, name: value})
    assert not (tmp_path / 'new').exists()


def test_manifest_tells_what_the_folder_holds(by_one):
    manifest = json.loads((by_one / MANIFEST).read_text())
    assert manifest == {**SMALL, 'version': manifest['version']}
