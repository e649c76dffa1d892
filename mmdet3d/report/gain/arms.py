"""The config of each training of a campaign: a file that one can read, and run by hand."""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from pprint import pformat
from typing import Any

from mmcv import Config, ConfigDict

from mmcv_patched.full_disk import atomic_write
from mmdet3d.report.gain.campaign import TAUGHT, Campaign
from mmdet3d.report.gain.places import Places
from mmdet3d.utils.config import find_datasets, find_file, find_steps, load_config

TEACHER, START = 'teacher', 'start'
# For all trainings alike: a mean over the last tenth is less noisy than the last step's weights.
_AVERAGE = dict(type='AverageWeightsHook', share=0.1, priority='ABOVE_NORMAL')
_DELETE = '_delete_'


def build_configs(campaign: Campaign, places: Places) -> dict[str, Config]:
    """Build the configs of the teacher and of all arms.

    Args:
        campaign: what its file says.
        places: where its files are.

    Returns:
        the configs by name of the arm, the teacher's under ``TEACHER``, and under ``START`` that of
        the training whose weights students begin with, if there is one.

    Raises:
        FileNotFoundError: if a config or the folder of the data does not exist.
        ValueError: if an option has no place in it.
    """
    plans: dict[str, dict] = {TEACHER: dict(campaign.teacher)}
    for name, arm in campaign.arms.items():
        # Options of an arm come on top of the student's.
        options = {**campaign.student.get('options', {}), **arm.get('options', {})}
        plans[name] = {**campaign.student, **arm, 'options': options}
    start = campaign.student.get('start')
    configs = {name: _build(plan, places) for name, plan in plans.items()}
    if start:
        for name in campaign.arms:
            configs[name].load_from = str(places.start_checkpoint)
        configs[START] = _build({**plans[campaign.baseline], 'epochs': start['epochs']}, places)
    return configs


def _build(plan: Mapping[str, Any], places: Places) -> Config:
    base = find_file(plan['config'], 'config').resolve()
    cfg = load_config(base, plan.get('options'), places.data_root)
    _set_schedule(cfg, plan.get('epochs'))
    _set_distillation(cfg, plan, places)
    _set_frames(cfg, plan, places)
    return cfg


def write_config(cfg: Config, path: Path) -> None:
    """Write a config as a file that inherits from the one it was made from.

    Args:
        cfg: the config, with the name of that file.
        path: where to write.
    """
    text = f'_base_ = {str(cfg.filename)!r}\n'
    for key, value in difference(load_config(cfg.filename), cfg).items():
        text += f'\n{key} = {pformat(value, width=100, sort_dicts=False)}\n'
    with atomic_write(path) as file:
        file.write(text.encode())


def _set_schedule(cfg: Config, epochs: int | None) -> None:
    if epochs is not None:
        cfg.runner.max_epochs = epochs
    # After every epoch, so that little is lost of what is cut off.
    given = cfg.get('checkpoint_config') or {}
    cfg.checkpoint_config = ConfigDict({**given, 'interval': 1, 'max_keep_ckpts': 1})
    cfg.custom_hooks = [*(cfg.get('custom_hooks') or []), ConfigDict(_AVERAGE)]


def _set_distillation(cfg: Config, plan: Mapping[str, Any], places: Places) -> None:
    if 'kd_cfg' in plan:
        cfg.model.train_cfg.kd_cfg = ConfigDict(plan['kd_cfg'])
        teacher = {'config': places.config(TEACHER), 'checkpoint': places.teacher_checkpoint}
        cfg.teacher = ConfigDict({key: str(path) for key, path in teacher.items()})


def _set_frames(cfg: Config, plan: Mapping[str, Any], places: Places) -> None:
    if plan.get('part'):
        for dataset in find_datasets(cfg.data.train):
            _limit(dataset, plan['part'], plan['part'], places)
    if plan.get('train'):
        cfg.data.train = _mixed(cfg, plan, places)


def _mixed(cfg: Config, plan: Mapping[str, Any], places: Places) -> ConfigDict:
    """Mix frames of parts; pasted objects are those of the first one."""
    (whole,) = find_datasets(cfg.data.train)
    weights = plan['train']
    datasets = [deepcopy(whole) for _ in weights]
    for dataset, part in zip(datasets, weights):
        _limit(dataset, part, next(iter(weights)), places)
    ratio = list(weights.values())
    frames = plan['frames']
    return ConfigDict(type='MixedDataset', datasets=datasets, ratio=ratio, length=frames)


def _limit(dataset: dict, part: str, pasted: str, places: Places) -> None:
    """Let a data set have the frames of one part, and paste objects of one."""
    dataset['ann_file'] = str(places.part_infos(part))
    for step in find_steps(dataset.get('pipeline') or (), 'ObjectSample'):
        step['db_sampler']['info_path'] = str(places.part_objects(pasted))
        if pasted == TAUGHT:  # whose points the teacher's labels come with
            step['db_sampler']['data_root'] = f'{places.parts}/'


def difference(base: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a config that inherits from ``base`` has to say to be ``new``.

    Args:
        base: a config, or a section of one.
        new: the same, changed.
    """
    changes = {}
    for key, value in new.items():
        if key not in base:
            changes[key] = _plain(value)
        elif base[key] != value:
            changes[key] = _change(base[key], value)
    return changes


def _change(old: Any, new: Any) -> Any:
    if not isinstance(new, Mapping):
        return _plain(new)
    if not isinstance(old, Mapping) or set(old) - set(new):
        return {_DELETE: True, **_plain(new)}
    return difference(old, new)


def _plain(value: Any) -> Any:
    """The same, of plain dicts."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_plain, value))
    return value
