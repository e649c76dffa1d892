"""KittiDataset on made-up frames, and on those of the sample."""

import pickle

import numpy as np
import pytest
import torch
from support.kitti_files import lidar_boxes

from mmdet3d.core.bbox import CameraInstance3DBoxes, LiDARInstance3DBoxes
from mmdet3d.datasets import Custom3DDataset, KittiDataset, build_dataloader, build_dataset
from mmdet3d.datasets.files import DataFormatError
from mmdet3d.on_cpu.points_in_boxes import points_in_boxes

CAR = [20, 4, -1.6, 4, 1.7, 1.5, 0.3]
WALKER = [12, -3, -1.6, 0.8, 0.6, 1.7, 2.0]
VAN = [30, -2, -1.6, 5, 2, 2, -1.0]
FRAMES = [([CAR, WALKER], ['Car', 'Pedestrian']), ([VAN], ['Van']), ([], []), ([CAR], ['Car'])]


def test_annotations_come_back_as_the_lidar_boxes_they_were_made_of(make_kitti):
    frames = [([CAR, VAN, [-1000] * 7, WALKER], ['Car', 'Van', 'DontCare', 'Pedestrian'])]
    annos = KittiDataset(**make_kitti(frames)).get_ann_info(0)
    assert isinstance(annos['gt_bboxes_3d'], LiDARInstance3DBoxes)
    np.testing.assert_allclose(annos['gt_bboxes_3d'].tensor, [CAR, VAN, WALKER], atol=1e-5)
    assert annos['gt_labels_3d'].tolist() == annos['labels'].tolist() == [2, -1, 0]
    assert annos['gt_names'].tolist() == ['Car', 'Van', 'Pedestrian']
    assert annos['bboxes'].shape == (3, 4)
    assert annos['difficulty'].tolist() == [0, 0, 0]


def test_a_frame_without_objects_has_empty_annotations(make_kitti):
    annos = KittiDataset(**make_kitti(FRAMES)).get_ann_info(2)
    assert annos['gt_bboxes_3d'].tensor.shape == (0, 7)
    assert annos['gt_labels_3d'].shape == (0,)
    assert annos['bboxes'].shape == (0, 4)


def test_boxes_can_stay_in_camera_coordinates(make_kitti):
    dataset = KittiDataset(**make_kitti(FRAMES), box_type_3d='Camera')
    boxes = dataset.get_ann_info(0)['gt_bboxes_3d']
    assert isinstance(boxes, CameraInstance3DBoxes)
    np.testing.assert_allclose(boxes.tensor[0, :3], [-4, 1.5, 19.7], atol=1e-5)


def test_boxes_of_the_sample_are_those_of_its_labels_and_hold_their_points(
    kitti_data, kitti_sample
):
    """The same boxes of frames 000008 and 000134 equal mmdetection3d's in core/bbox/test_frames."""
    dataset = KittiDataset(
        data_root=str(kitti_data),
        ann_file=str(kitti_data / 'kitti_infos_trainval.pkl'),
        split='training',
        pts_prefix='velodyne_reduced',
        classes=['Pedestrian', 'Cyclist', 'Car'],
    )
    for index, info in enumerate(dataset.data_infos):
        annos = dataset.get_ann_info(index)
        known = annos['gt_labels_3d'] >= 0
        found = annos['gt_bboxes_3d'].tensor.numpy()
        frame = f'{info["image"]["image_idx"]:06d}'
        expected, labels = lidar_boxes(kitti_sample / 'training', frame)
        np.testing.assert_allclose(found[known][:, :6], expected.tensor[:, :6], atol=1e-4)
        turns = (found[known][:, 6] - expected.yaw.numpy()) / (2 * np.pi)
        np.testing.assert_allclose(turns, np.round(turns), atol=1e-5)
        assert annos['gt_labels_3d'][known].tolist() == labels
        points = np.fromfile(dataset.get_data_info(index)['pts_filename'], np.float32)
        counted = points_in_boxes(points.reshape(-1, 4), found).sum(axis=0)
        stored = info['annos']['num_points_in_gt']
        np.testing.assert_array_equal(counted, stored[stored >= 0])


def test_the_projection_puts_a_box_inside_its_outline(make_kitti):
    info = KittiDataset(**make_kitti(FRAMES)).get_data_info(0)
    u, v, depth, _ = info['lidar2img'] @ [*CAR[:3], 1]
    left, _, right, bottom = info['ann_info']['bboxes'][0]
    assert u / depth == pytest.approx((left + right) / 2, abs=5)
    assert bottom - 10 < v / depth < bottom


def test_a_training_frame_has_what_the_detector_takes(make_kitti, load_steps, wrap_steps):
    dataset = KittiDataset(**make_kitti(FRAMES), pipeline=load_steps + wrap_steps)
    frame = dataset[0]
    assert frame['points'].data.shape == (100, 4)
    assert frame['gt_labels_3d'].data.tolist() == [2, 0]
    metas = frame['img_metas'].data
    assert metas['sample_idx'] == 0
    assert metas['box_type_3d'] is LiDARInstance3DBoxes
    assert metas['pts_filename'].endswith('training/velodyne/000000.bin')


@pytest.mark.parametrize('empty', [1, 2, -2])
def test_a_frame_without_trained_objects_is_replaced_by_a_seeded_draw(
    empty, make_kitti, load_steps, wrap_steps, seed_generators
):
    dataset = KittiDataset(**make_kitti(FRAMES), pipeline=load_steps + wrap_steps)
    drawn = [dataset[empty]['img_metas'].data['sample_idx'] for _ in range(20)]
    assert set(drawn) == {0, 3}
    seed_generators()
    assert drawn == [dataset[empty]['img_metas'].data['sample_idx'] for _ in range(20)]


def test_empty_frames_stay_where_they_are_wanted(make_kitti, load_steps, wrap_steps):
    arguments = make_kitti(FRAMES)
    dataset = KittiDataset(**arguments, pipeline=load_steps + wrap_steps, filter_empty_gt=False)
    assert dataset[2]['gt_bboxes_3d'].data.tensor.shape == (0, 7)


def test_a_data_set_without_any_object_says_so(make_kitti, load_steps, wrap_steps):
    arguments = {**make_kitti(FRAMES), 'classes': ['pedestrian']}
    dataset = KittiDataset(**arguments, pipeline=load_steps + wrap_steps)
    with pytest.raises(ValueError, match=r'none of the 4 frames.*pedestrian'):
        dataset[0]


def test_a_frame_out_of_range_of_the_list_is_an_error(make_kitti, load_steps, wrap_steps):
    dataset = KittiDataset(**make_kitti(FRAMES), pipeline=load_steps + wrap_steps)
    with pytest.raises(IndexError):
        dataset[4]


def test_test_mode_gives_frames_without_annotations(make_kitti, load_steps):
    pipeline = [load_steps[0], {'type': 'Collect3D', 'keys': ['points']}]
    arguments = make_kitti(FRAMES, with_annos=False)
    dataset = KittiDataset(**arguments, pipeline=pipeline, test_mode=True)
    assert len(dataset) == 4
    assert dataset[1]['points'].tensor.shape == (70, 4)
    assert 'ann_info' not in dataset.get_data_info(1)


def test_training_on_a_split_without_labels_is_refused(make_kitti, load_steps, wrap_steps):
    arguments = make_kitti(FRAMES, with_annos=False)
    with pytest.raises(DataFormatError, match=r'infos\.pkl: 4 of 4 frames have no .annos.'):
        KittiDataset(**arguments, pipeline=load_steps + wrap_steps)


def test_a_missing_info_file_is_named_with_the_command_that_writes_it(make_kitti):
    arguments = {**make_kitti(FRAMES), 'ann_file': 'absent.pkl'}
    with pytest.raises(FileNotFoundError, match=r'absent\.pkl.*create_data\.py kitti'):
        KittiDataset(**arguments)


@pytest.mark.parametrize('content', [{'infos': []}, [{'lidar_path': 'x.bin', 'token': 'y'}]])
def test_a_file_that_is_no_info_file_is_refused(content, make_kitti, tmp_path):
    arguments = make_kitti(FRAMES)
    (tmp_path / 'infos.pkl').write_bytes(pickle.dumps(content))
    with pytest.raises(ValueError, match=r'infos\.pkl'):
        KittiDataset(**arguments)


def test_a_broken_info_file_is_named(make_kitti, tmp_path):
    arguments = make_kitti(FRAMES)
    whole = (tmp_path / 'infos.pkl').read_bytes()
    (tmp_path / 'infos.pkl').write_bytes(whole[:-20])
    with pytest.raises(ValueError, match=r'infos\.pkl.*create_data'):
        KittiDataset(**arguments)


def test_a_missing_cloud_is_named(make_kitti, load_steps, wrap_steps):
    arguments = make_kitti(FRAMES)
    dataset = KittiDataset(
        **arguments, pts_prefix='velodyne_reduced', pipeline=load_steps + wrap_steps
    )
    with pytest.raises(FileNotFoundError, match=r'velodyne_reduced/000000\.bin.*create_data'):
        dataset[0]


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'modality': {'use_lidar': True, 'use_camera': True}}, 'use_camera'),
        ({'file_client_args': {'backend': 'ceph'}}, 'ceph'),
        ({'classes': 3}, 'classes=3'),
    ],
)
def test_unsupported_settings_are_refused_at_construction(change, message, make_kitti):
    with pytest.raises(ValueError, match=message):
        KittiDataset(**{**make_kitti(FRAMES), **change})


def test_classes_can_stand_in_a_file_or_be_left_to_the_data_set(make_kitti, tmp_path):
    arguments = make_kitti(FRAMES)
    (tmp_path / 'classes.txt').write_text('Van\nCar\n')
    arguments['classes'] = str(tmp_path / 'classes.txt')
    assert KittiDataset(**arguments).get_ann_info(1)['gt_labels_3d'].tolist() == [0]
    arguments['classes'] = None
    assert KittiDataset(**arguments).get_ann_info(0)['gt_labels_3d'].tolist() == [0, 1]


def test_arrays_are_chosen_by_name(make_kitti):
    dataset, names = KittiDataset(**make_kitti(FRAMES)), ['Car', 'DontCare', 'Van']
    assert dataset.drop_arrays_by_name(names, ['DontCare']).tolist() == [0, 2]
    assert dataset.keep_arrays_by_name(names, ['DontCare']).tolist() == [1]
    assert dataset.keep_arrays_by_name([], ['Car']).tolist() == []


def test_wrappers_of_mmdet_take_the_data_set(make_kitti):
    config = {'type': 'KittiDataset', **make_kitti(FRAMES)}
    assert len(build_dataset(config)) == 4
    assert len(build_dataset([config, config])) == 8
    assert len(build_dataset({**config, 'ann_file': [config['ann_file']] * 3})) == 12
    repeated = build_dataset({'type': 'RepeatDataset', 'times': 2, 'dataset': config})
    assert len(repeated) == 8 and config['classes'] == repeated.CLASSES
    # Pedestrians are in one of four frames: asking for half of them repeats that frame.
    balanced = {'type': 'ClassBalancedDataset', 'oversample_thr': 0.5, 'dataset': config}
    assert len(build_dataset(balanced)) > 4


@pytest.mark.parametrize('workers', [0, 2])
def test_a_seeded_loader_repeats_its_batches(
    workers, make_kitti, load_steps, wrap_steps, seed_generators
):
    noisy = [{'type': 'ObjectNoise'}, {'type': 'GlobalRotScaleTrans'}, {'type': 'PointShuffle'}]
    arguments = make_kitti(FRAMES)
    dataset = KittiDataset(**arguments, pipeline=load_steps + noisy + wrap_steps)

    def batches():
        seed_generators(3)
        loader = build_dataloader(dataset, 2, workers, dist=False, seed=3)
        return [points for batch in loader for points in batch['points'].data[0]]

    first, second = batches(), batches()
    assert len(first) == 4
    assert all(torch.equal(a, b) for a, b in zip(first, second))


def test_a_custom_data_set_needs_only_a_list_of_frames(tmp_path, load_steps, wrap_steps):
    np.zeros((5, 4), np.float32).tofile(tmp_path / 'cloud.bin')
    annos = {'gt_bboxes_3d': np.array([CAR, WALKER]), 'gt_names': ['Car', 'Dog']}
    frames = [{'sample_idx': 7, 'pts_path': 'cloud.bin', 'annos': annos}]
    (tmp_path / 'infos.pkl').write_bytes(pickle.dumps(frames))
    dataset = Custom3DDataset(
        str(tmp_path), str(tmp_path / 'infos.pkl'), load_steps + wrap_steps, classes=['Dog', 'Car']
    )
    frame = dataset[0]
    assert frame['gt_labels_3d'].data.tolist() == [1, 0]
    assert frame['img_metas'].data['sample_idx'] == 7
    with pytest.raises(NotImplementedError, match='Custom3DDataset'):
        dataset.evaluate([])


def test_a_misspelt_data_set_or_step_is_an_error_that_names_a_near_one(make_kitti):
    with pytest.raises(KeyError, match='did you mean KittiDataset'):
        build_dataset(dict(type='KittiDatset'))
    cfg = dict(type='KittiDataset', **make_kitti(FRAMES), pipeline=[dict(type='PointShufle')])
    with pytest.raises(KeyError, match='did you mean PointShuffle'):
        build_dataset(cfg)
