"""Options of the command line: what they are read as, and which are refused."""

import argparse

import pytest
from mmcv import DictAction as MMCVAction

from mmdet3d.apis.settings import format_config
from mmdet3d.utils.config import load_config
from mmdet3d.utils.options import DictAction, parse_value

CONFIG = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class.py'


def parse(*arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='+', action=DictAction)
    return parser.parse_args(arguments).cfg_options


@pytest.mark.parametrize(
    'text',
    [
        *('1', '-1.5', '1e-3', 'True', 'false', 'None', 'none', 'word', 'a/b.pkl', ''),
        *('[a,b]', 'a,b', '1,2', '1,', '(1,2)', '[]', '()', '[1, 2]', '[None,True,1e-3]'),
        *('[(a,b),(c,d)]', '[[1,2],[3]]', '[(1, 2, 3), [a, b], c]', "['a','b']", '"[1,2]"'),
    ],
)
def test_values_are_read_as_by_mmcv(text):
    assert parse_value(text) == MMCVAction._parse_iterable(text)
    assert type(parse_value(text)) is type(MMCVAction._parse_iterable(text))


@pytest.mark.parametrize(
    'text, value',
    [
        ("my runs/it's", "my runs/it's"),
        ('/data/my set/x.pkl', '/data/my set/x.pkl'),
        ("'tis", "'tis"),
        ('run (1,2) b', 'run (1,2) b'),
        ("'a, b'", 'a, b'),
        ("'1'", '1'),
        ('[Car,Person sitting]', ['Car', 'Person sitting']),
        (str(["it's", 'Person sitting']), ["it's", 'Person sitting']),
        ("['it's', b]", ["it's", 'b']),
        ('[(a b,c), d]', [('a b', 'c'), 'd']),
    ],
)
def test_blanks_and_apostrophes_stay(text, value):
    assert parse_value(text) == value


def test_options_of_repeated_arguments_are_all_kept():
    assert parse('--cfg-options', 'a=1', 'b.c=x=y', '--cfg-options', 'd=[1]') == {
        'a': 1,
        'b.c': 'x=y',
        'd': [1],
    }


@pytest.mark.parametrize(
    'arguments, message',
    [
        (['work_dir'], '\'work_dir\' has no "=": give KEY=VALUE'),
        (['work_dir=my', 'runs'], '\'runs\' has no "="'),
        (['=1'], "'' is no key"),
        (['a..b=1'], "'a..b' is no key"),
        ([' a=1'], "' a' is no key"),
        (['a=1', 'a=2'], 'a is given twice'),
        (['a=1', 'a.b=2'], 'a and a.b are both given'),
        (['a.b=1', 'a=2'], 'a.b and a are both given'),
        (['a=[1,2'], 'brackets or quotes do not match'),
    ],
)
def test_what_is_no_option_is_an_error_of_the_command_line(capsys, arguments, message):
    with pytest.raises(SystemExit):
        parse('--cfg-options', *arguments)
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    'option, instead',
    [
        ('lr', r'has been used already; set optimizer.lr instead'),
        ('data_root', r'give --data-root, or set .*data.train.dataset.data_root'),
        ('class_names', r'set .*data.train.dataset.classes, .* and \d more instead'),
        ('point_cloud_range', r'set model.voxel_layer.point_cloud_range, .*pipeline.5.point_cloud'),
        ('voxel_size', 'set model.voxel_layer.voxel_size, model.voxel_encoder.voxel_size instead'),
        ('train_pipeline', 'set data.train.dataset.pipeline instead'),
        ('train_pipeline.4.rot_range', r'set data.train.dataset.pipeline.4.rot_range instead'),
        ('test_pipeline', 'set data.val.pipeline, data.test.pipeline instead'),
        ('db_sampler.rate', r'set data.train.dataset.pipeline.2.db_sampler.rate instead'),
        ('input_modality.use_camera', r'set data.val.modality.use_camera, data.test.modality'),
        ('dataset_type', r'set data.val.type, data.test.type, data.train.dataset.type instead'),
    ],
)
def test_a_variable_of_the_file_is_refused_with_the_settings_that_hold_it(option, instead):
    with pytest.raises(
        ValueError, match=f'option {option}: .*variable of the config file.*{instead}'
    ):
        load_config(CONFIG, {option: 1})


def test_a_number_that_others_share_by_chance_is_sought_under_its_own_name(tmp_path):
    path = tmp_path / 'config.py'
    path.write_text("lr = 0.01\noptimizer = dict(type='SGD', lr=lr, weight_decay=0.01)\n")
    with pytest.raises(ValueError, match=r'set optimizer\.lr instead'):
        load_config(path, {'lr': 1})


@pytest.mark.parametrize(
    'option, value, message',
    [
        ('max_epochs', 3, r'no max_epochs in the config; did you mean runner.max_epochs\?'),
        ('samples_per_gpu', 3, r'did you mean data.samples_per_gpu\?'),
        ('optimizer', 'SGD', r'optimizer is a section; set the keys below it'),
        ('model.backbone', 3, r'model.backbone is a section'),
        ('workflow.0.1', 2, r'workflow.0 is a tuple; set the whole of it'),
    ],
)
def test_an_option_that_cannot_be_set_is_refused(option, value, message):
    with pytest.raises(ValueError, match=f'option {option}.*{message}'):
        load_config(CONFIG, {option: value})


def test_an_element_of_a_list_is_set():
    ranges = [[0, -39.68, -1, 69.12, 39.68, -1]] * 3
    key = 'model.bbox_head.anchor_generator.ranges'
    cfg = load_config(CONFIG, {f'{key}.{i}': each for i, each in enumerate(ranges)})
    assert cfg.model.bbox_head.anchor_generator.ranges == ranges


def test_a_config_with_other_classes_by_options_can_be_read_again(tmp_path):
    places = ('data.train.dataset', 'data.val', 'data.test')
    cfg = load_config(CONFIG, {f'{place}.classes': ['Van'] for place in places})
    (tmp_path / 'again.py').write_text(format_config(cfg))
    assert load_config(tmp_path / 'again.py').class_names == ['Van']


def test_class_names_that_a_config_overrides_without_its_data_are_refused(repo_root, tmp_path):
    path = tmp_path / 'config.py'
    path.write_text(f"_base_ = '{repo_root / CONFIG}'\nclass_names = ['Car']\n")
    message = r"config.py sets class_names=\['Car'\], but data.train.dataset.classes="
    with pytest.raises(ValueError, match=message):
        load_config(path)
