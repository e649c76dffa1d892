"""Names of classes in configs that are not those in annotations."""

import pickle
import warnings

import numpy as np
import pytest

from mmdet3d.datasets import Custom3DDataset, KittiDataset

BOX = [20, 4, -1.6, 4, 1.7, 1.5, 0.3]


@pytest.fixture
def train_kitti(make_kitti):
    def train(names, classes, **arguments):
        return KittiDataset(
            **{**make_kitti([([BOX] * len(names), names)]), 'classes': classes}, **arguments
        )

    return train


@pytest.fixture
def train_custom(tmp_path):
    def train(names, classes, **arguments):
        annos = {'gt_bboxes_3d': np.array([BOX] * len(names)), 'gt_names': names}
        frames = [{'sample_idx': 0, 'pts_path': 'cloud.bin', 'annos': annos}]
        (tmp_path / 'infos.pkl').write_bytes(pickle.dumps(frames))
        file = str(tmp_path / 'infos.pkl')
        return Custom3DDataset(str(tmp_path), file, classes=classes, **arguments)

    return train


@pytest.fixture(params=['train_kitti', 'train_custom'])
def train(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize(
    ('name', 'trained'),
    [
        ('car', 'Car'),
        ('CAR', 'car'),
        ('Person-sitting', 'Person_sitting'),
        ('person sitting', 'Person_sitting'),
        ('Car ', 'Car'),
    ],
)
def test_a_name_that_differs_in_spelling_alone_is_pointed_out(train, name, trained):
    with pytest.warns(UserWarning) as caught:
        train([name, name, trained], [trained])
    (text,) = [str(each.message) for each in caught]
    assert 'infos.pkl' in text and f'2 of {name!r} are not {trained!r}' in text


def test_a_class_of_no_object_is_named_with_those_there_are(train):
    with pytest.warns(UserWarning) as caught:
        train(['Car', 'Car', 'Van', 'DontCare'], ['Car', 'Pedestrain'])
    (text,) = [str(each.message) for each in caught]
    assert "no object of ['Pedestrain']" in text and 'Annotated are: Car (2), Van (1)' in text
    assert 'DontCare' not in text


def test_names_that_are_right_or_only_tested_do_not_warn(train):
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        train(['Car', 'Van', 'Tram'], ['Car', 'Van'])


def test_test_mode_does_not_look_at_names(train):
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        train(['car'], ['Car', 'Van'], test_mode=True)
