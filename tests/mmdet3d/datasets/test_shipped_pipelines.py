"""The data parts of the shipped configs on the frames of the sample."""

import numpy as np
import pytest
import torch
from mmcv import Config
from mmcv.parallel import collate
from support.cropping import crop

from mmdet3d.datasets import Compose, build_dataset
from mmdet3d.on_cpu.box_collision import seen_from_above
from mmdet3d.on_cpu.points_in_boxes import points_in_boxes
from mmdet3d.on_cpu.rotated_iou import rotated_overlaps

POINTPILLARS = [
    f'pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-{name}.py'
    for name in ('3class', '3class_student_4x', '3class_student_16x', 'car', 'car_student_4x')
]
POINT_RCNN = [
    f'point_rcnn/point_rcnn_2x8_kitti-3d-3classes{name}.py'
    for name in ('', '_student_8x', '_student_16x')
]
DISTINCT = [
    POINTPILLARS[0],
    POINTPILLARS[3],
    'second/hv_second_secfpn_6x8_80e_kitti-3d-3class.py',
]

# The converted sample has fewer classes than the configs sample from.
pytestmark = pytest.mark.filterwarnings('ignore:.*none will be sampled')


@pytest.mark.parametrize('config', POINTPILLARS + POINT_RCNN)
def test_every_shipped_data_set_is_built(config, shipped_dataset):
    train = build_dataset(shipped_dataset(config, 'train'))
    val = build_dataset(shipped_dataset(config, 'val'))
    test = build_dataset(shipped_dataset(config, 'test'), {'test_mode': True})
    assert len(train) == 2 * len(train.dataset)
    assert len(val) == len(test) > 0


@pytest.mark.parametrize('config', DISTINCT)
def test_training_frames_are_consistent(config, shipped_dataset, seed_generators):
    dataset = build_dataset(shipped_dataset(config, 'train'))
    step = next(s for s in dataset.dataset.pipeline.transforms if hasattr(s, 'pcd_range'))
    low, high = step.pcd_range[:3], step.pcd_range[3:]
    held = 0
    for index in range(len(dataset)):
        frame = dataset[index]
        points = frame['points'].data.numpy()
        boxes = frame['gt_bboxes_3d'].data.tensor.numpy()
        labels = frame['gt_labels_3d'].data
        assert np.all((points[:, :3] > low) & (points[:, :3] < high))
        assert np.all((boxes[:, :2] > low[:2]) & (boxes[:, :2] < high[:2]))
        assert labels.shape == (len(boxes),) and (labels != -1).any()
        seen = seen_from_above(boxes)
        assert np.triu(rotated_overlaps(seen, seen), 1).max() < 1e-3
        held += points_in_boxes(points, boxes).any(axis=0).sum() / len(boxes)
    assert held / len(dataset) > 0.8


@pytest.mark.parametrize('config', DISTINCT[:2])
def test_a_seed_repeats_a_training_frame(config, shipped_dataset, seed_generators):
    first, second = (build_dataset(shipped_dataset(config, 'train')) for _ in range(2))
    seed_generators(1)
    a = first[0]
    seed_generators(1)
    b = second[0]
    assert torch.equal(a['points'].data, b['points'].data)
    assert torch.equal(a['gt_bboxes_3d'].data.tensor, b['gt_bboxes_3d'].data.tensor)
    assert not torch.equal(a['points'].data[:100], first[0]['points'].data[:100])


@pytest.mark.parametrize('config', DISTINCT)
def test_a_test_batch_is_the_cloud_cropped_to_the_range(config, shipped_dataset):
    dataset = build_dataset(shipped_dataset(config, 'val'))
    batch = collate([dataset[0], dataset[len(dataset) - 1]], samples_per_gpu=2)
    assert len(batch['points']) == len(batch['img_metas']) == 1
    clouds, metas = batch['points'][0].data[0], batch['img_metas'][0].data[0]
    assert len(clouds) == len(metas) == 2
    assert metas[0]['transformation_3d_flow'] == ['R', 'S', 'T']
    assert not metas[0]['pcd_horizontal_flip']
    cloud = np.fromfile(metas[0]['pts_filename'], np.float32).reshape(-1, 4)
    step = dataset.pipeline.transforms[1].transforms.transforms[2]
    inside = np.all((cloud[:, :3] > step.pcd_range[:3]) & (cloud[:, :3] < step.pcd_range[3:]), 1)
    np.testing.assert_allclose(clouds[0].numpy(), cloud[inside], atol=1e-6)


@pytest.mark.parametrize('part', ['train', 'val'])
def test_every_cloud_of_point_rcnn_has_the_same_number_of_points(
    part, shipped_dataset, seed_generators
):
    dataset = build_dataset(shipped_dataset(POINT_RCNN[0], part))
    for index in range(len(dataset)):
        points = dataset[index]['points']
        points = points.data if part == 'train' else points[0].data
        assert points.shape == (16384, 4)
        assert ((points[:, 0] > 0) & (points[:, 0] < 70.4)).all()


def test_the_crop_leaves_the_points_strictly_inside(kitti_sample, shipped_dataset):
    config = shipped_dataset(POINTPILLARS[0], 'val')
    config['ann_file'] = config['ann_file'].replace('infos_val', 'infos_trainval')
    config['pts_prefix'] = 'velodyne'
    config['data_root'] = str(kitti_sample)
    dataset = build_dataset(config)
    for index, info in enumerate(dataset.data_infos):
        cloud = kitti_sample / f'training/velodyne/{info["image"]["image_idx"]:06d}.bin'
        points = np.fromfile(cloud, np.float32).reshape(-1, 4)
        inside = crop(points, [0, -39.68, -3, 69.12, 39.68, 1])
        assert len(dataset[index]['points'][0].data) == len(inside) < len(points)


@pytest.mark.parametrize('config', DISTINCT)
def test_the_pipeline_for_drawing_loads_every_point(config, repo_root, shipped_dataset):
    dataset = build_dataset(shipped_dataset(config, 'val'))
    info = dataset.get_data_info(0)
    dataset.pre_pipeline(info)
    frame = Compose(Config.fromfile(repo_root / 'configs' / config).eval_pipeline)(info)
    cloud = np.fromfile(info['pts_filename'], np.float32).reshape(-1, 4)
    np.testing.assert_array_equal(frame['points'].data.numpy(), cloud)
