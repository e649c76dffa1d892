"""Keys and values of the sections on data, steps, schedule and logs."""

import pytest
from mmcv import Config
from support.wrong_configs import PILLARS, STUDENT

from mmdet3d.apis.sections import check_data_section, check_training_sections
from mmdet3d.utils.config import load_config

UNKNOWN = [
    ('data', 'samples_per_gpus', 2, 'data has samples_per_gpus.* did you mean samples_per_gpu'),
    ('data', 'batch', 2, 'data has batch, which nothing reads: known are'),
    ('data.train', 'tims', 2, 'data.train has tims, which RepeatDataset .* did you mean times'),
    ('data.train.dataset', 'pipelines', [], 'data.train.dataset has pipelines, which KittiDataset'),
    ('data.val', 'clases', [], 'data.val has clases.* did you mean classes'),
    ('data.train.dataset.pipeline.4', 'rot_ranges', [], 'pipeline.4 has rot_ranges, which Global'),
    ('data.test.pipeline.1.transforms.0', 'rot_ranges', [], 'transforms.0 has rot_ranges'),
    ('data.train.dataset.pipeline.2', 'db_samplers', {}, 'has db_samplers.* mean db_sampler'),
    ('optimizer', 'weight_dacay', 0.1, 'optimizer has weight_dacay.* did you mean weight_decay'),
    ('optimizer', 'momentum', 0.9, 'optimizer has momentum, which AdamW does not take'),
    ('lr_config', 'step_ratio', 0.4, 'lr_config has step_ratio.* did you mean step_ratio_up'),
    ('lr_config', 'warmup_iter', 9, 'lr_config has warmup_iter.* did you mean warmup_iters'),
    ('momentum_config', 'cyclic_time', 9, 'momentum_config has cyclic_time.* mean cyclic_times'),
    ('runner', 'max_epoch', 9, 'runner has max_epoch.* did you mean max_epochs'),
    ('checkpoint_config', 'intervall', 9, 'checkpoint_config has intervall.* mean interval'),
    ('checkpoint_config', 'max_keep', 9, 'checkpoint_config has max_keep.*mean max_keep_ckpts'),
    ('log_config', 'intervals', 9, 'log_config has intervals.* did you mean interval'),
    ('log_config.hooks.0', 'intervals', 9, 'log_config.hooks.0 has intervals.* mean interval'),
    ('optimizer_config.grad_clip', 'norm_types', 2, 'grad_clip has norm_types.* mean norm_type'),
    ('teacher', 'checkpont', 'x', 'teacher has checkpont.* did you mean checkpoint'),
]
VALUES = [
    ('teacher.precision', 'half', "teacher.precision='half': expected one of 'fp32', 'bf16'"),
    ('optimizer.lr', 'abc', "optimizer.lr='abc': expected a number"),
    ('optimizer.lr', float('nan'), 'optimizer.lr=nan'),
    ('optimizer.lr', -1, 'optimizer.lr=-1'),
    ('optimizer.betas', [2, 3], r'optimizer=.*Invalid beta'),
    ('runner.max_epochs', 'ten', "runner.max_epochs='ten': expected a whole number, 1 or more"),
    ('runner.max_epochs', 0, 'runner.max_epochs=0'),
    ('runner.max_epochs', 2.5, 'runner.max_epochs=2.5'),
    ('data.samples_per_gpu', 0, 'data.samples_per_gpu=0: expected a whole number, 1 or more'),
    ('data.samples_per_gpu', True, 'data.samples_per_gpu=True'),
    ('data.workers_per_gpu', -1, 'data.workers_per_gpu=-1: expected a whole number, 0 or more'),
    ('data.skip_broken', -1, 'data.skip_broken=-1: expected a whole number, 0 or more'),
    ('data.skip_broken', '3', "data.skip_broken='3': expected a whole number"),
    ('data.skip_broken', True, 'data.skip_broken=True'),
    ('data.train.times', 0, 'data.train.times=0'),
    ('data.val_dataloader', {'samples_per_gpu': 0}, 'data.val_dataloader.samples_per_gpu=0'),
    ('lr_config.target_ratio', 'abc', r'lr_config=.*target_ratio should be'),
    ('lr_config', {'warmup': 'quadratic'}, r'lr_config=.*not a supported type'),
    ('log_config.interval', 0, 'log_config.interval=0'),
    ('checkpoint_config.interval', 'x', "checkpoint_config.interval='x'"),
    ('checkpoint_config.interval', 0, 'checkpoint_config.interval=0: expected 1 or more, or -1'),
    ('seed', 'abc', "seed='abc': expected a whole number"),
    ('fp16', True, r'fp16=True: expected None, or such as dict\(loss_scale'),
    ('nan_policy', 'ignore', r"nan_policy='ignore': expected 'stop' or 'skip'"),
    ('load_partly', 'yes', r"load_partly='yes': expected True or False"),
    ('custom_hooks', 'NumClassCheckHook', 'custom_hooks=.*expected a list'),
    ('custom_hooks', ['NumClassCheckHook'], r'custom_hooks.0=.*expected such as dict'),
]


def judge(cfg):
    check_data_section(cfg)
    check_training_sections(cfg)


@pytest.mark.parametrize('section, key, value, message', UNKNOWN)
def test_a_key_that_nothing_reads_is_named_with_a_near_one(repo_root, section, key, value, message):
    cfg = Config.fromfile(repo_root / STUDENT)
    node = cfg
    for part in section.split('.'):
        node = node[int(part)] if part.isdigit() else node[part]
    node[key] = value
    with pytest.raises(TypeError, match=message):
        judge(cfg)


@pytest.mark.parametrize('option, value, message', VALUES)
def test_a_value_that_makes_no_sense_is_named(repo_root, option, value, message):
    with pytest.raises(ValueError, match=message):
        judge(load_config(repo_root / PILLARS, {option: value}))


@pytest.mark.parametrize(
    'option, value, message',
    [
        ('optimizer.type', 'AdmW', 'did you mean AdamW'),
        ('lr_config.policy', 'ciclic', 'did you mean CyclicLrUpdaterHook'),
        ('custom_hooks', [{'type': 'AverageWeightHook'}], 'did you mean AverageWeightsHook'),
    ],
)
def test_a_misspelt_type_is_named_with_a_near_one(repo_root, option, value, message):
    with pytest.raises(KeyError, match=message):
        judge(load_config(repo_root / PILLARS, {option: value}))


def test_options_that_a_class_passes_on_to_its_base_are_known(repo_root):
    options = {
        'lr_config': {'_delete_': True, 'policy': 'step', 'step': [2], 'by_epoch': True},
        'optimizer': {'_delete_': True, 'type': 'SGD', 'lr': 0.1, 'paramwise_cfg': {}},
        'checkpoint_config.create_symlink': False,
        'data.persistent_workers': True,
    }
    judge(load_config(repo_root / PILLARS, options))
