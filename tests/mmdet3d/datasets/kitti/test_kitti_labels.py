import numpy as np
import pytest

from mmdet3d.datasets.files import DataFormatError
from mmdet3d.datasets.kitti import difficulty_levels, read_label, write_label

CAR = 'Car 0.10 2 -1.57 540 170 660.5 300 1.50 1.60 4.00 0.25 1.50 10.00 -0.5'
DONT_CARE = 'DontCare -1 -1 -10 800 160 820 180 -1 -1 -1 -1000 -1000 -1000 -10'


@pytest.fixture
def label(tmp_path):
    def write(*lines):
        path = tmp_path / '000042.txt'
        path.write_text('\n'.join(lines) + '\n')
        return path

    return write


def test_columns_of_a_line_end_in_their_arrays(label):
    annos = read_label(label(CAR))
    expected = {
        'name': ['Car'],
        'truncated': [0.1],
        'occluded': [2],
        'alpha': [-1.57],
        'bbox': [[540, 170, 660.5, 300]],
        'dimensions': [[4.0, 1.5, 1.6]],
        'location': [[0.25, 1.5, 10.0]],
        'rotation_y': [-0.5],
        'score': [0.0],
        'index': [0],
        'group_ids': [0],
    }
    assert {key: value.tolist() for key, value in annos.items()} == expected


def test_sixteenth_column_is_the_score(label):
    assert read_label(label(CAR + ' 0.75', CAR))['score'].tolist() == [0.75, 0.0]


def test_only_real_objects_are_numbered_wherever_dont_care_stands(label):
    annos = read_label(label(DONT_CARE, CAR, '', DONT_CARE, CAR))
    assert annos['index'].tolist() == [-1, 0, -1, 1]
    assert annos['group_ids'].tolist() == [0, 1, 2, 3]


def test_empty_file_is_a_frame_without_objects(label):
    empty, full = read_label(label('')), read_label(label(CAR))
    for key, value in full.items():
        assert empty[key].shape == (0, *value.shape[1:])
        assert empty[key].dtype.kind == value.dtype.kind
    assert difficulty_levels(empty).shape == (0,)


@pytest.mark.parametrize(
    ('line', 'message'),
    [
        (CAR.rsplit(' ', 1)[0], 'line 2: 14 columns, expected 15 .* or 16'),
        (CAR + ' 0.5 9', 'line 2: 17 columns, expected 15 .* or 16'),
        (CAR.replace('1.60', 'wide'), "line 2: width is 'wide', expected a number"),
        (CAR.replace('170', 'nan'), "line 2: top is 'nan', expected a number"),
        (CAR.replace(' 2 ', ' 1.5 '), "line 2: occluded is '1.5', expected a whole number"),
    ],
)
def test_malformed_line_is_named(label, line, message):
    with pytest.raises(DataFormatError, match=f'000042.txt, {message}'):
        read_label(label(CAR, line))


def test_missing_label_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'000001\.txt: a label file is expected here'):
        read_label(tmp_path / '000001.txt')


def test_difficulty_follows_the_limits_of_the_benchmark():
    rng = np.random.default_rng(0)
    heights = rng.choice([20.0, 25.0, 25.5, 40.0, 40.5], 500)
    annos = {
        'bbox': np.column_stack([np.zeros((500, 3)), heights]),
        'occluded': rng.integers(-1, 4, 500),
        'truncated': rng.choice([0, 0.15, 0.16, 0.3, 0.31, 0.5, 0.51], 500),
    }

    def level(height, occluded, truncated):
        if height > 40 and occluded <= 0 and truncated <= 0.15:
            return 0
        if height > 25 and occluded <= 1 and truncated <= 0.3:
            return 1
        return 2 if height > 25 and occluded <= 2 and truncated <= 0.5 else -1

    expected = [level(*row) for row in zip(heights, annos['occluded'], annos['truncated'])]
    assert difficulty_levels(annos).tolist() == expected
    assert set(expected) == {0, 1, 2, -1}


def test_written_detections_are_read_back(tmp_path):
    rng = np.random.default_rng(1)
    shapes = {'alpha': (5,), 'bbox': (5, 4), 'dimensions': (5, 3), 'location': (5, 3)}
    shapes |= {'rotation_y': (5,), 'score': (5,)}
    annos = {key: rng.uniform(-50, 50, shape) for key, shape in shapes.items()}
    annos['dimensions'] = abs(annos['dimensions'])
    annos['name'] = np.array(['Car', 'Pedestrian', 'Cyclist', 'Car', 'Van'])
    write_label(tmp_path / 'results/000007.txt', annos)
    text = (tmp_path / 'results/000007.txt').read_text()
    assert [len(line.split()) for line in text.splitlines()] == [16] * 5
    back = read_label(tmp_path / 'results/000007.txt')
    assert back['name'].tolist() == annos['name'].tolist()
    assert back['truncated'].tolist() == back['occluded'].tolist() == [-1] * 5
    for key in shapes:
        np.testing.assert_allclose(back[key], annos[key], atol=5.1e-5)


def test_label_survives_writing_and_reading(tmp_path, label):
    annos = read_label(label(DONT_CARE, CAR + ' 0.25'))
    write_label(tmp_path / 'copy.txt', annos)
    copy = read_label(tmp_path / 'copy.txt')
    for key, value in annos.items():
        np.testing.assert_array_equal(copy[key], value)


def test_frame_without_detections_gives_an_empty_file(tmp_path, label):
    write_label(tmp_path / 'empty.txt', read_label(label('')))
    assert (tmp_path / 'empty.txt').read_bytes() == b''


def test_incomplete_detections_are_refused(tmp_path, label):
    annos = read_label(label(CAR))
    with pytest.raises(ValueError, match=r"differ in length: .*'score': 2"):
        write_label(tmp_path / 'bad.txt', {**annos, 'score': np.zeros(2)})
    del annos['score']
    with pytest.raises(KeyError, match=r"bad.txt: annos has no \['score'\]"):
        write_label(tmp_path / 'bad.txt', annos)
    assert not (tmp_path / 'bad.txt').exists()
