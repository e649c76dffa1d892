"""Logs as text, ``*.log``, of this project, mmdetection3d and the released PointDistiller."""

import re
from pathlib import Path

from mmdet3d.report.logs.broken import BrokenLines
from mmdet3d.report.logs.figure_names import NUSCENES, OF_TRAINING, canonical_name
from mmdet3d.report.logs.kitti_tables import TableReader
from mmdet3d.report.logs.records import Evaluation, Log, Step, merge_evaluations, merge_steps

_NUMBER = r'[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|nan|inf)'
# As mmcv's TextLoggerHook writes them: "Epoch [1][50/619]", "Iter [50/1000]", "Epoch(val) [1][8]".
_TRAINED = re.compile(r'(?:^|- )(?:Epoch \[(\d+)\]|Iter )\[(\d+)/(\d+)\]\s(.*)')
_EVALUATED = re.compile(r'(?:^|- )(?:Epoch\(val\) \[(\d+)\]|Iter\(val\) )\[(\d+)\]\s(.*)')
_BEGUN = re.compile(r'(?:^|- )(?:Epoch|Iter)(?:\(val\))? \[')
_SEED = re.compile(r'(?i:\bseed(?: to|:))\s*(\d+)|^seed = (\d+)$')
_ETA = re.compile(r'eta: (?:-?\d+ days?, )?-?[\d:]+')
_VALUE = re.compile(rf'([^,:]+): ({_NUMBER})')
_NUSCENES = re.compile(rf'\b(mAP|NDS|mATE|mASE|mAOE|mAVE|mAAE): ({_NUMBER})')
_OTHER_BRANCH = re.compile(r'Results of (?!pts_bbox)\w+:')
_BRANCH = re.compile(r'Results of \w+:')


def read_text_log(path: Path) -> Log:
    """Read a log; broken lines are skipped, with one warning that names them.

    Args:
        path: the log.

    Raises:
        OSError: if it cannot be read.
    """
    reader, broken = _Reader(), BrokenLines(path)
    for number, line in enumerate(path.read_text(errors='replace').splitlines(), 1):
        with broken.at(number):
            reader.read(line.rstrip())
    reader.end_evaluation(reader.epoch)
    broken.warn()
    log = reader.log
    log.steps = merge_steps(log.steps)
    log.evaluations = merge_evaluations(log.evaluations)
    return log


class _Reader:
    """Reads line by line.

    Attributes:
        log: what was read.
        epoch: the last one that was seen in training; None before the first.
    """

    def __init__(self) -> None:
        self.log = Log()
        self.epoch: int | None = None
        self._tables = TableReader()
        self._nuscenes: dict[str, float] = {}
        self._is_other = False

    def read(self, line: str) -> None:
        if _BEGUN.search(line):
            self._read_entry(line)
        elif self.log.seed is None and (seed := _SEED.search(line)):
            self.log.seed = int(seed[1] or seed[2])
        elif _BRANCH.search(line):
            self._is_other = bool(_OTHER_BRANCH.search(line))
        elif not self._is_other:
            self._read_result(line)

    def _read_entry(self, line: str) -> None:
        trained, evaluated = _TRAINED.search(line), _EVALUATED.search(line)
        if evaluated is not None:
            epoch, _, text = evaluated.groups()
            figures = _values(text)
            self.end_evaluation(int(epoch) if epoch else None, figures)
        elif trained is not None:
            epoch, iteration, length, text = trained.groups()
            values = _values(text)
            self.end_evaluation(self.epoch)
            self.epoch = int(epoch or 1)
            self.log.epoch_length = int(length)
            self.log.steps.append(Step(self.epoch, int(iteration), values))
        else:
            raise ValueError('it is cut')

    def _read_result(self, line: str) -> None:
        if self._tables.repeats(line):
            self.end_evaluation(self.epoch)
        if not self._tables.read(line):
            found = _NUSCENES.findall(line)
            self._nuscenes |= {f'{NUSCENES}/{name}': float(value) for name, value in found}

    def end_evaluation(self, epoch: int | None, figures: dict[str, float] | None = None) -> None:
        """Keep what was read of an evaluation, and be ready for the next one."""
        named = {
            canonical_name(name): value
            for name, value in (figures or {}).items()
            if name not in OF_TRAINING
        }
        together = self._nuscenes | self._tables.figures | named
        if together:
            self.log.evaluations.append(Evaluation(epoch, together))
        self._tables, self._nuscenes, self._is_other = TableReader(), {}, False


def _values(text: str) -> dict[str, float]:
    """Read ``name: number, name: number``.

    Raises:
        ValueError: if it is something else, or cut.
    """
    items = [each.strip() for each in _ETA.sub('', text).split(',')]
    matches = {item: _VALUE.fullmatch(item) for item in items if item}
    # Several groups of parameters have several learning rates, with nothing between them.
    unread = [item for item, match in matches.items() if match is None and item[:2] != 'lr']
    if not matches or unread:
        raise ValueError('its values cannot be read')
    return {match[1].strip(): float(match[2]) for match in matches.values() if match is not None}
