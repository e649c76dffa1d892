"""Frames that a teacher labelled: their boxes, weights and ignored regions, in every data set."""

import pickle

import numpy as np
import pytest
import torch

from mmdet3d.datasets import Custom3DDataset, KittiDataset, NuScenesDataset
from mmdet3d.datasets.files import DataFormatError

CARS = [[20, 4, -1.6, 4, 1.7, 1.5, 0.3], [12, -3, -1.6, 3.9, 1.6, 1.5, 2.0]]
WALKER = [9, 1, -1.6, 0.8, 0.6, 1.7, 1.0]
BOXES = np.array([*CARS, WALKER], dtype=np.float32)
NAMES = ['Car', 'Car', 'Pedestrian']
SCORES, IGNORED = [0.25, 0.5, 0.75], [False, True, False]
KINDS = ('kitti', 'nuscenes', 'custom')
KEYS = {'kitti': ('score', 'ignored')}


class Written:
    """A data set of one frame with three objects, whose info file can be changed."""

    def __init__(self, kind: str, make_kitti, nuscenes_data, tmp_path):
        self.kind = kind
        self.scores, self.ignored = KEYS.get(kind, ('gt_scores', 'gt_ignored'))
        self.path = tmp_path / 'teacher.pkl'
        self.arguments = {'data_root': str(tmp_path), 'ann_file': str(self.path)}
        self.build = {'kitti': KittiDataset, 'nuscenes': NuScenesDataset}.get(kind, Custom3DDataset)
        if kind == 'kitti':
            self.arguments |= {**make_kitti([(BOXES.tolist(), NAMES)]), 'ann_file': str(self.path)}
            self.content = pickle.loads((tmp_path / 'infos.pkl').read_bytes())
            self.objects = self.content[0]['annos']
        elif kind == 'nuscenes':
            self.content = pickle.loads((nuscenes_data / 'nuscenes_infos_train.pkl').read_bytes())
            self.content['infos'] = self.content['infos'][:1]
            (self.objects,) = self.content['infos']
            middles = BOXES + np.float32([0, 0, 0.75, 0, 0, 0, 0])
            self.objects.update(
                gt_boxes=middles,
                gt_names=np.array(['car', 'car', 'pedestrian']),
                gt_velocity=np.ones((3, 2)),
                num_lidar_pts=np.array([3, 4, 5]),
                valid_flag=np.ones(3, bool),
                num_radar_pts=np.zeros(3, int),
            )
        else:
            self.arguments['classes'] = ['Pedestrian', 'Cyclist', 'Car']
            self.objects = {'gt_bboxes_3d': BOXES, 'gt_names': NAMES}
            self.content = [{'sample_idx': 7, 'pts_path': 'a.bin', 'annos': self.objects}]

    def label(self, **changes):
        """Add what a teacher says; of Custom3DDataset the boxes are there already."""
        boxes = {} if self.kind == 'custom' else {'gt_bboxes_3d': BOXES}
        marks = {self.scores: np.array(SCORES), self.ignored: np.array(IGNORED)}
        self.objects.update({**boxes, **marks, **changes})
        return self

    def load(self, **arguments):
        self.path.write_bytes(pickle.dumps(self.content))
        return self.build(**self.arguments, **arguments)

    def annos(self, **arguments):
        return self.load(**arguments).get_ann_info(0)


@pytest.fixture(params=KINDS)
def written(request, make_kitti, nuscenes_data, tmp_path):
    return Written(request.param, make_kitti, nuscenes_data, tmp_path)


def test_ground_truth_has_no_weights(written):
    assert 'gt_weights_3d' not in written.annos()


def test_an_object_weighs_its_score_and_an_ignored_region_nothing(written):
    weights = written.label().annos()['gt_weights_3d']
    assert weights.dtype == np.float32
    assert weights.tolist() == [0.25, 0, 0.75]


def test_scores_need_not_weigh_but_ignored_regions_stay(written):
    weights = written.label().annos(weigh_by_score=False)['gt_weights_3d']
    assert weights.tolist() == [1, 0, 1]


def test_scores_alone_and_flags_alone_are_enough(written):
    written.label()
    flags = written.objects.pop(written.ignored)
    assert written.annos()['gt_weights_3d'].tolist() == SCORES
    written.objects[written.ignored] = flags
    written.objects.pop(written.scores)
    assert written.annos()['gt_weights_3d'].tolist() == [1, 0, 1]


def test_boxes_are_to_the_digit_what_the_detector_gave(written):
    boxes = BOXES + np.float32(0.123456)
    found = written.label(gt_bboxes_3d=boxes).annos()['gt_bboxes_3d'].tensor
    assert torch.equal(found[:, :7], torch.from_numpy(boxes))


def test_using_the_boxes_leaves_the_info_as_it_is(written):
    dataset = written.label().load()
    dataset.get_ann_info(0)['gt_bboxes_3d'].translate([1, 2, 3])
    found = dataset.get_ann_info(0)['gt_bboxes_3d'].tensor[:, :7]
    assert torch.equal(found, torch.from_numpy(BOXES))


def test_an_ignored_region_is_no_object_of_its_class(written):
    written.label(**{written.ignored: np.array([True, True, False])})
    dataset = written.load()
    assert [dataset.CLASSES[i].lower() for i in dataset.get_cat_ids(0)] == ['pedestrian']


def test_unsound_objects_take_their_rows_along(written):
    boxes = BOXES.copy()
    boxes[0, 3] = np.nan
    written.label(gt_bboxes_3d=boxes)
    with pytest.warns(UserWarning, match='left out 1 of 3 objects'):
        annos = written.annos()
    assert annos['gt_weights_3d'].tolist() == [0, 0.75]
    assert torch.equal(annos['gt_bboxes_3d'].tensor[:, :7], torch.from_numpy(BOXES[1:]))


def test_a_frame_without_any_object_has_no_weight(written):
    objects = written.label().objects
    per_object = {k: v for k, v in objects.items() if isinstance(v, (list, np.ndarray))}
    objects.update({k: v[:0] for k, v in per_object.items() if len(v) == 3 and k != 'sweeps'})
    annos = written.annos()
    assert annos['gt_weights_3d'].shape == (0,)
    assert len(annos['gt_bboxes_3d']) == 0


@pytest.mark.parametrize(
    'key, value, message',
    [
        ('scores', [0.5, 0.5], '{key}'),
        ('scores', 0.5, '{key}'),
        ('scores', [0.5, 1.5, 0.5], '{key} is .*expected numbers from 0 to 1'),
        ('scores', [0.5, -1, 0.5], '{key} is .*expected numbers from 0 to 1'),
        ('scores', [0.5, np.nan, 0.5], '{key} is .*expected numbers from 0 to 1'),
        ('scores', ['a', 'b', 'c'], '{key} is .*expected numbers from 0 to 1'),
        ('scores', [[0.5], [0.5], [0.5]], r'{key} has the shape \(3, 1\)'),
        ('scores', [[0.5], [0.5, 1], [0.5]], '{key} is no row of numbers'),
        ('ignored', [True], '{key}'),
        ('ignored', [0.0, 1.0, 0.0], '{key} is .*expected True or False'),
        ('ignored', ['no', 'no', 'yes'], '{key} is .*expected True or False'),
    ],
)
def test_malformed_marks_are_refused_by_file_frame_and_key(written, key, value, message):
    name = getattr(written, key)
    written.label(**{name: value})
    place = 'sample [0-9a-f]+' if written.kind == 'nuscenes' else 'frame 0'
    with pytest.raises(DataFormatError, match=f'teacher.pkl, {place}.*{message.format(key=name)}'):
        written.load()


@pytest.mark.parametrize('boxes', [BOXES[:2], BOXES[:, :5], BOXES[0], [['a'] * 7] * 3])
def test_malformed_boxes_are_refused_by_file_frame_and_key(written, boxes):
    written.label(gt_bboxes_3d=boxes)
    place = 'sample [0-9a-f]+' if written.kind == 'nuscenes' else 'frame 0'
    with pytest.raises(DataFormatError, match=f'teacher.pkl, {place}.*gt_bboxes_3d'):
        written.load()


def test_the_option_is_on_or_off(written):
    with pytest.raises(ValueError, match=r"weigh_by_score='no'.*expected True or False"):
        written.load(weigh_by_score='no')


def test_the_score_that_every_label_of_kitti_has_is_no_teachers(make_kitti, tmp_path):
    """It is 0 in ground truth."""
    written = Written('kitti', make_kitti, None, tmp_path)
    assert written.objects['score'].tolist() == [0, 0, 0]
    written.objects['ignored'] = np.array(IGNORED)
    assert written.annos()['gt_weights_3d'].tolist() == [1, 0, 1]


def test_regions_that_kitti_left_out_take_their_rows_along(make_kitti, tmp_path):
    written = Written('kitti', make_kitti, None, tmp_path).label()
    written.objects['name'] = np.array(['Car', 'DontCare', 'Pedestrian'])
    annos = written.annos()
    assert annos['gt_weights_3d'].tolist() == [0.25, 0.75]
    assert torch.equal(annos['gt_bboxes_3d'].tensor, torch.from_numpy(BOXES[[0, 2]]))


def test_objects_that_no_point_of_nuscenes_fell_on_take_their_rows_along(nuscenes_data, tmp_path):
    written = Written('nuscenes', None, nuscenes_data, tmp_path).label()
    written.objects['num_lidar_pts'] = np.array([0, 4, 5])
    annos = written.annos()
    assert annos['gt_weights_3d'].tolist() == [0, 0.75]
    assert torch.equal(annos['gt_bboxes_3d'].tensor[:, :7], torch.from_numpy(BOXES[1:]))


@pytest.mark.parametrize('with_velocity', [True, False])
def test_nuscenes_takes_the_detectors_velocities_or_those_of_the_file(
    nuscenes_data, tmp_path, with_velocity
):
    written = Written('nuscenes', None, nuscenes_data, tmp_path)
    moving = np.concatenate([BOXES, np.full((3, 2), 5, np.float32)], axis=1)
    for boxes, velocity in ((moving, 5), (BOXES, 1)):
        found = written.label(gt_bboxes_3d=boxes).annos(with_velocity=with_velocity)
        rows = found['gt_bboxes_3d'].tensor
        assert rows.shape == (3, 9 if with_velocity else 7)
        assert torch.equal(rows[:, :7], torch.from_numpy(BOXES))
        assert (rows[:, 7:] == velocity).all()
