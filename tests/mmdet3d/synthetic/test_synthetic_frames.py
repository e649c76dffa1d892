"""The frames that are written, read by the project's readers and by an independent one."""

import cv2
import numpy as np
import pytest

from mmdet3d.datasets.kitti import (
    camera_boxes_to_lidar,
    create_kitti_data,
    read_calib,
    read_label,
    read_split,
)
from mmdet3d.datasets.point_files import read_points
from mmdet3d.on_cpu.points_in_boxes import points_in_boxes

FRAMES = range(14)
# What range noise (2 cm) and the camera's other viewpoint may move a point by, in pixels, beside
# 2% of the box.
TOLERANCE = 4.0


def read_devkit(root, index):
    """Read labels and calibration as the benchmark's devkit does: columns by position."""
    objects = []
    for line in (root / f'training/label_2/{index:06d}.txt').read_text().splitlines():
        kind, *words = line.split(' ')
        assert len(words) == 14
        truncation, alpha = float(words[0]), float(words[2])
        values = [float(word) for word in words[3:]]
        objects.append(
            (kind, truncation, int(words[1]), alpha, values[:4], values[4:7], values[7:])
        )
    rows = (root / f'training/calib/{index:06d}.txt').read_text().splitlines()
    matrices = {row.split(':')[0]: np.array(row.split()[1:], float) for row in rows}
    return objects, matrices


def devkit_corners(size, place):
    """The eight corners of a box in camera coordinates, from the devkit's definition."""
    (height, width, length), (x, y, z, angle) = size, place
    rotation = np.array(
        [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    )
    signs = np.array([[i, j, k] for i in (-0.5, 0.5) for j in (-1, 0) for k in (-0.5, 0.5)])
    return signs * [length, height, width] @ rotation.T + [x, y, z]


@pytest.fixture(scope='module')
def frames(synthetic_root):
    folder = synthetic_root / 'training'
    return [
        (
            read_points(folder / f'velodyne/{index:06d}.bin'),
            read_calib(folder / f'calib/{index:06d}.txt'),
            read_label(folder / f'label_2/{index:06d}.txt'),
        )
        for index in FRAMES
    ]


def test_lists_and_files_are_complete(synthetic_root):
    assert read_split(synthetic_root, 'train') == list(range(12))
    assert read_split(synthetic_root, 'val') == [12, 13]
    assert read_split(synthetic_root, 'trainval') == list(FRAMES)
    assert read_split(synthetic_root, 'test') == [0]
    for kind in ('velodyne', 'calib', 'image_2', 'label_2'):
        assert len(list((synthetic_root / 'training' / kind).iterdir())) == 14
    assert {path.name for path in (synthetic_root / 'testing').iterdir()} == {
        'velodyne',
        'calib',
        'image_2',
    }


def test_an_independent_reader_agrees_with_the_projects(synthetic_root, frames):
    for index, (_, calib, annos) in zip(FRAMES, frames):
        objects, matrices = read_devkit(synthetic_root, index)
        assert [found[0] for found in objects] == list(annos['name'])
        for i, (kind, truncation, occlusion, alpha, bbox, size, place) in enumerate(objects):
            assert annos['bbox'][i] == pytest.approx(bbox)
            assert annos['location'][i] == pytest.approx(place[:3])
            assert annos['dimensions'][i] == pytest.approx([size[2], size[0], size[1]])
            if kind == 'DontCare':
                assert (truncation, occlusion, alpha) == (-1, -1, -10)
            else:
                assert 0 <= truncation <= 1 and occlusion in (0, 1, 2, 3) and abs(alpha) <= 3.15
        np.testing.assert_array_equal(calib['P2'][:3].ravel(), matrices['P2'])
        np.testing.assert_array_equal(
            calib['Tr_velo_to_cam'][:3].ravel(), matrices['Tr_velo_to_cam']
        )


def test_corners_by_the_devkits_formula_are_those_of_the_lidar_boxes(synthetic_root, frames):
    for index, (_, calib, annos) in zip(FRAMES, frames):
        known = {key: value[annos['name'] != 'DontCare'] for key, value in annos.items()}
        boxes = camera_boxes_to_lidar(known, calib)
        objects, _ = read_devkit(synthetic_root, index)
        back = np.linalg.inv(calib['R0_rect'] @ calib['Tr_velo_to_cam'])
        for box, (_, _, _, _, _, size, place) in zip(boxes, objects):
            corners = devkit_corners(size, place) @ back[:3, :3].T + back[:3, 3]
            middle, (cos, sin) = corners.mean(axis=0), (np.cos(box[6]), np.sin(box[6]))
            np.testing.assert_allclose(middle, box[:3] + [0, 0, box[5] / 2], atol=0.02)
            ahead = (corners - middle)[:, :2] @ [cos, sin]
            # The camera is tilted against the scanner by 0.02 rad, which tilts its boxes.
            assert np.ptp(ahead) == pytest.approx(box[3], abs=0.02 * box[5] + 0.02)


def test_points_of_an_object_project_into_its_box_in_the_image(frames):
    checked = 0
    for points, calib, annos in frames:
        known = {key: value[annos['name'] != 'DontCare'] for key, value in annos.items()}
        boxes = camera_boxes_to_lidar(known, calib).astype(np.float64)
        # Lifted clear of the ground, whose points are not the object's.
        boxes[:, 2] += 0.15
        boxes[:, 5] -= 0.15
        inside = points_in_boxes(points, boxes)
        matrix = calib['P2'] @ calib['R0_rect'] @ calib['Tr_velo_to_cam']
        for i in np.flatnonzero((known['truncated'] < 0.05) & (inside.sum(axis=0) >= 5)):
            u, v, depth = matrix[:3, :3] @ points[inside[:, i], :3].T + matrix[:3, 3:]
            left, top, right, bottom = known['bbox'][i]
            room = TOLERANCE + 0.02 * (bottom - top)
            fits = (u / depth > left - room) & (u / depth < right + room)
            fits &= (v / depth > top - room) & (v / depth < bottom + room)
            assert fits.mean() > 0.95, (known['name'][i], known['bbox'][i])
            checked += 1
    assert checked > 30


def test_hidden_objects_have_fewer_points(frames):
    scaled = {0: [], 2: []}
    for points, calib, annos in frames:
        known = {key: value[annos['name'] == 'Car'] for key, value in annos.items()}
        boxes = camera_boxes_to_lidar(known, calib).astype(np.float64)
        numbers = points_in_boxes(points, boxes).sum(axis=0)
        for number, box, level in zip(numbers, boxes, known['occluded']):
            if level in scaled:
                scaled[level].append(number * (box[0] ** 2 + box[1] ** 2))
    assert min(map(len, scaled.values())) >= 3
    assert np.median(scaled[2]) < 0.5 * np.median(scaled[0])


def test_most_labelled_objects_can_be_learnt_from(frames):
    names = np.concatenate([annos['name'] for _, _, annos in frames])
    counts = {name: (names == name).sum() / len(frames) for name in set(names)}
    assert 3 < counts['Car'] < 9
    assert counts['Pedestrian'] > 0.4 and counts['Cyclist'] > 0.4


def test_pictures_have_kittis_size(synthetic_root):
    for folder in ('training', 'testing'):
        picture = cv2.imread(str(synthetic_root / folder / 'image_2/000000.png'))
        assert picture.shape == (375, 1242, 3)
        assert picture.std() > 20


def test_converts_like_kitti(synthetic_root, tmp_path):
    summary = create_kitti_data(synthetic_root, tmp_path, workers=1)
    assert 'train 12, val 2, test 1, trainval 14' in str(summary)
