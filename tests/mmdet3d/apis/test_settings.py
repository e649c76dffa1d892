"""What a config may leave out, and what of it is refused before a run begins."""

import pytest
from mmcv import Config
from mmcv.runner import RUNNERS, BaseRunner

from mmdet3d.apis.settings import check_training, config_stem, fill_in_settings, format_config

NEEDED = dict(
    model=dict(type='VoxelNet'),
    data=dict(),
    optimizer=dict(type='AdamW', lr=1e-3),
    runner=dict(type='EpochBasedRunner', max_epochs=2),
)


def test_a_config_without_a_file_has_mmdetection3ds_runtime():
    cfg = Config(dict(log_level='DEBUG'))
    fill_in_settings(cfg)
    assert cfg.log_level == 'DEBUG'
    assert cfg.workflow == [('train', 1)]
    assert (cfg.load_from, cfg.resume_from) == (None, None)
    assert cfg.checkpoint_config.interval == 1
    assert (cfg.opencv_num_threads, cfg.mp_start_method) == (0, 'fork')
    assert cfg.work_dir == 'work_dirs/config'
    assert cfg.device in ('cpu', 'cuda')


def test_what_a_config_from_a_file_says_stays(repo_root):
    name = 'hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class'
    cfg = Config.fromfile(repo_root / 'configs' / 'pointpillars' / f'{name}.py')
    said = cfg.to_dict()
    fill_in_settings(cfg)
    added = {key for key, value in cfg.items() if key not in said or said[key] != value}
    assert added == {'work_dir', 'device'}
    assert cfg.work_dir == f'work_dirs/{name}'
    assert config_stem(cfg) == name


@pytest.mark.parametrize(
    'value',
    ["it's", 'a "quoted" word', 'two\nlines', 'long ' * 50, (1,), None, float(1), {'a': [{1: 2}]}],
)
def test_the_text_of_a_config_says_the_same(tmp_path, value):
    cfg = Config(dict(outer=dict(value=value, others=[value]), value=value))
    (tmp_path / 'again.py').write_text(format_config(cfg))
    assert Config.fromfile(tmp_path / 'again.py').to_dict() == cfg.to_dict()


@pytest.mark.parametrize('use_kd', [False, True])
@pytest.mark.parametrize(
    'runner',
    [
        dict(type='EpochBasedRunner', max_epochs=2),
        dict(type='Runner', max_epochs=2),
        dict(type='IterBasedRunner', max_iters=2),
        dict(type='IterBasedRunner', max_iters=2, max_epochs=None),
    ],
)
def test_a_runner_is_fine_with_its_own_length(runner, use_kd):
    check_training(Config({**NEEDED, 'runner': runner}), use_kd)


@pytest.mark.parametrize(
    'runner, message',
    [
        (
            dict(type='IterBasedRunner', max_epochs=2),
            r'IterBasedRunner wants max_iters.*runner.max_iters=... runner.max_epochs=None',
        ),
        (
            dict(type='IterBasedRunner', max_epochs=2, max_iters=9),
            r"max_epochs.: 2.*_delete_=True, type='IterBasedRunner', max_iters=",
        ),
        (dict(type='EpochBasedRunner'), 'EpochBasedRunner wants max_epochs'),
    ],
)
def test_a_runner_with_another_length_is_an_error_that_says_how_to_set_it(runner, message):
    with pytest.raises(ValueError, match=message):
        check_training(Config({**NEEDED, 'runner': runner}), use_kd=False)


def test_a_misspelt_runner_is_an_error_that_names_the_right_one():
    runner = dict(type='IterBasedRuner', max_iters=2)
    with pytest.raises(KeyError, match='did you mean IterBasedRunner'):
        check_training(Config({**NEEDED, 'runner': runner}), use_kd=False)


def test_sections_that_are_missing_are_all_named():
    with pytest.raises(ValueError, match='the config says nothing of data, optimizer, runner'):
        check_training(Config(dict(model=NEEDED['model'])), use_kd=False)


def test_a_runner_of_the_users_own_without_room_for_a_teacher_is_refused_with_one(monkeypatch):
    class OwnRunner(BaseRunner):
        """Knows no teacher."""

    monkeypatch.setitem(RUNNERS.module_dict, 'OwnRunner', OwnRunner)
    cfg = Config({**NEEDED, 'runner': dict(type='OwnRunner')})
    check_training(cfg, use_kd=False)
    with pytest.raises(ValueError, match="'OwnRunner' has no place for a teacher"):
        check_training(cfg, use_kd=True)


def test_steps_that_cannot_be_taken_are_refused():
    steps = dict(optimizer_config=dict(type='Fp16OptimizerHook'))
    with pytest.raises(ValueError, match='knows CUDA alone'):
        check_training(Config({**NEEDED, **steps}), use_kd=False)
