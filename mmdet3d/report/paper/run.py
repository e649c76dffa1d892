"""A training run as its folder tells of it: log, config, seed, and what is missing."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import mmcv

from mmdet3d.report.logs import Evaluation, Log, canonical_name, read_log
from mmdet3d.report.runs import load_run_config

# What tools/test.py --figures measured of the last weights, and campaigns of trainings keep.
_FIGURES = 'figures.json'
# What may differ between runs of one setting.
_OF_A_RUN = (
    *('seed', 'work_dir', 'device', 'gpu_ids', 'gpus', 'auto_resume', 'resume_from', 'log_config'),
    *('checkpoint_config', 'log_level', 'dist_params', 'opencv_num_threads', 'mp_start_method'),
)  # fmt: skip
# The released PointRCNN logs it by another name than the other detectors.
_DISTILLED = {'loss_kd', 'kd_loss'}
_SEED = re.compile(r'(?:^|.*[_-])(?:seed[_-]?)?(\d+)')


@dataclass(frozen=True, eq=False)
class Run:
    """One training.

    Attributes:
        folder: where it is.
        log: what its logs say.
        cfg: its config; None where the folder holds none.
    """

    folder: Path
    log: Log
    cfg: mmcv.Config | None

    @property
    def is_distilled(self) -> bool:
        """Whether it learned from a teacher: student configs serve plain trainings too."""
        return any(not _DISTILLED.isdisjoint(step.values) for step in self.log.steps)

    @property
    def seed(self) -> int | None:
        """The seed by the log, else by the config, else by the name of the folder."""
        if self.log.seed is not None:
            return self.log.seed
        seed = None if self.cfg is None else self.cfg.get('seed')
        name = _SEED.fullmatch(self.folder.name)
        return int(name[1]) if seed is None and name else seed

    @property
    def config_name(self) -> str:
        """The name of the config's file, without its ending; '' without a config."""
        return '' if self.cfg is None else Path(self.cfg.filename).stem

    def setting(self) -> str:
        """Return a text that is the same for runs that differ in their seed alone."""
        if self.cfg is None:
            name = _SEED.fullmatch(self.folder.name)
            here = self.folder.name[: name.start(1)] if name else self.folder.name
            return f'{self.folder.parent}/{here}, {self.is_distilled}'
        kept = {key: value for key, value in self.cfg.items() if key not in _OF_A_RUN}
        return json.dumps([kept, self.is_distilled], sort_keys=True, default=str)

    def what_is_missing(self) -> list[str]:
        """Say what keeps this run from being a whole one, in a few words each."""
        missing = [] if self.cfg is not None else ['no config']
        if not self.log.steps:
            missing.append('no training logged')
        elif self.cfg is not None:
            missing += _what_is_left(self.log, self.cfg)
        return missing + ([] if self.log.evaluations else ['not evaluated'])


def read_run(path: str | Path) -> Run:
    """Read what a folder, or one log, tells of a run.

    Args:
        path: the folder, or a log in it.

    Raises:
        FileNotFoundError: if there is no log, or the folder holds several configs.
        ValueError: if the config cannot be read.
    """
    path = Path(path)
    log = read_log(path)
    folder = path if path.is_dir() else path.parent
    cfg = load_run_config(folder) if any(folder.glob('*.py')) else None
    if path.is_dir() and (folder / _FIGURES).is_file():
        log.evaluations.append(Evaluation(log.last_epoch, _read_figures(folder / _FIGURES)))
    return Run(folder.resolve(), log, cfg)


def _read_figures(path: Path) -> dict[str, float]:
    try:
        figures = json.loads(path.read_text())
        return {canonical_name(name): float(value) for name, value in figures.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f'{path} is no JSON of figures by name: {error}; remove it') from error


def _what_is_left(log: Log, cfg: mmcv.Config) -> list[str]:
    """Compare how far a training came with what its config asks for."""
    runner = cfg.get('runner') or {}
    # Before it had a runner, mmcv's configs had total_epochs.
    epochs = runner.get('max_epochs', cfg.get('total_epochs'))
    if epochs is None:
        done, asked = log.positions()[-1], runner.get('max_iters', 0)
        return [f'{done} of {asked} iterations'] if done + _interval(log) <= asked else []
    if log.last_epoch < epochs:
        return [f'{log.last_epoch} of {epochs} epochs']
    is_whole = log.steps[-1].iteration + _interval(log) > log.longest_epoch()
    return [] if is_whole else [f'epoch {log.last_epoch} is unfinished']


def _interval(log: Log) -> int:
    """Iterations from one line of the log to the next."""
    return min(step.iteration for step in log.steps)
