"""Classes that are not KITTI's, and data that no camera saw, in KITTI's benchmark."""

import numpy as np
import pytest
from support.evaluation_frames import make_frames

from mmdet3d.core.evaluation import class_names, kitti_eval

RENAMED = {'Car': 'Bus', 'Pedestrian': 'Scooter', 'Cyclist': 'Person on bike'}


def renamed(annos, names):
    return [
        {**anno, 'name': np.array([names.get(name, name) for name in anno['name'].tolist()])}
        for anno in annos
    ]


def scored(annos):
    return [{**anno, 'score': np.linspace(1, 0.5, len(anno['name']))} for anno in annos]


@pytest.fixture(scope='module')
def frames():
    """Ground truth without look-alikes, which own classes do not have, and detections."""
    gt, dt = make_frames()
    alone = {'Van': 'Tram', 'Person_sitting': 'Misc'}
    return renamed(gt, alone), dt


def test_own_classes_have_kittis_figures_for_objects_of_their_size(frames):
    _, of_kitti = kitti_eval(*frames, list(RENAMED))
    gt, dt = (renamed(side, RENAMED) for side in frames)
    text, figures = kitti_eval(gt, dt, list(RENAMED.values()))
    keys = [key.replace(old, new) for key in of_kitti for old, new in RENAMED.items() if old in key]
    assert set(figures) == {*keys, *(key for key in of_kitti if 'Overall' in key)}
    for key, value in of_kitti.items():
        for old, new in RENAMED.items():
            key = key.replace(old, new)
        assert figures[key] == pytest.approx(value, abs=1e-9), key
    assert 'Bus AP40@0.70, 0.50, 0.50:' in text
    assert 'Bus: least overlaps 0.7 (strict) and 0.5 (loose) for objects that are 3.9 m' in text
    assert text.count('min_overlaps of the data set sets others') == 3


def test_chosen_overlaps_are_those_of_the_tables_and_of_the_figures(frames):
    gt, dt = (renamed(side, RENAMED) for side in frames)
    chosen = {'bus': (0.5, 0.25), 'Scooter': 0.5}
    text, figures = kitti_eval(gt, dt, ['Bus', 'Scooter'], ['3d'], chosen)
    assert 'Bus AP40@0.50, 0.25, 0.25:' in text and 'Scooter AP40@0.50, 0.50, 0.50:' in text
    assert 'min_overlaps' not in text
    key = 'KITTI/Scooter_3D_AP40_moderate_'
    assert figures[f'{key}strict'] == figures[f'{key}loose']
    _, by_size = kitti_eval(gt, dt, ['Bus', 'Scooter'], ['3d'])
    bus = 'KITTI/Bus_3D_AP40_moderate_strict'
    assert figures[bus] > by_size[bus] + 1


def test_kittis_classes_take_other_overlaps_only_where_they_are_chosen(frames):
    text, _ = kitti_eval(*frames, ['Car', 'Cyclist'], ['3d'], {'Car': 0.5})
    assert 'Car AP40@0.50, 0.50, 0.50:' in text and 'Cyclist AP40@0.50, 0.25, 0.25:' in text


@pytest.mark.parametrize(
    'chosen, message',
    [
        ({'Buss': 0.5}, "min_overlaps names 'Buss', the classes are"),
        ({'Bus': 1.5}, 'min_overlaps of Bus is 1.5; expected a number between 0 and 1'),
        ({'Bus': (0.25, 0.5)}, 'the strict one the larger'),
        ({'Bus': (0.7, 0.5, 0.5)}, 'expected a number between 0 and 1, or two'),
        ({'Bus': 'high'}, "min_overlaps of Bus is 'high'"),
        ([0.5], r'min_overlaps=\[0.5\]; expected a dict'),
    ],
)
def test_overlaps_that_cannot_be_are_refused(frames, chosen, message):
    with pytest.raises(ValueError, match=message):
        kitti_eval(*frames, ['Bus'], min_overlaps=chosen)


def test_case_counts_only_between_classes_that_differ_by_nothing_else():
    gt, _ = make_frames()
    named = renamed(gt, {'Car': 'bus', 'Pedestrian': 'Bus', 'Cyclist': 'BUS'})
    _, figures = kitti_eval(named, scored(named), ['Bus'], ['3d'])
    assert figures['KITTI/Bus_3D_AP40_easy_strict'] == 100
    as_seen = [
        {**anno, 'name': np.where(anno['name'] == 'bus', 'Bus', anno['name'])} for anno in named
    ]
    _, mixed = kitti_eval(named, scored(as_seen), ['Bus', 'bus'], ['3d'])
    assert mixed['KITTI/bus_3D_AP40_easy_strict'] == 0
    _, apart = kitti_eval(named, scored(named), ['Bus', 'bus'], ['3d'])
    assert apart['KITTI/bus_3D_AP40_easy_strict'] == 100
    assert apart['KITTI/Bus_3D_AP40_easy_strict'] == 100


def test_names_have_kittis_spelling_where_they_are_kittis():
    assert class_names(['car', 'PERSON_SITTING', 'bus']) == ['Car', 'Person_sitting', 'bus']
    assert class_names(['van', 'Van']) == ['van', 'Van']


def test_a_look_alike_is_neutral_unless_it_is_evaluated_itself():
    gt, _ = make_frames()
    # Every van is taken for a car.
    dt = [
        {**anno, 'name': np.where(anno['name'] == 'Van', 'Car', anno['name'])}
        for anno in scored(gt)
    ]
    key = 'KITTI/Car_3D_AP40_easy_strict'
    assert kitti_eval(gt, dt, ['Car'], ['3d'])[1][key] == 100
    assert kitti_eval(gt, dt, ['Car', 'Van'], ['3d'])[1][key] < 99


def without_camera(annos, value):
    return [{**anno, 'bbox': np.full_like(anno['bbox'], value)} for anno in annos]


@pytest.mark.parametrize('value', [0.0, -1.0])
def test_objects_without_a_box_in_the_image_count_by_occlusion_and_truncation_alone(value):
    gt, _ = make_frames()
    blind = without_camera(gt, value)
    text, figures = kitti_eval(blind, scored(blind), ['Car', 'Pedestrian'], ['bev', '3d'])
    assert set(figures.values()) == {100.0}
    assert 'No object has a box in the image' in text


def test_objects_without_a_box_among_others_with_one_are_counted():
    gt, _ = make_frames()
    mixed = [*without_camera(gt[:20], 0.0), *gt[20:]]
    text, _ = kitti_eval(mixed, scored(mixed), ['Car'])
    # Six objects are in each frame.
    assert '120 of 360 objects have no box in the image' in text
    assert 'no box' not in kitti_eval(gt, scored(gt), ['Car'])[0]


def test_a_class_of_which_nothing_counts_is_named():
    gt, _ = make_frames()
    hidden = [{**anno, 'occluded': np.full(len(anno['name']), 3)} for anno in gt]
    text, _ = kitti_eval(hidden, scored(hidden), ['Car', 'Tram'], ['3d'])
    assert 'Car: none of ' in text and "name='hard'" in text
    assert 'Tram: no object of the ground truth is one' in text
    assert 'it has Car, Cyclist, Pedestrian, Person_sitting, Van' in text
