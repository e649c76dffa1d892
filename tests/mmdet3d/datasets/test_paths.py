import os

import numpy as np
import pytest

from mmdet3d.datasets import Custom3DDataset
from mmdet3d.datasets.files import DataFormatError, dump_pickle
from mmdet3d.datasets.paths import below, locate, locate_from_here
from mmdet3d.datasets.pipelines.dbsampler import DataBaseSampler


@pytest.fixture
def root(tmp_path):
    """A data set's folder, with a file in it and another beside it."""
    folder = tmp_path / 'data'
    (folder / 'samples' / 'LIDAR_TOP').mkdir(parents=True)
    (folder / 'samples' / 'LIDAR_TOP' / '0.bin').write_bytes(b'')
    (tmp_path / 'secret.bin').write_bytes(b'')
    return folder


ESCAPES = ['../secret.bin', 'samples/../../secret.bin', './../data/../secret.bin', '..\\secret.bin']


@pytest.mark.parametrize('path', ESCAPES)
@pytest.mark.parametrize('find', [below, locate])
def test_relative_path_that_leaves_the_folder_is_refused(root, path, find):
    with pytest.raises(DataFormatError, match=r'infos\.pkl names .*secret\.bin.*absolute_paths'):
        find(path, str(root), 'infos.pkl')


def test_path_may_go_up_and_down_inside_the_folder(root):
    path = 'samples/../samples/LIDAR_TOP/0.bin'
    assert os.path.isfile(below(path, str(root), 'infos.pkl'))
    assert os.path.isfile(locate(path, str(root), 'infos.pkl'))


def test_absolute_path_has_to_be_below_the_folder_unless_it_is_allowed(root):
    inside, outside = root / 'samples' / 'LIDAR_TOP' / '0.bin', root.parent / 'secret.bin'
    assert locate(str(inside), str(root), 'infos.pkl') == str(inside)
    assert locate(str(outside), str(root), 'infos.pkl', absolute=True) == str(outside)
    with pytest.raises(DataFormatError, match='absolute_paths=True'):
        locate(str(outside), str(root), 'infos.pkl')
    with pytest.raises(DataFormatError, match='absolute_paths=True'):
        locate(f'{root}/../secret.bin', str(root), 'infos.pkl')


def test_folder_of_a_name_that_begins_alike_is_another(root):
    twin = root.parent / 'data2'
    twin.mkdir()
    (twin / '0.bin').write_bytes(b'')
    with pytest.raises(DataFormatError, match='data2'):
        locate(str(twin / '0.bin'), str(root), 'infos.pkl')


def test_link_inside_the_folder_is_followed(root):
    (root / 'linked.bin').symlink_to(root.parent / 'secret.bin')
    assert os.path.isfile(locate('linked.bin', str(root), 'infos.pkl'))


@pytest.mark.parametrize('folder', ['C:/data', r'D:\kitti', '/mnt'])
def test_absolute_path_of_another_machine_stands_for_the_file_below_the_folder(root, folder):
    path = f'{folder}/samples/LIDAR_TOP/0.bin'
    assert os.path.isfile(locate(path, str(root), 'infos.pkl'))


def test_path_from_the_current_folder_is_taken_where_it_is_below_the_data(root, monkeypatch):
    monkeypatch.chdir(root.parent)
    path = './data/samples/LIDAR_TOP/0.bin'
    assert os.path.isfile(locate_from_here(path, 'data', 3, 'infos.pkl'))
    assert os.path.isfile(locate_from_here(path.replace('data', 'moved'), 'data', 3, 'infos.pkl'))
    assert not os.path.isfile(locate_from_here('./data/none/0.bin', 'data', 3, 'infos.pkl'))


@pytest.mark.parametrize('path', ['secret.bin', 'data/../secret.bin', './a/../secret.bin'])
def test_path_from_the_current_folder_must_not_lead_elsewhere(root, monkeypatch, path):
    monkeypatch.chdir(root.parent)
    with pytest.raises(DataFormatError, match='absolute_paths=True'):
        locate_from_here(path, 'data', 3, 'infos.pkl')
    assert os.path.isfile(locate_from_here(path, 'data', 3, 'infos.pkl', absolute=True))


def test_data_set_refuses_a_cloud_elsewhere_until_it_is_allowed(root):
    frame = {'sample_idx': 0, 'pts_path': str(root.parent / 'secret.bin')}
    dump_pickle(root / 'infos.pkl', [frame])
    build = dict(data_root=str(root), ann_file=str(root / 'infos.pkl'), test_mode=True)
    with pytest.raises(DataFormatError, match=r'infos\.pkl names'):
        Custom3DDataset(**build).get_data_info(0)
    allowed = Custom3DDataset(**build, absolute_paths=True)
    assert allowed.get_data_info(0)['pts_filename'] == frame['pts_path']


def test_sampler_refuses_points_elsewhere_until_it_is_allowed(root):
    outside = root.parent / 'car.bin'
    np.zeros((4, 4), np.float32).tofile(outside)
    entry = {
        'name': 'Car',
        'path': '../car.bin',
        'box3d_lidar': np.array([5, 0, -1, 4, 2, 1.5, 0]),
        'difficulty': 0,
        'num_points_in_gt': 4,
        'group_id': 0,
    }
    settings = dict(rate=1.0, prepare={}, sample_groups={'Car': 1}, classes=['Car'])
    dump_pickle(root / 'dbinfos.pkl', {'Car': [entry]})
    with pytest.raises(DataFormatError, match=r'dbinfos\.pkl names \.\./car\.bin'):
        DataBaseSampler(str(root / 'dbinfos.pkl'), str(root), **settings)
    dump_pickle(root / 'dbinfos.pkl', {'Car': [{**entry, 'path': str(outside)}]})
    DataBaseSampler(str(root / 'dbinfos.pkl'), str(root), absolute_paths=True, **settings)
