"""Run a campaign and report on it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mmcv import Config

from mmdet3d.report.gain.arms import START, TEACHER, build_configs, write_config
from mmdet3d.report.gain.campaign import Campaign, check_seeds, load_campaign
from mmdet3d.report.gain.jobs import Job, run_jobs
from mmdet3d.report.gain.measures import measure_of
from mmdet3d.report.gain.parts import check_infos, write_parts
from mmdet3d.report.gain.places import Places
from mmdet3d.report.gain.processes import count_devices
from mmdet3d.report.gain.progress import Progress, duration, in_words
from mmdet3d.report.gain.report import collect_results, summarise, write_report
from mmdet3d.report.gain.settings import check_settings
from mmdet3d.report.gain.stages import (
    data_job,
    label_job,
    start_job,
    student_jobs,
    teacher_job,
)
from mmdet3d.utils.checkpoint import find_checkpoint
from mmdet3d.utils.config import find_datasets, load_config

_WAIT = 5.0


def _tell(line: str) -> None:
    print(line, flush=True)


def run_campaign(
    path: str | Path,
    out: str | Path | None = None,
    data: str | Path | None = None,
    full: bool = False,
    seeds: Sequence[int] | None = None,
    arms: Sequence[str] | None = None,
    teacher_checkpoint: str | Path | None = None,
    processes: int | None = None,
) -> str:
    """Do what is left of a campaign, and report on all of it.

    Writes ``gain.md``, ``gain.json`` and ``gain.png`` into its folder, anew after each training.

    Args:
        path: its file.
        out: its folder, by default ``work_dirs/gain`` and its name.
        data: folder of the data with its info files; None generates scenes.
        full: take what the campaign's section ``full`` says.
        seeds: instead of the campaign's.
        arms: which to train, all by default. The report is on all that there are.
        teacher_checkpoint: weights of the teacher, instead of training it.
        processes: trainings side by side; by default one per GPU, or else one per core.

    Returns:
        the tables of the report.

    Raises:
        FileNotFoundError: if a file is missing.
        TypeError: if the campaign has a key that nothing reads.
        ValueError: if something in it is not what it can be, or it has changed since it was begun.
        RuntimeError: if a tool fails.
    """
    campaign = load_campaign(path, full)
    if full and data is None:
        raise ValueError('--full is for a real data set: give its folder by --data')
    seeds = list(campaign.seeds if seeds is None else seeds)
    check_seeds(seeds)
    arms = choose_arms(campaign, arms)
    processes = processes or count_devices()
    out = Path(out or Path('work_dirs', 'gain', campaign.name)).resolve()
    if data is None:
        _finish(data_job(campaign, out))
    places = _find_places(campaign, out, Path(data or out / 'data'), teacher_checkpoint)
    run = _Run(campaign, places, build_configs(campaign, places), seeds, processes)
    run.prepare()
    return run.train(arms)


def choose_arms(campaign: Campaign, names: Sequence[str] | None) -> list[str]:
    """Return the arms to train, in the order of the campaign.

    Raises:
        ValueError: if there is no arm of one of the names.
    """
    unknown = [name for name in names or [] if name not in campaign.arms]
    if unknown:
        raise ValueError(f'--arms {" ".join(unknown)}: {campaign.name} has {list(campaign.arms)}')
    return [name for name in campaign.arms if names is None or name in names]


def _find_places(
    campaign: Campaign, out: Path, data: Path, checkpoint: str | Path | None
) -> Places:
    kind = load_config(campaign.student['config']).data.test.type
    given = checkpoint or campaign.teacher.get('checkpoint')
    weights = find_checkpoint(given, 'checkpoint of the teacher').absolute() if given else None
    return Places(out, data.resolve(), measure_of(kind).layout, weights)


def _finish(job: Job, tested: Config | None = None) -> None:
    """Do a job that others need, alone, or wait for the process that is at it."""

    def say(job: Job, seconds: float) -> None:
        found = f': {in_words(summarise(tested, job.result))}' if tested else ''
        _tell(f'{time.strftime("%H:%M:%S")} {job.name} ({duration(seconds)}){found}')

    told = False
    while run_jobs([job], 1, say):
        if not told:
            _tell(f'another process is at {job.name}: waiting for it')
        told = True
        time.sleep(_WAIT)


@dataclass(frozen=True)
class _Run:
    """A campaign on its data."""

    campaign: Campaign
    places: Places
    configs: dict[str, Config]
    seeds: Sequence[int]
    processes: int

    def prepare(self) -> None:
        """Do all that students need: configs, parts of the data, teacher, its labels."""
        whole = load_config(
            self.campaign.student['config'],
            self.campaign.student.get('options'),
            self.places.data_root,
        )
        check_infos(whole, self.places)
        # Before anything is written: what is there already must not change its meaning.
        for job in self._students(list(self.campaign.arms)):
            check_settings(job.folder, job.settings)
        teacher = teacher_job(self.campaign, self.configs[TEACHER], self.places)
        check_settings(teacher.folder, teacher.settings)
        for name, cfg in self.configs.items():
            write_config(cfg, self.places.config(name))
        write_parts(self.campaign.parts, next(find_datasets(whole.data.train)), self.places)
        _finish(teacher, self.configs[TEACHER])
        if self.campaign.labels:
            _finish(label_job(self.campaign, self.places))
        if START in self.configs:
            start = start_job(self.campaign, self.configs[START], self.places)
            _finish(start, self.configs[START])

    def _students(self, arms: Sequence[str]) -> list[Job]:
        return student_jobs(self.campaign, self.configs, arms, self.seeds, self.places)

    def train(self, arms: Sequence[str]) -> str:
        """Train and test the students of some arms, and return the tables of the report."""
        jobs = self._students(arms)
        done = sum(job.result.exists() for job in jobs)
        progress = Progress(len(jobs), done, self.processes, _tell)

        def say(job: Job, seconds: float) -> None:
            figures = summarise(self.configs[job.folder.parent.name], job.result)
            progress.add(job.name, figures, seconds)
            self.report()

        busy = run_jobs(jobs, self.processes, say)
        if busy:
            _tell(f'another process is at {", ".join(job.name for job in busy)}')
        return self.report()

    def report(self) -> str:
        """Write the report on what is done, and return its tables."""
        results = collect_results(self.campaign, self.configs, self.places, self.seeds)
        return write_report(results, self.places.out)
