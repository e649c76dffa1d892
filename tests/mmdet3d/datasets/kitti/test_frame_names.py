"""Frames with other names than six digits, other formats, and paths of other systems."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mmdet3d.datasets import KittiDataset
from mmdet3d.datasets.files import DataFormatError
from mmdet3d.datasets.kitti import create_kitti_data, read_label, read_split
from mmdet3d.datasets.pictures import frame_name

CAR = 'Car 0 0 -1.57 540 170 660 300 1.50 1.60 4.00 0.00 1.50 10.00 -1.57\n'
LOAD = [{'type': 'LoadPointsFromFile', 'coord_type': 'LIDAR', 'load_dim': 4, 'use_dim': 4}]


def load(path):
    return pickle.loads(path.read_bytes())


def frames_of(out, root, prefix):
    return KittiDataset(
        str(out if prefix == 'velodyne_reduced' else root),
        str(out / 'kitti_infos_train.pkl'),
        'training',
        pts_prefix=prefix,
        pipeline=LOAD + [{'type': 'Collect3D', 'keys': ['points']}],
        classes=['Car'],
        test_mode=True,
    )


@pytest.mark.parametrize('name', ['0000000008', 'scene1_0003', '1556777396.123456', 'a-b+c', '08'])
def test_frames_of_other_names_are_converted_loaded_and_reported(make_kitti_frames, tmp_path, name):
    root = make_kitti_frames({name: CAR, '000009': CAR})
    create_kitti_data(root, tmp_path / 'out')
    info = load(tmp_path / 'out/kitti_infos_train.pkl')[0]
    assert info['image']['image_idx'] == name
    assert info['point_cloud']['velodyne_path'] == f'training/velodyne/{name}.bin'
    entries = load(tmp_path / 'out/kitti_dbinfos_train.pkl')['Car']
    assert entries[0]['path'] == f'kitti_gt_database/{name}_Car_0.bin'
    assert all((tmp_path / 'out' / entry['path']).is_file() for entry in entries)
    for prefix in ('velodyne', 'velodyne_reduced'):
        dataset = frames_of(tmp_path / 'out', root, prefix)
        assert dataset[0]['img_metas'].data['pts_filename'].endswith(f'{prefix}/{name}.bin')
        assert frame_name(dataset, 0) == name
    box = dataset.box_type_3d(torch.tensor([[10.0, 0, -1.5, 4, 1.6, 1.5, 0]]))
    found = {'boxes_3d': box, 'scores_3d': torch.ones(1), 'labels_3d': torch.zeros(1).long()}
    annos, _ = dataset.format_results(
        [found] * len(dataset), submission_prefix=str(tmp_path / 'results')
    )
    assert annos[0]['sample_idx'].tolist() == [name]
    assert read_label(tmp_path / f'results/{name}.txt')['name'].tolist() == ['Car']


def test_lists_are_read_as_people_write_them(make_kitti_frames):
    root = make_kitti_frames({'000008': CAR, '7': CAR, 'scene_1': CAR})
    text = '000008.bin  \r\n\r\n9\r\n7\r\nscene_1.PNG\r\n0000000008\r\n1000000'
    (root / 'ImageSets/train.txt').write_text(text)
    with pytest.raises(DataFormatError, match=r'train\.txt: listed more than once: \[8\]'):
        read_split(root, 'train')
    (root / 'ImageSets/train.txt').write_text(text.replace('000008.bin', '000010.bin'))
    ids = [10, 9, '7', 'scene_1', '0000000008', 1000000]
    assert read_split(root, 'train') == ids


@pytest.mark.parametrize('line', ['../8', 'a/8', 'a\\8', '..', '.hidden', '000008 1', 'C:8', '8,9'])
def test_ids_must_be_names(make_kitti_frames, line):
    root = make_kitti_frames({'000008': CAR})
    (root / 'ImageSets/train.txt').write_text(f'000008\n{line}\n')
    with pytest.raises(DataFormatError, match=r'train\.txt, line 2: .* is no frame id'):
        read_split(root, 'train')


@pytest.mark.parametrize('name', ['8', '08'])
def test_an_id_without_padding_stands_for_six_digits(make_kitti_frames, tmp_path, name):
    root = make_kitti_frames({'000008': CAR})
    (root / 'ImageSets/train.txt').write_text(name)
    create_kitti_data(root, tmp_path / 'out')
    assert load(tmp_path / 'out/kitti_infos_train.pkl')[0]['image']['image_idx'] == 8


@pytest.mark.parametrize('suffix', ['.jpg', '.JPEG', '.Png', '.bmp', '.tiff', '.webp'])
def test_images_of_any_format_give_their_size(make_kitti_frames, tmp_path, suffix):
    root = make_kitti_frames({'000008': CAR})
    (root / 'training/image_2').mkdir()
    Image.new('RGB', (1200, 360)).save(root / f'training/image_2/000008{suffix}')
    create_kitti_data(root, tmp_path / 'out')
    image = load(tmp_path / 'out/kitti_infos_train.pkl')[0]['image']
    assert image['image_shape'].tolist() == [360, 1200]
    assert image['image_path'] == f'training/image_2/000008{suffix}'


def test_clouds_keep_their_suffix_and_reduced_ones_are_bin(make_kitti_frames, tmp_path):
    root = make_kitti_frames({'000008': CAR})
    cloud = root / 'training/velodyne/000008.bin'
    np.save(cloud.with_suffix('.npy'), np.fromfile(cloud, np.float32).reshape(-1, 4))
    create_kitti_data(root, tmp_path / 'both')
    info = load(tmp_path / 'both/kitti_infos_train.pkl')[0]
    assert info['point_cloud']['velodyne_path'] == 'training/velodyne/000008.bin'
    # What other readers take is theirs to test: this one knows only the name.
    info['point_cloud']['velodyne_path'] = 'training/velodyne/000008.npy'
    (tmp_path / 'both/kitti_infos_train.pkl').write_bytes(pickle.dumps([info]))
    for prefix, name in (('velodyne', '000008.npy'), ('velodyne_reduced', '000008.bin')):
        frame = frames_of(tmp_path / 'both', root, prefix).get_data_info(0)
        assert frame['pts_filename'].endswith(f'training/{prefix}/{name}')


@pytest.mark.parametrize('name', ['Car/Van', '../x', 'a\\b', 'C:', '*'])
def test_objects_of_any_class_stay_below_the_database(make_kitti_frames, tmp_path, name):
    root = make_kitti_frames({'000008': CAR.replace('Car', name)})
    create_kitti_data(root, tmp_path / 'out')
    (entries,) = load(tmp_path / 'out/kitti_dbinfos_train.pkl').values()
    assert entries[0]['name'] == name
    (file,) = (tmp_path / 'out/kitti_gt_database').iterdir()
    assert (tmp_path / 'out' / entries[0]['path']) == file and not set(file.name) & set('/\\:*')


@pytest.mark.parametrize(
    'path',
    ['training\\velodyne\\000008.bin', 'C:\\data\\kitti\\training\\velodyne\\000008.bin', None],
)
@pytest.mark.parametrize('index', [8, '000008', np.int64(8)])
def test_infos_of_other_systems_and_programs_find_their_clouds(
    make_kitti_frames, tmp_path, path, index
):
    root = make_kitti_frames({'000008': CAR})
    create_kitti_data(root, tmp_path / 'out')
    (info,) = load(tmp_path / 'out/kitti_infos_train.pkl')
    info['image'] = {**info['image'], 'image_idx': index, 'image_path': 'training\\image_2\\8.png'}
    info['point_cloud'] = {'num_features': 4, **({'velodyne_path': path} if path else {})}
    (tmp_path / 'out/kitti_infos_train.pkl').write_bytes(pickle.dumps([info]))
    dataset = frames_of(tmp_path / 'out', root, 'velodyne')
    assert len(dataset[0]['points'].tensor) == 500
    assert frame_name(dataset, 0) == '000008'
    image = dataset.get_data_info(0)['img_info']['filename']
    assert image.endswith('training/image_2/8.png')


def test_infos_of_openpcdet_can_be_trained_on(make_kitti_frames, tmp_path, wrap_steps):
    left_out = 'DontCare -1 -1 -10 800 160 820 180 -1 -1 -1 -1000 -1000 -1000 -10\n'
    root = make_kitti_frames({'000008': CAR + CAR + left_out})
    create_kitti_data(root, tmp_path / 'out')
    (info,) = load(tmp_path / 'out/kitti_infos_train.pkl')
    calib = {key: info['calib'][key] for key in ('P2', 'R0_rect', 'Tr_velo_to_cam')}
    other = {
        'point_cloud': {'num_features': 4, 'lidar_idx': '000008'},
        'image': {'image_idx': '000008', 'image_shape': info['image']['image_shape']},
        'calib': calib,
        'annos': {**info['annos'], 'gt_boxes_lidar': np.ones((2, 7))},
    }
    (tmp_path / 'out/other.pkl').write_bytes(pickle.dumps([other]))
    steps = [*LOAD, {'type': 'LoadAnnotations3D'}, *wrap_steps]
    dataset = KittiDataset(
        str(root), str(tmp_path / 'out/other.pkl'), 'training', pipeline=steps, classes=['Car']
    )
    frame = dataset[0]
    assert frame['gt_labels_3d'].data.tolist() == [0, 0]
    np.testing.assert_allclose(
        frame['gt_bboxes_3d'].data.tensor[0, :6], [10, 0, -1.5, 4, 1.6, 1.5], atol=1e-5
    )


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'image': {'image_idx': '../8', 'image_shape': (1, 1)}}, "image_idx is '../8'"),
        ({'image': {'image_idx': None, 'image_shape': (1, 1)}}, 'image_idx is None'),
        ({'image': {'image_idx': 8}}, r"image has no \['image_shape'\]"),
        ({'image': None}, 'image is None'),
        ({'calib': {}}, 'P2 is missing'),
        ({'annos': {'name': ['Car']}}, r"annos has no \['bbox', .*; it has \['name'\]"),
    ],
)
def test_malformed_frames_of_an_info_file_are_named(make_kitti, change, message):
    arguments = make_kitti([([], [])] * 2)
    infos = pickle.loads(Path(arguments['ann_file']).read_bytes())
    infos[1].update(change)
    Path(arguments['ann_file']).write_bytes(pickle.dumps(infos))
    with pytest.raises(DataFormatError, match=rf'infos\.pkl, frame 1: {message}'):
        KittiDataset(**arguments)


def test_frames_that_share_a_name_are_refused(make_kitti):
    arguments = make_kitti([([], [])] * 2)
    infos = pickle.loads(Path(arguments['ann_file']).read_bytes())
    for info, sequence in zip(infos, 'ab'):
        info['point_cloud'] = {'velodyne_path': f'{sequence}/velodyne/000001.bin'}
    Path(arguments['ann_file']).write_bytes(pickle.dumps(infos))
    with pytest.raises(DataFormatError, match=r'frames 0 and 1 are both called 000001'):
        KittiDataset(**arguments)


def test_arrays_of_different_length_are_named(make_kitti):
    arguments = make_kitti([([[20, 4, -1.6, 4, 1.7, 1.5, 0.3]], ['Car'])])
    infos = pickle.loads(Path(arguments['ann_file']).read_bytes())
    infos[0]['annos']['name'] = np.array(['Car', 'Car'])
    Path(arguments['ann_file']).write_bytes(pickle.dumps(infos))
    with pytest.raises(DataFormatError, match=r"frame 0: the arrays .* differ .*'name': 2, 'bbox'"):
        KittiDataset(**arguments)


@pytest.mark.parametrize(('given', 'meant'), [('training', '.'), ('..', 'raw')])
def test_a_root_one_level_off_is_pointed_out(make_kitti_frames, tmp_path, given, meant):
    root = make_kitti_frames({'000008': CAR})
    with pytest.raises(FileNotFoundError) as caught:
        create_kitti_data(root / given, tmp_path / 'out')
    where = (root / '..' / meant if given == '..' else root).resolve()
    assert f'{where.name} has ImageSets: is that the root path?' in str(caught.value)
