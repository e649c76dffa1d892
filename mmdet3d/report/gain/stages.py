"""The jobs of a campaign, stage by stage: data, teacher, its labels, students."""

import sys
from collections.abc import Sequence
from pathlib import Path

from mmcv import Config

from mmdet3d.report.gain.arms import START, TEACHER
from mmdet3d.report.gain.campaign import TAUGHT, Campaign
from mmdet3d.report.gain.jobs import Job
from mmdet3d.report.gain.measures import measure_of
from mmdet3d.report.gain.places import Places
from mmdet3d.report.gain.settings import settings_of


def data_job(campaign: Campaign, out: Path) -> Job:
    """Generate the scenes of a campaign in KITTI's layout, and convert them.

    Raises:
        ValueError: if it does not say how many.
    """
    scenes, seed = campaign.data.get('scenes') or {}, campaign.data.get('seed', 0)
    if set(scenes) != {'train', 'val'}:
        raise ValueError(
            f'{campaign.name} has no data.scenes with train and val to generate: give --data'
        )
    raw, folder = out / 'kitti', out / 'data'
    counts = [word for split, count in scenes.items() for word in (f'--{split}', count)]
    generate = _tool('create_synthetic_kitti', '--out', raw, *counts, '--seed', seed)
    convert = _tool('create_data', 'kitti', '--root-path', raw, '--out-dir', folder)
    settings = settings_of(out, scenes=scenes, seed=seed)
    # Of all files this one is written last.
    result = folder / 'kitti_dbinfos_train.pkl'
    return Job('data', folder, [generate, convert], result, settings)


def teacher_job(campaign: Campaign, cfg: Config, places: Places) -> Job:
    """Train the teacher unless its weights are given, and test it."""
    seed, part = campaign.teacher.get('seed', 0), campaign.teacher.get('part')
    test = _test(cfg, places.config(TEACHER), places.teacher_checkpoint, places.teacher_figures)
    if places.checkpoint is None:
        commands = [_train(places.config(TEACHER), places.teacher, seed), test]
    else:
        commands = [test]
    parts = {part: campaign.parts[part]} if part else {}
    settings = settings_of(places.out, cfg, places.checkpoint, seed=seed, parts=parts)
    return Job(TEACHER, places.teacher, commands, places.teacher_figures, settings)


def start_job(campaign: Campaign, cfg: Config, places: Places) -> Job:
    """Train the student whose weights those of all arms begin with, and test it."""
    seed, figures = campaign.student['start'].get('seed', 0), places.start / 'figures.json'
    commands = [
        _train(places.config(START), places.start, seed),
        _test(cfg, places.config(START), places.start_checkpoint, figures),
    ]
    weights = campaign.arms[campaign.baseline].get('train', {})
    parts = {name: part for name, part in campaign.parts.items() if name in weights}
    settings = settings_of(places.out, cfg, seed=seed, parts=parts)
    return Job(START, places.start, commands, figures, settings)


def label_job(campaign: Campaign, places: Places) -> Job:
    """Let the teacher label its part of the frames."""
    labels = campaign.labels
    options = [
        word
        for key in ('score_thr', 'ignore_thr')
        if key in labels
        for word in (f'--{key.replace("_", "-")}', labels[key])
    ]
    command = _tool(
        'label_with_teacher', places.config(TEACHER), places.teacher_checkpoint,
        '--data', places.data_root, '--frames', places.part_infos(labels['part']),
        '--out', places.taught, *options,
    )  # fmt: skip
    part = campaign.parts[labels['part']]
    settings = settings_of(places.out, weights=places.teacher_checkpoint, labels=labels, part=part)
    return Job('labels', places.out / 'labels', [command], places.taught, settings)


def student_job(campaign: Campaign, cfg: Config, arm: str, seed: int, places: Places) -> Job:
    """Train a student, and test it."""
    config, folder = places.config(arm), places.run(arm, seed)
    weights = campaign.arms[arm].get('train', {})
    learns, taught = 'kd_cfg' in campaign.arms[arm], TAUGHT in weights
    commands = [
        _train(config, folder, seed, *(['--use-kd'] if learns else [])),
        _test(cfg, config, folder / 'latest.pth', places.figures(arm, seed)),
    ]
    settings = settings_of(
        places.out,
        cfg,
        places.teacher_checkpoint if learns or taught else None,
        parts={name: part for name, part in campaign.parts.items() if name in weights},
        labels=campaign.labels if taught else {},
        **({'start': campaign.student['start']} if campaign.student.get('start') else {}),
    )
    return Job(f'{arm}, seed {seed}', folder, commands, places.figures(arm, seed), settings)


def student_jobs(
    campaign: Campaign,
    configs: dict[str, Config],
    arms: Sequence[str],
    seeds: Sequence[int],
    places: Places,
) -> list[Job]:
    """List the trainings of students, seed by seed, so that whole pairs are there early."""
    return [
        student_job(campaign, configs[arm], arm, seed, places) for seed in seeds for arm in arms
    ]


def _train(config: Path, folder: Path, seed: int, *more: str) -> list[str]:
    fixed = ['--no-validate', '--no-report', '--auto-resume']
    return _tool('train', config, '--work-dir', folder, '--seed', seed, *fixed, *more)


def _test(cfg: Config, config: Path, checkpoint: Path, figures: Path) -> list[str]:
    metric = measure_of(cfg.data.test.type).metric
    return _tool('test', config, checkpoint, '--eval', metric, '--figures', figures)


def _tool(name: str, *arguments: object) -> list[str]:
    return [sys.executable, f'tools/{name}.py', *map(str, arguments)]
