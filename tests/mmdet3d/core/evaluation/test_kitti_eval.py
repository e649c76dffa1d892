"""The KITTI benchmark as a user calls it."""

import json

import numpy as np
import pytest
from support.evaluation_frames import make_frames

from mmdet3d.core.evaluation import kitti_eval

CLASSES = ['Car', 'Pedestrian', 'Cyclist']


@pytest.fixture(scope='module')
def frames():
    """Ground truth and detections of made-up frames."""
    return make_frames()


@pytest.fixture(scope='module')
def whole(frames):
    """The text and figures of all classes and views; of the reference's frames they agree."""
    return kitti_eval(*frames, CLASSES)


def anno_of(*objects, **more):
    """Build the annotation of a frame of cars; each object is (x, changes to its columns)."""
    rows = []
    for x, changes in objects:
        row = dict(
            name='Car',
            truncated=0.0,
            occluded=0,
            alpha=0.3,
            bbox=[10 * x, 100.0, 10 * x + 80, 160.0],
            dimensions=[4.0, 1.5, 1.6],
            location=[x, 1.6, 20.0],
            rotation_y=0.2,
        )
        rows.append(row | changes)
    anno = {key: np.array([row[key] for row in rows]) for key in rows[0]}
    return anno | {key: np.array(value) for key, value in more.items()}


def empty_anno():
    anno = {key: np.zeros(0) for key in ('truncated', 'occluded', 'alpha', 'rotation_y', 'score')}
    wide = dict(bbox=np.zeros((0, 4)), dimensions=np.zeros((0, 3)), location=np.zeros((0, 3)))
    return anno | wide | dict(name=np.array([]))


def scored(annos):
    return [anno | dict(score=np.linspace(1, 0.5, len(anno['name']))) for anno in annos]


def shifted(anno, columns):
    return anno | {key: np.asarray(anno[key]) + by for key, by in columns.items()}


def aos_values(text):
    lines = [line.split(':')[1] for line in text.splitlines() if line.startswith('aos')]
    return np.array([[float(value) for value in line.split(',')] for line in lines])


def test_agrees_with_mmdetection3d_on_all_126_figures(reference_dir):
    reference = json.loads((reference_dir / 'kitti_eval.json').read_text())
    gt, dt = (
        [{key: np.array(value) for key, value in anno.items()} for anno in reference[side]]
        for side in ('gt', 'dt')
    )
    _, figures = kitti_eval(gt, dt, reference['classes'])
    assert list(figures) == list(reference['result'])
    for key, value in reference['result'].items():
        assert figures[key] == pytest.approx(value, abs=1e-6), key


def test_text_holds_the_tables_users_know(whole):
    text, figures = whole
    value = figures['KITTI/Car_3D_AP40_moderate_strict']
    assert 1 < value < 99
    table = text[text.index('Car AP40@0.70, 0.70, 0.70:') :].splitlines()[:5]
    assert [line.split(' ')[0] for line in table[1:]] == ['bbox', 'bev', '3d', 'aos']
    assert table[3].startswith('3d   AP40:') and f'{value:.4f}' in table[3]
    assert 'Pedestrian AP11@0.50, 0.25, 0.25:' in text
    assert 'Overall AP11@easy, moderate, hard:' in text


def test_order_of_frames_and_of_detections_does_not_matter(frames):
    gt, dt = frames
    rng = np.random.default_rng(0)
    dt = [anno | dict(score=rng.permutation(len(anno['score'])) + rng.random()) for anno in dt]
    _, before = kitti_eval(gt, dt, CLASSES)
    shuffled = rng.permutation(len(gt))
    mixed = []
    for frame in shuffled:
        order = rng.permutation(len(dt[frame]['name']))
        mixed.append({key: value[order] for key, value in dt[frame].items()})
    _, after = kitti_eval([gt[frame] for frame in shuffled], mixed, CLASSES)
    assert after == pytest.approx(before, abs=1e-9)


def test_a_far_false_positive_never_raises_a_figure(frames, whole):
    gt, dt = frames
    rng = np.random.default_rng(1)
    score = min(anno['score'].min() for anno in dt)
    worse = []
    for anno in dt:
        extra = {key: value[:1] for key, value in anno.items()}
        extra['location'] = extra['location'] + [0, 0, 500]
        extra['bbox'] = extra['bbox'] + 2000
        extra['score'] = np.array([rng.uniform(score, 1.0)])
        extra['name'] = rng.choice(CLASSES, 1)
        worse.append({key: np.concatenate([anno[key], extra[key]]) for key in anno})
    _, before = whole
    _, after = kitti_eval(gt, worse, CLASSES)
    assert all(after[key] <= before[key] + 1e-9 for key in before)
    assert any(after[key] < before[key] - 0.1 for key in before)


def test_ground_truth_against_itself_is_perfect(frames):
    gt, _ = frames
    text, figures = kitti_eval(gt, scored(gt), CLASSES)
    assert set(figures.values()) == {100.0}
    assert (aos_values(text) == 100).all()


def read_label(path):
    rows = [line.split() for line in path.read_text().splitlines()]
    numbers = np.array([row[1:] for row in rows], dtype=float)
    return dict(
        name=np.array([row[0] for row in rows]),
        truncated=numbers[:, 0],
        occluded=numbers[:, 1],
        alpha=numbers[:, 2],
        bbox=numbers[:, 3:7],
        dimensions=numbers[:, [9, 7, 8]],
        location=numbers[:, 10:13],
        rotation_y=numbers[:, 13],
    )


def test_frames_of_the_sample_against_themselves_are_perfect_where_there_is_an_object(kitti_sample):
    labels = sorted((kitti_sample / 'training' / 'label_2').glob('*.txt'))
    gt = [read_label(path) for path in labels]
    _, figures = kitti_eval(gt, scored(gt), CLASSES)
    assert figures['KITTI/Car_3D_AP11_moderate_strict'] == 100
    assert figures['KITTI/Car_BEV_AP40_hard_loose'] == 100
    assert {figures[key] for key in figures if 'Overall' not in key} <= {0.0, 100.0}


def test_flipped_headings_have_no_orientation_similarity(frames):
    gt, _ = frames
    flipped = [shifted(anno, dict(alpha=np.pi)) for anno in scored(gt)]
    text, figures = kitti_eval(gt, flipped, CLASSES)
    assert aos_values(text) == pytest.approx(0, abs=1e-9)
    assert figures['KITTI/Car_2D_AP11_easy_strict'] == 100


def test_orientation_is_left_out_where_detections_have_no_angles():
    gt = [anno_of((0, {}))]
    dt = [anno_of((0, dict(alpha=-10.0)), score=[0.9])]
    assert 'aos' not in kitti_eval(gt, dt, 'Car')[0]
    assert 'aos' not in kitti_eval(dt, scored(gt), 'Car')[0]


def test_hand_computed_case():
    # 4 cars, of which 2 are found; between their scores lies one false positive. The scores 0.9 and
    # 0.7 become the recalls 0 and 1/40, with the precisions 1 and 2/3; no recall follows.
    gt = [anno_of((-20, {}), (0, {}), (20, {})), anno_of((5, {}))]
    dt = [anno_of((-20, {}), (10, {}), score=[0.9, 0.8]), anno_of((5, {}), score=[0.7])]
    _, figures = kitti_eval(gt, dt, ['Car'])
    for metric in ('2D', 'BEV', '3D'):
        assert figures[f'KITTI/Car_{metric}_AP11_easy_strict'] == pytest.approx(100 / 11)
        assert figures[f'KITTI/Car_{metric}_AP40_hard_loose'] == pytest.approx(200 / 3 / 40)


def one_car_and(*extra_gt):
    return [anno_of((0, {}), *extra_gt)]


def precision_of_one_car(gt, extra_dt, metric, difficulty='easy'):
    """Return the precision (%) at recall 0 with the car found and an extra, surer detection."""
    dt = [anno_of((0, {}), extra_dt, score=[0.5, 0.9])]
    _, figures = kitti_eval(gt, dt, 'Car')
    return figures[f'KITTI/Car_{metric}_AP40_{difficulty}_strict']


@pytest.mark.parametrize('metric', ['2D', 'BEV', '3D'])
def test_look_alikes_and_hidden_objects_are_neutral(metric):
    other = (30, {})
    assert precision_of_one_car(one_car_and(), other, metric) == pytest.approx(50)
    for changes in (dict(name='Van'), dict(occluded=3), dict(truncated=0.9)):
        gt = one_car_and((30, changes))
        assert precision_of_one_car(gt, other, metric) == pytest.approx(100)
    gt = one_car_and((30, dict(name='Pedestrian')))
    assert precision_of_one_car(gt, other, metric) == pytest.approx(50)


def test_detections_too_low_in_the_image_are_neutral():
    low = (30, dict(bbox=[300.0, 100.0, 380.0, 130.0]))
    assert precision_of_one_car(one_car_and(), low, '3D', 'easy') == pytest.approx(100)
    assert precision_of_one_car(one_car_and(), low, '3D', 'hard') == pytest.approx(50)


def test_an_object_at_the_least_height_is_neutral_but_a_detection_is_not():
    tall_40 = (30, dict(bbox=[300.0, 100.0, 380.0, 140.0]))
    assert precision_of_one_car(one_car_and(), tall_40, '3D') == pytest.approx(50)
    gt = one_car_and(tall_40)
    dt = [anno_of((0, {}), score=[0.5])]
    _, figures = kitti_eval(gt, dt, 'Car')
    assert figures['KITTI/Car_3D_AP40_easy_strict'] == pytest.approx(100)
    assert figures['KITTI/Car_3D_AP40_moderate_strict'] == pytest.approx(0)


def test_dontcare_regions_excuse_detections_in_the_image_only():
    region = dict(
        name='DontCare',
        bbox=[290.0, 90.0, 420.0, 180.0],
        location=[-1000.0] * 3,
        dimensions=[-1.0] * 3,
        truncated=-1.0,
        occluded=-1,
        alpha=-10.0,
    )
    gt = one_car_and((30, region))
    assert precision_of_one_car(gt, (30, {}), '2D') == pytest.approx(100)
    assert precision_of_one_car(gt, (30, {}), '3D') == pytest.approx(50)


def test_frames_without_detections_or_objects():
    gt = [anno_of((0, {})), empty_anno(), anno_of((3, {}))]
    dt = [empty_anno(), anno_of((0, {}), score=[0.1]), anno_of((3, {}), score=[0.9])]
    _, figures = kitti_eval(gt, dt, 'Car')
    assert figures['KITTI/Car_3D_AP11_easy_strict'] == pytest.approx(100 / 11)
    _, figures = kitti_eval([empty_anno()], [empty_anno()], CLASSES)
    assert set(figures.values()) == {0.0}


def test_a_class_without_objects_scores_zero():
    _, figures = kitti_eval([anno_of((0, {}))], [anno_of((0, {}), score=[0.9])], CLASSES)
    assert figures['KITTI/Cyclist_3D_AP40_easy_strict'] == 0
    assert figures['KITTI/Overall_3D_AP11_easy'] == pytest.approx(100 / 3)


def test_plain_lists_do_as_well_as_arrays(frames, whole):
    plain = [[{key: value.tolist() for key, value in anno.items()} for anno in x] for x in frames]
    _, figures = kitti_eval(*plain, CLASSES, ['bev'])
    key = 'KITTI/Car_BEV_AP40_moderate_strict'
    assert figures[key] == pytest.approx(whole[1][key], abs=1e-6)


@pytest.mark.parametrize('given', ['Car', 'car', 0, np.int64(0), [0], ('Car',)])
def test_a_single_class_by_name_or_index(frames, whole, given):
    _, figures = kitti_eval(*frames, given, ['3d'])
    assert figures == pytest.approx(
        {key: value for key, value in whole[1].items() if 'Car_3D' in key}, abs=1e-6
    )


@pytest.mark.parametrize(
    ('eval_types', 'names'),
    [(['bbox'], {'2D'}), (['bev'], {'BEV'}), (['3d', 'bbox'], {'2D', '3D'})],
)
def test_only_the_eval_types_asked_for_are_reported(frames, whole, eval_types, names):
    text, figures = kitti_eval(*frames, CLASSES, eval_types)
    assert {key.split('_')[1] for key in figures} == names
    assert figures == pytest.approx({key: whole[1][key] for key in figures}, abs=1e-6)
    assert ('aos' in text) == ('bbox' in eval_types)


def test_eval_types_of_the_caller_stay_as_they_are(frames):
    eval_types = ['bbox']
    kitti_eval(*frames, CLASSES, eval_types)
    assert eval_types == ['bbox']


def test_image_boxes_need_no_3d_columns():
    keep = ('name', 'truncated', 'occluded', 'alpha', 'bbox')
    gt = {key: value for key, value in anno_of((0, {})).items() if key in keep}
    _, figures = kitti_eval([gt], scored([gt]), 'Car', ['bbox'])
    assert figures['KITTI/Car_2D_AP40_easy_strict'] == 100


def test_bad_arguments_are_named():
    gt, dt = [anno_of((0, {}))], [anno_of((0, {}), score=[0.9])]
    with pytest.raises(ValueError, match='1 frames of ground truth but 2 of detections'):
        kitti_eval(gt, dt * 2, 'Car')
    with pytest.raises(ValueError, match='empty'):
        kitti_eval([], [], 'Car')
    with pytest.raises(ValueError, match=r"no KITTI class 9.*0 = 'Car'.*Person_sitting"):
        kitti_eval(gt, dt, 9)
    with pytest.raises(ValueError, match='at least one class'):
        kitti_eval(gt, dt, [])
    for eval_types in (['3D'], [], ['aos', 'bev']):
        with pytest.raises(ValueError, match=r'bbox.*bev.*3d'):
            kitti_eval(gt, dt, 'Car', eval_types)


def test_bad_annotations_are_named():
    good, dt = anno_of((0, {})), anno_of((0, {}), score=[0.9])
    with pytest.raises(KeyError, match=r"detections of frame 1 have no 'score'"):
        kitti_eval([good, good], [dt, good], 'Car')
    without = {key: value for key, value in good.items() if key != 'occluded'}
    with pytest.raises(KeyError, match=r"ground truth of frame 0 have no 'occluded'"):
        kitti_eval([without], [dt], 'Car')
    with pytest.raises(ValueError, match=r"'score' of the detections of frame 0.*\(2,\).*\(1,\)"):
        kitti_eval([good], [dt | dict(score=[0.9, 0.1])], 'Car')
    with pytest.raises(ValueError, match=r"'location' of the detections of frame 0 holds NaN"):
        kitti_eval([good], [shifted(dt, dict(location=np.nan))], 'Car')
