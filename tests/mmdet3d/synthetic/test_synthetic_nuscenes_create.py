import json

import pytest

from mmdet3d.synthetic import create_synthetic_kitti, create_synthetic_nuscenes
from mmdet3d.synthetic.manifest import MANIFEST

SMALL = dict(train=1, val=1, seed=11, samples=2, steps=120)
CLOUDS = 2 * 11


def contents(root):
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob('*'))
        if path.is_file()
    }


@pytest.fixture(scope='module')
def by_one(tmp_path_factory):
    root = tmp_path_factory.mktemp('one')
    assert create_synthetic_nuscenes(root, **SMALL, workers=1) == CLOUDS
    return root


def test_two_workers_write_the_same_bytes(by_one, tmp_path):
    create_synthetic_nuscenes(tmp_path / 'two', **SMALL, workers=2)
    assert contents(tmp_path / 'two') == contents(by_one)


def test_clouds_that_are_there_are_left_alone(by_one):
    times = {path: path.stat().st_mtime_ns for path in by_one.rglob('*.bin')}
    assert len(times) == CLOUDS
    assert create_synthetic_nuscenes(by_one, **SMALL, workers=1) == 0
    assert {path: path.stat().st_mtime_ns for path in by_one.rglob('*.bin')} == times


def test_what_is_missing_is_written_again_and_leftovers_removed(by_one, tmp_path):
    root = tmp_path / 'partial'
    for name, content in contents(by_one).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    cloud = min(root.glob('sweeps/LIDAR_TOP/*.bin'))
    cloud.unlink()
    max(root.glob('samples/LIDAR_TOP/*.bin')).unlink()
    (root / 'v1.0-mini/sample_annotation.json').unlink()
    (cloud.parent / f'.{cloud.name}.123.tmp').write_bytes(b'half')
    assert create_synthetic_nuscenes(root, **SMALL, workers=1) == 2
    assert contents(root) == contents(by_one)


def test_a_scene_does_not_depend_on_how_many_there_are(by_one, tmp_path):
    create_synthetic_nuscenes(tmp_path, **{**SMALL, 'train': 2}, workers=1)
    more = contents(tmp_path)
    clouds = {name: cloud for name, cloud in contents(by_one).items() if name.endswith('.bin')}
    assert len(clouds) == CLOUDS
    assert all(more[name] == cloud for name, cloud in clouds.items())
    assert len(set(more.values())) == len(more)


def test_another_seed_gives_other_scenes(by_one, tmp_path):
    create_synthetic_nuscenes(tmp_path, **{**SMALL, 'seed': 12}, workers=1)
    clouds = {content for name, content in contents(by_one).items() if name.endswith('.bin')}
    assert clouds.isdisjoint(contents(tmp_path).values())


def test_other_arguments_for_the_same_folder_are_refused(by_one):
    with pytest.raises(FileExistsError, match=r"holds a dataset of .*'seed': 11.*'seed': 12"):
        create_synthetic_nuscenes(by_one, **{**SMALL, 'seed': 12})
    with pytest.raises(FileExistsError, match=r"holds a dataset of .*'layout': 'nuscenes'"):
        create_synthetic_kitti(by_one, train=1, val=1, seed=11)


def test_manifest_tells_what_the_folder_holds(by_one):
    manifest = json.loads((by_one / MANIFEST).read_text())
    assert manifest == {**SMALL, 'layout': 'nuscenes', 'version': manifest['version']}


@pytest.mark.parametrize(
    ('name', 'value', 'expected'),
    [
        ('train', 0, 'from 1 to 8'),
        ('train', 9, 'from 1 to 8'),
        ('val', 3, 'from 1 to 2'),
        ('samples', 1, 'from 2 to 40'),
        ('samples', 41, 'from 2 to 40'),
        ('steps', 99, 'of 100 or more'),
        ('seed', -1, 'of 0 or more'),
        ('workers', 0, 'of 1 or more'),
    ],
)
def test_numbers_out_of_range_are_refused_before_anything_is_written(
    tmp_path, name, value, expected
):
    message = f'{name} is {value}, expected a whole number {expected}'
    with pytest.raises(ValueError, match=message):
        create_synthetic_nuscenes(tmp_path / 'new', **{**SMALL, name: value})
    assert not (tmp_path / 'new').exists()
