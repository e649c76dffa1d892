"""Where the data is, said once for a whole config."""

import pytest
from mmcv import Config

from mmdet3d.utils.config import find_datasets, find_steps, load_config, set_data_root

KITTI = [
    'pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class_student_4x',
    'pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-car',
    'pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-pedcyc',
    'second/hv_second_secfpn_6x8_80e_kitti-3d-3class',
    'point_rcnn/point_rcnn_2x8_kitti-3d-3classes',
    'quickstart/pointpillars_3class',
]
NUSCENES = 'configs/pointpillars/hv_pointpillars_fpn_sbn-all_4x8_2x_nus-3d.py'


def sampler_of(cfg: Config) -> dict:
    (step,) = find_steps(cfg.data.train.dataset.pipeline, 'ObjectSample')
    return step.db_sampler


@pytest.mark.parametrize('name', KITTI)
def test_a_shipped_kitti_config_reads_everything_from_the_root(tmp_path, name):
    cfg = load_config(f'configs/{name}.py', data_root=tmp_path)
    files = []
    for section in (cfg.data.train.dataset, cfg.data.val, cfg.data.test):
        assert section.data_root == f'{tmp_path}/'
        files.append(section.ann_file)
    assert files == [f'{tmp_path}/kitti_infos_{split}.pkl' for split in ('train', 'val', 'val')]
    assert sampler_of(cfg).data_root == f'{tmp_path}/'
    assert sampler_of(cfg).info_path == f'{tmp_path}/kitti_dbinfos_train.pkl'
    # Nothing that is read names the old place.
    assert 'data/kitti' not in str(cfg.data) and 'work_dirs' not in str(cfg.data)


def test_info_files_and_database_may_lie_elsewhere(tmp_path):
    root, infos = tmp_path / 'raw', tmp_path / 'infos'
    root.mkdir(), infos.mkdir()
    cfg = load_config(f'configs/{KITTI[0]}.py', data_root=root, infos=infos)
    assert cfg.data.train.dataset.data_root == f'{root}/'
    assert cfg.data.train.dataset.ann_file == f'{infos}/kitti_infos_train.pkl'
    assert sampler_of(cfg).data_root == f'{infos}/'
    assert sampler_of(cfg).info_path == f'{infos}/kitti_dbinfos_train.pkl'
    cfg = load_config(NUSCENES, data_root=root, infos=infos)
    for section, split in ((cfg.data.train, 'train'), (cfg.data.val, 'val')):
        assert section.data_root == f'{root}/'
        assert section.ann_file == f'{infos}/nuscenes_infos_{split}.pkl'


@pytest.mark.parametrize(
    'wrap',
    [
        lambda one: dict(type='CBGSDataset', dataset=one),
        lambda one: dict(
            type='RepeatDataset',
            times=2,
            dataset=dict(type='ClassBalancedDataset', oversample_thr=0.1, dataset=one),
        ),
        lambda one: dict(type='ConcatDataset', datasets=[one]),
        lambda one: [dict(type='RepeatDataset', times=2, dataset=one)],
    ],
    ids=['CBGS', 'repeated and balanced', 'ConcatDataset', 'a list'],
)
def test_data_sets_are_found_in_any_wrapper_and_samplers_at_any_step(tmp_path, wrap):
    sample = dict(
        type='ObjectSample', db_sampler=dict(data_root='old/', info_path='old/dbinfos.pkl')
    )
    pipeline = [dict(type='X'), dict(type='Several', transforms=[dict(type='Y'), sample])]
    one = dict(
        type='KittiDataset',
        data_root='old/',
        ann_file=['old/a.pkl', 'old/b.pkl'],
        pipeline=pipeline,
    )
    cfg = Config(dict(data=dict(train=wrap(one), val=dict(data_root='old', ann_file='old/v.pkl'))))
    set_data_root(cfg, tmp_path)
    (train,) = find_datasets(cfg.data.train)
    assert train.data_root == f'{tmp_path}/'
    assert train.ann_file == [f'{tmp_path}/a.pkl', f'{tmp_path}/b.pkl']
    assert train.pipeline[1].transforms[1].db_sampler == dict(
        data_root=f'{tmp_path}/', info_path=f'{tmp_path}/dbinfos.pkl'
    )
    assert cfg.data.val.ann_file == f'{tmp_path}/v.pkl'


def test_options_win_over_the_root(tmp_path):
    options = {'data.test.ann_file': 'mine.pkl'}
    cfg = load_config(f'configs/{KITTI[0]}.py', options, data_root=tmp_path)
    assert cfg.data.test.ann_file == 'mine.pkl'
    assert cfg.data.val.ann_file == f'{tmp_path}/kitti_infos_val.pkl'


@pytest.mark.parametrize(
    'arguments, error, message',
    [
        (dict(data_root='nowhere'), NotADirectoryError, 'nowhere is no folder: give the one that'),
        (dict(data_root='.', infos='none'), NotADirectoryError, 'none is no folder.*info files'),
        (dict(infos='.'), ValueError, 'give --data-root too'),
    ],
)
def test_a_folder_that_is_missing_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        load_config(NUSCENES, **arguments)
