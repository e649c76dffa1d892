"""The weights of a frame's objects stay beside their boxes, from the data set to the metas."""

import copy
import pickle

import numpy as np
import pytest

from mmdet3d.datasets import KittiDataset
from mmdet3d.datasets.files import DataFormatError
from mmdet3d.datasets.pipelines import (
    Collect3D,
    DataBaseSampler,
    LoadAnnotations3D,
    ObjectNameFilter,
    ObjectNoise,
    ObjectRangeFilter,
    ObjectSample,
)

BOXES = [[10.0, y, -1, 4, 2, 1.5, 0.1] for y in (-15, -5, 5, 15)]
WEIGHTS = np.array([0.25, 0.5, 0, 1], dtype=np.float32)
CAR = [30.0, 0, -1, 4, 2, 1.5, 0.5]


@pytest.fixture
def frame(make_frame):
    return {**make_frame(BOXES, [0, 1, -1, -1]), 'gt_weights_3d': WEIGHTS.copy()}


@pytest.fixture
def pasting(tmp_path):
    """Gives a step that pastes one car, whose entry of the database is changed."""
    np.zeros((5, 4), np.float32).tofile(tmp_path / 'car.bin')

    def make(options=None, **changes) -> ObjectSample:
        entry = {'name': 'Car', 'path': 'car.bin', 'box3d_lidar': np.float32(CAR), 'group_id': 0}
        path = tmp_path / 'dbinfos.pkl'
        path.write_bytes(pickle.dumps({'Car': [{**entry, **changes}]}))
        settings = dict(rate=1.0, prepare={}, sample_groups={'Car': 5}, classes=['Car'])
        where = dict(info_path=str(path), data_root=str(tmp_path))
        return ObjectSample({**where, **settings, **(options or {})})

    return make


def test_loading_hands_the_weights_on_where_there_are_any(frame):
    del frame['gt_weights_3d']
    annos = {'gt_bboxes_3d': 0, 'gt_labels_3d': 0}
    loaded = LoadAnnotations3D()({**frame, 'ann_info': {**annos, 'gt_weights_3d': WEIGHTS}})
    assert loaded['gt_weights_3d'] is WEIGHTS
    assert 'gt_weights_3d' not in LoadAnnotations3D()({**frame, 'ann_info': annos})


def test_filters_keep_weights_and_boxes_in_step(frame):
    kept = ObjectRangeFilter([0, -10, -3, 40, 40, 1])(frame)
    assert kept['gt_weights_3d'].tolist() == [0.5, 0, 1]
    assert len(kept['gt_bboxes_3d']) == len(kept['gt_labels_3d']) == 3


def test_a_filter_by_name_keeps_ignored_regions(frame):
    kept = ObjectNameFilter(['Car', 'Pedestrian'])(frame)
    assert kept['gt_weights_3d'].tolist() == [0.25, 0.5, 0]
    assert kept['gt_labels_3d'].tolist() == [0, 1, -1]


def test_moved_objects_keep_their_weights(frame, seed_generators):
    moved = ObjectNoise()(frame)
    assert moved['gt_weights_3d'].tolist() == WEIGHTS.tolist()


@pytest.mark.parametrize(
    'step', [ObjectRangeFilter([0, -10, -3, 40, 40, 1]), ObjectNameFilter(['Car'])]
)
def test_filters_give_frames_without_weights_none(frame, step):
    del frame['gt_weights_3d']
    assert 'gt_weights_3d' not in step(frame)


@pytest.mark.parametrize(
    'score, expected', [({'score': 0.75}, 0.75), ({}, 1), ({'score': 0.0}, 1), ({'score': -1}, 1)]
)
def test_pasted_objects_append_their_scores(frame, pasting, score, expected):
    """A score of 0 or -1 is what ground truth has."""
    pasted = pasting(**score)(frame)
    assert pasted['gt_weights_3d'].tolist() == [*WEIGHTS.tolist(), expected]
    assert pasted['gt_weights_3d'].dtype == np.float32
    assert len(pasted['gt_bboxes_3d']) == 5


def test_pasted_objects_with_scores_bring_weights_to_a_frame_without(frame, pasting):
    del frame['gt_weights_3d']
    pasted = pasting(score=0.75)(copy.deepcopy(frame))
    assert pasted['gt_weights_3d'].tolist() == [1, 1, 1, 1, 0.75]
    assert 'gt_weights_3d' not in pasting()(copy.deepcopy(frame))


def test_scores_of_a_database_need_not_weigh(frame, pasting):
    pasted = pasting(dict(weigh_by_score=False), score=0.75)(frame)
    assert pasted['gt_weights_3d'].tolist() == [*WEIGHTS.tolist(), 1]
    with pytest.raises(ValueError, match=r'weigh_by_score=2.*of DataBaseSampler; expected True'):
        pasting(dict(weigh_by_score=2))


@pytest.mark.parametrize('score', [1.5, 'high', None, np.nan])
def test_a_malformed_score_of_a_database_is_refused(pasting, score):
    with pytest.raises(DataFormatError, match=r'dbinfos.pkl: the score of car.bin is'):
        pasting(score=score)


@pytest.mark.parametrize('keys', [{}, {'meta_keys': ['sample_idx']}])
def test_weights_leave_in_the_metas_whatever_keys_are_asked_for(frame, keys):
    collected = Collect3D(['points', 'gt_bboxes_3d'], **keys)(frame)
    assert collected['img_metas'].data['gt_weights_3d'].tolist() == WEIGHTS.tolist()
    del frame['gt_weights_3d']
    assert 'gt_weights_3d' not in Collect3D(['points'], **keys)(frame)['img_metas'].data


@pytest.mark.parametrize(
    'step', [ObjectRangeFilter([0, -10, -3, 40, 40, 1]), ObjectNameFilter(['Car'])]
)
def test_a_step_that_changed_the_boxes_alone_is_spoken_of(frame, step):
    frame['gt_bboxes_3d'] = frame['gt_bboxes_3d'][:2]
    with pytest.raises(ValueError, match='2 gt_bboxes_3d but 4 gt_weights_3d: an earlier step'):
        step(frame)


def test_a_frame_is_trained_with_its_weights_beside_its_boxes(
    make_kitti, tmp_path, load_steps, wrap_steps, seed_generators
):
    arguments = make_kitti([([CAR, [12, -30, -1, 4, 2, 1.5, 0]], ['Car', 'Car'])])
    infos = pickle.loads((tmp_path / 'infos.pkl').read_bytes())
    infos[0]['annos'] |= {
        'gt_bboxes_3d': np.float32([CAR, [12, -30, -1, 4, 2, 1.5, 0]]),
        'score': np.array([0.5, 0.25]),
        'ignored': np.array([False, True]),
    }
    (tmp_path / 'infos.pkl').write_bytes(pickle.dumps(infos))
    steps = [*load_steps, dict(type='ObjectRangeFilter', point_cloud_range=[0, -20, -3, 70, 20, 1])]
    whole = KittiDataset(**arguments, pipeline=[*load_steps, *wrap_steps])[0]
    near = KittiDataset(**arguments, pipeline=[*steps, *wrap_steps])[0]
    for data, weights in ((whole, [0.5, 0]), (near, [0.5])):
        assert data['img_metas'].data['gt_weights_3d'].tolist() == weights
        assert len(data['gt_bboxes_3d'].data) == len(weights)


def test_a_frame_of_ignored_regions_alone_is_trained_on(
    make_kitti, tmp_path, load_steps, wrap_steps
):
    arguments = make_kitti([([CAR], ['Car'])])
    infos = pickle.loads((tmp_path / 'infos.pkl').read_bytes())
    infos[0]['annos']['ignored'] = np.array([True])
    (tmp_path / 'infos.pkl').write_bytes(pickle.dumps(infos))
    data = KittiDataset(**arguments, pipeline=[*load_steps, *wrap_steps])[0]
    assert data['img_metas'].data['gt_weights_3d'].tolist() == [0]


@pytest.mark.parametrize('filtered, drawn', [(True, {1}), (False, {0})])
def test_a_frame_the_teacher_found_nothing_in_is_replaced_or_background(
    make_kitti, tmp_path, load_steps, wrap_steps, filtered, drawn
):
    arguments = make_kitti([([], []), ([CAR], ['Car'])])
    infos = pickle.loads((tmp_path / 'infos.pkl').read_bytes())
    for info, count in zip(infos, (0, 1)):
        marks = {'score': np.full(count, 0.5), 'ignored': np.zeros(count, bool)}
        info['annos'] |= {'gt_bboxes_3d': np.float32([CAR])[:count], **marks}
    (tmp_path / 'infos.pkl').write_bytes(pickle.dumps(infos))
    steps = [*load_steps, *wrap_steps]
    data = KittiDataset(**arguments, pipeline=steps, filter_empty_gt=filtered)[0]
    assert {data['img_metas'].data['sample_idx']} == drawn
    assert len(data['gt_bboxes_3d'].data) == len(data['img_metas'].data['gt_weights_3d'])


def test_the_option_is_shown(pasting):
    sampler = pasting(dict(weigh_by_score=False)).db_sampler
    assert isinstance(sampler, DataBaseSampler)
    assert 'weigh_by_score=False' in repr(sampler)
