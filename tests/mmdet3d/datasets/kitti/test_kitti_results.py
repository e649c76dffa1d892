"""Evaluating detections and writing them down."""

import pickle

import numpy as np
import pytest
import torch

from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.datasets import KittiDataset
from mmdet3d.datasets.kitti import read_label
from mmdet3d.datasets.kitti.results import image_outlines

POINTPILLARS = 'pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class.py'
CAR = [20, 4, -1.6, 4, 1.7, 1.5, 0.3]
FRAMES = [
    ([CAR, [12, -3, -1.6, 0.8, 0.6, 1.7, 2.0]], ['Car', 'Pedestrian']),
    ([], []),
    ([[22, -2, -1.6, 4, 1.7, 1.5, -1.0], [15, 0, -1.6, 1.8, 0.6, 1.7, 0.0]], ['Car', 'Cyclist']),
]


def outputs_of(boxes, labels=None):
    boxes = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 7)
    labels = torch.zeros(len(boxes), dtype=torch.int64) if labels is None else torch.tensor(labels)
    scores = torch.linspace(0.9, 0.1, len(boxes))
    return {'boxes_3d': LiDARInstance3DBoxes(boxes), 'scores_3d': scores, 'labels_3d': labels}


@pytest.fixture
def dataset(make_kitti):
    return KittiDataset(**make_kitti(FRAMES), test_mode=True)


def test_ground_truth_as_detections_is_perfect(dataset, as_detections):
    scores = dataset.evaluate(as_detections(dataset))
    for name in ('Car', 'Pedestrian', 'Cyclist'):
        for view in ('3D', 'BEV', '2D'):
            for difficulty in ('easy', 'moderate', 'hard'):
                key = f'KITTI/{name}_{view}_AP40_{difficulty}_strict'
                assert scores[key] == pytest.approx(100), key


def test_real_ground_truth_as_detections_is_perfect(shipped_dataset, as_detections):
    config = shipped_dataset(POINTPILLARS, 'val')
    config['ann_file'] = config['ann_file'].replace('infos_val', 'infos_trainval')
    config.pop('type')
    dataset = KittiDataset(**{**config, 'pcd_limit_range': [0, -80, -5, 100, 80, 5]})
    scores = dataset.evaluate(as_detections(dataset), logger='silent')
    # Every class of the sample that has a countable object at a difficulty is at 100, others at 0.
    figures = [v for k, v in scores.items() if '3D' in k and 'Overall' not in k]
    assert set(np.round(figures, 3)) <= {0.0, 100.0}
    assert scores['KITTI/Car_3D_AP40_moderate_strict'] == pytest.approx(100)


def test_no_detections_at_all_score_zero(dataset):
    scores = dataset.evaluate([outputs_of([])] * 3)
    assert set(scores.values()) == {0.0}


def test_the_tables_are_printed_unless_the_logger_is_silent(dataset, as_detections, capsys):
    dataset.evaluate(as_detections(dataset), metric='mAP', pipeline=[])
    assert 'Car AP40@0.70, 0.70, 0.70:' in capsys.readouterr().out
    dataset.evaluate(as_detections(dataset), logger='silent')
    assert not capsys.readouterr().out


def test_results_of_a_named_branch_keep_its_name(dataset, as_detections):
    outputs = [{'pts_bbox': output} for output in as_detections(dataset)]
    scores = dataset.evaluate(outputs)
    assert scores['pts_bbox/KITTI/Car_3D_AP40_easy_strict'] == pytest.approx(100)


def test_annotations_come_back_from_their_own_detections(dataset, as_detections):
    annos, _ = dataset.format_results(as_detections(dataset))
    for anno, info in zip(annos, dataset.data_infos):
        truth = info['annos']
        assert anno['name'].tolist() == truth['name'].tolist()
        for key in ('location', 'dimensions'):
            np.testing.assert_allclose(anno[key], truth[key], atol=1e-4)
        turn = anno['rotation_y'] - truth['rotation_y']
        np.testing.assert_allclose(np.cos(turn), 1, atol=1e-6)
        assert np.all(anno['sample_idx'] == info['image']['image_idx'])


def test_the_observation_angle_is_the_heading_along_the_viewing_ray(dataset):
    # Seen along its ray, a box whose heading is its azimuth faces away from the camera.
    boxes = [[20, y, -1.6, 4, 1.7, 1.5, np.arctan2(y, 20)] for y in (-8, 0, 8)]
    annos, _ = dataset.format_results([outputs_of(boxes), outputs_of([]), outputs_of([])])
    np.testing.assert_allclose(annos[0]['alpha'], -np.pi / 2, atol=1e-5)
    assert annos[1]['alpha'].shape == (0,)


def test_label_files_parse_and_hold_the_detections(dataset, as_detections, tmp_path):
    folder = tmp_path / 'submission'
    annos, _ = dataset.format_results(as_detections(dataset), submission_prefix=str(folder))
    assert sorted(p.name for p in folder.iterdir()) == [f'00000{i}.txt' for i in range(3)]
    for index, anno in enumerate(annos):
        read = read_label(folder / f'{index:06d}.txt')
        assert read['name'].tolist() == anno['name'].tolist()
        assert np.all(read['truncated'] == -1) and np.all(read['occluded'] == -1)
        keys = ('alpha', 'bbox', 'dimensions', 'location', 'rotation_y', 'score')
        for key in keys:
            np.testing.assert_allclose(read[key], anno[key], atol=6e-5)


@pytest.mark.parametrize('prefix', ['results', 'results.pkl'])
def test_a_pickle_holds_the_annotations(prefix, dataset, as_detections, tmp_path):
    annos, _ = dataset.format_results(as_detections(dataset), str(tmp_path / prefix))
    stored = pickle.loads((tmp_path / 'results.pkl').read_bytes())
    assert [a['name'].tolist() for a in stored] == [a['name'].tolist() for a in annos]


def test_outlines_are_those_of_the_corners_and_clipped_to_the_image(dataset):
    partly_left = [6, 4.5, -1.6, 4, 1.7, 1.5, 0]
    visible = dataset.convert_valid_bboxes(outputs_of([CAR, partly_left]), dataset.data_infos[0])
    corners = LiDARInstance3DBoxes([CAR]).corners[0].numpy()
    columns = 600 - 700 * corners[:, 1] / (corners[:, 0] - 0.3)
    rows = 180 - 700 * (corners[:, 2] + 0.1) / (corners[:, 0] - 0.3)
    expected = [columns.min(), rows.min(), columns.max(), rows.max()]
    np.testing.assert_allclose(visible['bbox'][0], expected, atol=1e-2)
    assert visible['bbox'][1, 0] < 0
    annos, _ = dataset.format_results(
        [outputs_of([CAR, partly_left]), outputs_of([]), outputs_of([])]
    )
    assert annos[0]['bbox'][1, 0] == 0
    assert annos[0]['bbox'].max() <= 1242


def test_boxes_out_of_sight_or_out_of_range_are_not_reported(dataset):
    beside, behind, far = [5, 20, -1.6], [-20, 0, -1.6], [75, 0, -1.6]
    high, kept = [20, 0, 0.5], [20, 0, -1.6]
    boxes = [[*centre, 4, 1.7, 1.5, 0] for centre in (beside, behind, far, high, kept)]
    dataset.pcd_limit_range = [0, -40, -3, 70.4, 40, 0]
    visible = dataset.convert_valid_bboxes(outputs_of(boxes), dataset.data_infos[0])
    np.testing.assert_allclose(visible['box3d_lidar'], boxes[-1:])
    dataset.pcd_limit_range = [-100, -100, -5, 100, 100, 5]
    visible = dataset.convert_valid_bboxes(outputs_of(boxes), dataset.data_infos[0])
    np.testing.assert_allclose(visible['box3d_lidar'], boxes[2:])


def test_a_box_cut_by_the_camera_plane_stays_on_its_side():
    # From 1 m behind to 3 m before the camera, 2 m to 4 m right of it: nothing of it is left of
    # the image of its front edge.
    corners = torch.tensor([[[x, y, z] for x in (2, 4) for y in (0, 2) for z in (-1, 3)]])
    projection = np.array([[700, 0, 600, 0], [0, 700, 180, 0], [0, 0, 1, 0]])
    outlines, in_front = image_outlines(corners.float(), projection)
    assert outlines[0, 0] == pytest.approx(600 + 700 * 2 / 3, abs=1e-2)
    assert outlines[0, 2] > 1e5
    assert in_front.tolist() == [True]
    assert image_outlines(corners.float() - torch.tensor([0, 0, 5]), projection)[1].tolist() == [
        False
    ]


def test_results_that_do_not_fit_the_data_set_are_refused(dataset):
    with pytest.raises(ValueError, match='2 results for 3 frames'):
        dataset.evaluate([outputs_of([])] * 2)
    wrong = outputs_of([CAR], [3])
    with pytest.raises(ValueError, match='labels 3 to 3'):
        dataset.evaluate([wrong, outputs_of([]), outputs_of([])])


def test_a_split_without_labels_can_be_formatted_but_not_evaluated(make_kitti):
    dataset = KittiDataset(**make_kitti(FRAMES, with_annos=False), test_mode=True)
    outputs = [outputs_of([CAR])] * 3
    assert len(dataset.format_results(outputs)[0]) == 3
    with pytest.raises(KeyError, match='--format-only'):
        dataset.evaluate(outputs)


def test_frames_are_drawn_on_request(dataset, as_detections, tmp_path):
    pictures = tmp_path / 'pictures'
    dataset.evaluate(as_detections(dataset), logger='silent', out_dir=str(pictures))
    assert sorted(p.name for p in pictures.iterdir()) == [f'00000{i}.png' for i in range(3)]
    with pytest.raises(ValueError, match='out_dir'):
        dataset.evaluate(as_detections(dataset), show=True)
