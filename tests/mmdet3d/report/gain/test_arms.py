"""Configs of arms: what they inherit, what they change, and the frames that they train on."""

import pickle
from dataclasses import replace
from pathlib import Path

import pytest
from mmcv import Config

from mmdet3d.apis.sections import check_training_sections
from mmdet3d.report.gain import Campaign, load_campaign
from mmdet3d.report.gain.arms import START, TEACHER, build_configs, difference, write_config
from mmdet3d.report.gain.parts import check_infos, write_parts
from mmdet3d.report.gain.places import Places
from mmdet3d.report.gain.settings import settings_of
from mmdet3d.report.gain.stages import start_job, student_job
from mmdet3d.utils.config import REPO_ROOT, find_datasets, load_config

GAIN = REPO_ROOT / 'benchmarks' / 'gain'
RECOMMENDED = REPO_ROOT / 'configs' / '_base_' / 'distill' / 'recommended.py'


@pytest.fixture
def places(kitti_data, tmp_path) -> Places:
    return Places(tmp_path, kitti_data, 'kitti', None)


def plain(cfg: Config) -> dict:
    return cfg._cfg_dict.to_dict()


def read(path: Path):
    return pickle.loads(path.read_bytes())


def as_campaign(arm: dict, **student: object) -> Campaign:
    configs = {
        'teacher': {'config': 'configs/quickstart/pointpillars_3class.py'},
        'student': {'config': 'configs/effect/pointpillars_16x.py', **student},
    }
    return Campaign('mine', {}, arms={'arm': arm}, baseline='arm', seeds=[0], parts={}, labels={},
                    **configs)  # fmt: skip


@pytest.mark.parametrize('name', ['pointpillars_16x', 'label_free'])
def test_a_written_config_is_the_one_that_was_built(places, name):
    configs = build_configs(load_campaign(GAIN / f'{name}.py'), places)
    for arm, cfg in configs.items():
        write_config(cfg, places.config(arm))
        assert plain(load_config(places.config(arm))) == plain(cfg)
    assert len(places.config('plain' if 'plain' in configs else 'labelled').read_text()) < 8000


def test_all_trainings_have_their_weights_averaged_and_saved_alike(places):
    configs = build_configs(load_campaign(GAIN / 'pointpillars_16x.py'), places)
    for cfg in configs.values():
        check_training_sections(cfg)
        (hook,) = cfg.custom_hooks
        assert (hook.type, hook.share) == ('AverageWeightsHook', 0.1)
        assert cfg.checkpoint_config == {'interval': 1, 'max_keep_ckpts': 1}
    assert [cfg.runner.max_epochs for cfg in configs.values()] == [14, 8, 8, 8]


def test_a_distilled_arm_has_its_own_losses_alone_and_the_teacher_of_the_campaign(places):
    configs = build_configs(load_campaign(GAIN / 'pointpillars_16x.py'), places)
    assert set(configs['recommended'].model.train_cfg.kd_cfg) == {'terms'}
    assert configs['recommended'].teacher == {
        'config': str(places.config(TEACHER)),
        'checkpoint': str(places.out / 'teacher/latest.pth'),
    }
    of_student = load_config('configs/effect/pointpillars_16x.py')
    assert configs['plain'].teacher == of_student.teacher


def test_students_begin_with_the_weights_of_a_baseline_trained_before(places):
    campaign = as_campaign({'kd_cfg': {'type': 'PointPillars'}}, epochs=3, start={'epochs': 5})
    campaign = replace(campaign, arms={**campaign.arms, 'plain': {}}, baseline='plain')
    configs = build_configs(campaign, places)
    assert {configs[arm].load_from for arm in campaign.arms} == {str(places.start_checkpoint)}
    start = configs[START]
    assert (start.runner.max_epochs, start.load_from) == (5, None)
    assert 'kd_cfg' in configs['arm'].model.train_cfg and configs['arm'].runner.max_epochs == 3
    job = start_job(campaign, start, places)
    assert '--use-kd' not in job.commands[0] and str(places.start) in job.commands[0]
    assert START not in build_configs(as_campaign({}), places)


def test_options_of_an_arm_come_on_top_of_the_students(places):
    given = {'optimizer.lr': 0.1, 'data.train.dataset.pipeline.3.flip_ratio_bev_horizontal': 0.0}
    campaign = as_campaign({'options': {'optimizer.lr': 0.2}}, options=given, epochs=3)
    write_config(build_configs(campaign, places)['arm'], places.config('arm'))
    cfg = load_config(places.config('arm'))
    assert (cfg.optimizer.lr, cfg.runner.max_epochs) == (0.2, 3)
    assert cfg.data.train.dataset.pipeline[3].flip_ratio_bev_horizontal == 0


def test_an_arm_may_be_another_student(places):
    other = 'configs/quickstart/pointpillars_3class_student_4x.py'
    cfg = build_configs(as_campaign({'config': other, 'epochs': 2}), places)['arm']
    assert cfg.model.backbone.out_channels == [16, 32, 64] and cfg.runner.max_epochs == 2


def test_a_difference_takes_away_what_is_not_there_any_more():
    base = {'a': {'b': 1, 'c': 2}, 'd': [1], 'e': {'f': {'g': 1}}, 'h': None, 'same': {'x': 1}}
    new = {'a': {'b': 1}, 'd': [2], 'e': {'f': {'g': 2}}, 'h': {'i': 1}, 'same': {'x': 1}, 'j': {}}
    said = difference(base, new)
    assert said == {
        'a': {'_delete_': True, 'b': 1},
        'd': [2],
        'e': {'f': {'g': 2}},
        'h': {'_delete_': True, 'i': 1},
        'j': {},
    }
    assert Config._merge_a_into_b(said, base) == new


def test_arms_train_on_parts_of_the_frames_and_paste_objects_of_the_first(places):
    campaign = load_campaign(GAIN / 'label_free.py')
    configs = build_configs(campaign, places)
    (taught,) = find_datasets(configs[TEACHER].data.train)
    assert taught['ann_file'] == str(places.part_infos('teacher'))
    train = configs['mixed'].data.train
    assert (train.type, train.ratio, train.length) == ('MixedDataset', [1, 1], 360)
    infos = [places.part_infos(part) for part in ('labelled', 'taught')]
    assert [each.ann_file for each in train.datasets] == list(map(str, infos))
    for dataset in train.datasets:
        sampler = dataset.pipeline[2].db_sampler
        assert sampler.info_path == str(places.part_objects('labelled'))
        assert sampler.data_root == f'{places.data_root}/'
    assert configs['mixed'].data.test == configs['labelled'].data.test


def test_objects_of_the_teachers_labels_lie_beside_them(places):
    campaign = as_campaign({'train': {'taught': 1}}, frames=4)
    (dataset,) = build_configs(campaign, places)['arm'].data.train.datasets
    assert dataset.pipeline[2].db_sampler.data_root == f'{places.out}/parts/'


def test_a_part_has_its_frames_and_their_objects(places, kitti_data):
    parts = {'first': [0, 1 / 3], 'rest': [1 / 3, 1]}
    (whole,) = find_datasets(build_configs(as_campaign({}), places)['arm'].data.train)
    write_parts(parts, whole, places)
    frames = read(kitti_data / 'kitti_infos_train.pkl')
    database = read(kitti_data / 'kitti_dbinfos_train.pkl')
    first, rest = (read(places.part_infos(part)) for part in parts)
    ids = [[frame['image']['image_idx'] for frame in each] for each in (first, rest, frames)]
    assert ids[0] + ids[1] == ids[2] and len(first) == round(len(frames) / 3)
    for part, own in zip(parts, ids):
        found = read(places.part_objects(part))
        assert set(found) == set(database)
        for name, entries in database.items():
            expected = [each['path'] for each in entries if each['image_idx'] in own]
            assert [each['path'] for each in found[name]] == expected


def test_a_part_without_a_frame_is_refused(places):
    (whole,) = find_datasets(build_configs(as_campaign({}), places)['arm'].data.train)
    with pytest.raises(ValueError, match=r'parts.tiny=\[0, 0.001\] has none of the \d+ frames'):
        write_parts({'tiny': [0, 0.001]}, whole, places)


def test_info_files_that_are_missing_come_with_the_command_that_writes_them(tmp_path):
    places = Places(tmp_path / 'out', tmp_path, 'kitti', None)
    cfg = build_configs(as_campaign({}), places)['arm']
    command = f'create_data.py kitti --root-path {tmp_path} --out-dir {tmp_path}'
    with pytest.raises(FileNotFoundError, match=f'kitti_infos_train.pkl does not exist.*{command}'):
        check_infos(cfg, places)


def test_settings_change_with_config_and_weights_but_not_with_the_place(
    places, kitti_data, tmp_path
):
    weights = tmp_path / 'weights.pth'
    weights.write_bytes(b'1')
    cfg = build_configs(load_campaign(GAIN / 'label_free.py'), places)['mixed_soft']
    before = settings_of(places.out, cfg, weights)
    moved = Places(tmp_path / 'moved', kitti_data, 'kitti', None)
    again = build_configs(load_campaign(GAIN / 'label_free.py'), moved)['mixed_soft']
    assert settings_of(moved.out, again, weights) == before
    weights.write_bytes(b'22')
    assert settings_of(places.out, cfg, weights)['weights'] != before['weights']
    cfg.optimizer.lr = 1.0
    assert settings_of(places.out, cfg)['config'] != before['config']


def test_nuscenes_is_trained_and_tested_by_its_own_metric(tmp_path):
    campaign = load_campaign(GAIN / 'nuscenes.py')
    places = Places(tmp_path / 'out', tmp_path, 'nuscenes', tmp_path / 'weights.pth')
    cfg = build_configs(campaign, places)['published']
    write_config(cfg, places.config('published'))
    assert plain(load_config(places.config('published'))) == plain(cfg)
    train, test = student_job(campaign, cfg, 'published', 3, places).commands
    assert train[-1] == '--use-kd' and train[train.index('--seed') + 1] == '3'
    assert test[test.index('--eval') + 1] == 'bbox'
    with pytest.raises(FileNotFoundError, match=r'nuscenes_infos_train.pkl .*create_data.py nusc'):
        check_infos(cfg, places)


@pytest.mark.parametrize('path', sorted(GAIN.glob('*.py')), ids=lambda path: path.stem)
def test_what_is_measured_as_recommended_is_what_is_recommended(path):
    recommended = Config.fromfile(RECOMMENDED).recommended.to_dict()
    arms = load_campaign(path).arms
    measured = [arm for name, arm in arms.items() if name.endswith(('recommended', '_soft'))]
    assert measured
    assert all(arm['kd_cfg']['terms'] == recommended for arm in measured)
