import pytest

from mmdet3d.utils.config import find_file, load_config

CONFIG = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class_student_4x.py'


def test_options_replace_settings_also_inside_lists():
    cfg = load_config(
        CONFIG,
        {
            'runner.max_epochs': 3,
            'data.train.dataset.pipeline.3.flip_ratio_bev_horizontal': 0.0,
            'fp16.loss_scale': 512.0,
            'model.backbone.norm_cfg.momentum': 0.1,
            'seed': 1,
        },
    )
    assert cfg.runner.max_epochs == 3
    assert cfg.data.train.dataset.pipeline[3].flip_ratio_bev_horizontal == 0.0
    assert cfg.fp16.loss_scale == 512.0
    assert cfg.model.backbone.norm_cfg.momentum == 0.1
    assert cfg.seed == 1


@pytest.mark.parametrize(
    'option, message',
    [
        ('runer.max_epochs', 'there is no runer in the config; did you mean runner'),
        ('verbosity', 'there is no verbosity in the config; it has'),
        ('data.sampels_per_gpu', 'did you mean samples_per_gpu'),
        ('optimizr', 'there is no optimizr in the config; did you mean optimizer'),
        ('model.bakbone.in_channels', 'there is no bakbone in model; did you mean backbone'),
        ('data.train.dataset.pipeline.99.x', 'data.train.dataset.pipeline is a list of 10: no 99'),
        ('model.type.x.y', "model.type is 'VoxelNet', which has no x"),
    ],
)
def test_an_option_without_a_place_is_an_error_that_names_a_near_one(option, message):
    with pytest.raises(ValueError, match=message):
        load_config(CONFIG, {option: 1})


def test_an_argument_that_a_config_leaves_out_is_no_misspelling():
    second = 'configs/second/hv_second_secfpn_6x8_80e_kitti-3d-3class.py'
    cfg = load_config(second, {'model.middle_encoder.base_channels': 8})
    assert cfg.model.middle_encoder.base_channels == 8


def test_a_misspelt_setting_in_a_file_is_an_error(tmp_path):
    path = tmp_path / 'config.py'
    path.write_text("optimzer = dict(type='SGD')\n")
    with pytest.raises(ValueError, match=r'config.py sets optimzer.*did you mean optimizer'):
        load_config(path)


def test_variables_of_a_config_are_no_misspelt_settings(tmp_path):
    path = tmp_path / 'config.py'
    path.write_text("lr = 0.1\nclass_names = ['Car']\nmodel = dict(type='X')\nmodels = 3\n")
    assert load_config(path).lr == 0.1


def test_a_missing_file_is_named_with_where_it_was_sought(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=r'nowhere.py does not exist, looked for'):
        load_config('nowhere.py')


def test_paths_are_found_from_any_folder(tmp_path, monkeypatch, repo_root):
    monkeypatch.chdir(tmp_path)
    assert find_file(CONFIG, 'config') == repo_root / CONFIG
