"""The tables of average precisions that an evaluation on KITTI writes into the text of a log."""

import re

from mmdet3d.core.evaluation import figure_name, mean_name
from mmdet3d.report.logs.figure_names import DIFFICULTIES, LABELS, METRICS

_HEADING = re.compile(r'(?P<name>\S.*?) (?P<label>AP(?:11|40)?)@(?P<limits>[^:]*)(?P<end>:?)\s*')
_ROW = re.compile(r'(?P<metric>bbox|bev|3d|aos)\s+(?P<label>AP(?:11|40)?):(?P<values>.*)')
_MEAN = 'Overall'


class TableReader:
    """Reads the tables line by line.

    The first table of a class has the strict overlaps, the second the loose ones, of which those in
    BEV and 3D are smaller. Orientation (aos) stands in this text alone.

    Attributes:
        figures: what was read so far.
    """

    def __init__(self) -> None:
        self.figures: dict[str, float] = {}
        self._heading: tuple[str, str, str] | None = None

    def repeats(self, line: str) -> bool:
        """Whether a line begins a table that was read before: another evaluation's."""
        heading = _HEADING.fullmatch(line)
        if heading is None:
            return False
        name, label = heading['name'], _label(heading['label'])
        return self._has(name, label, _strictness(heading['limits'], self._has(name, label)))

    def read(self, line: str) -> bool:
        """Read a line, and tell whether it belongs to the tables.

        Raises:
            ValueError: if it does, but is broken.
        """
        heading, row = _HEADING.fullmatch(line), _ROW.fullmatch(line)
        if heading is None and row is None:
            return False
        if heading is not None:
            self._heading = None
            self._begin(
                heading['name'], _label(heading['label']), heading['limits'], heading['end']
            )
        elif row is not None:
            self._read_row(row['metric'], row['values'])
        return True

    def _begin(self, name: str, label: str, limits: str, end: str) -> None:
        if len(limits.split(',')) != len(DIFFICULTIES) or not end:
            raise ValueError('the heading of a table is cut')
        label = _label(label)
        self._heading = name, label, _strictness(limits, self._has(name, label))

    def _read_row(self, metric: str, values: str) -> None:
        if self._heading is None:
            raise ValueError('it is a row of a table that has no heading')
        numbers = _numbers(values)
        for difficulty, number in zip(DIFFICULTIES, numbers):
            self.figures[_name(metric, *self._heading, difficulty)] = number

    def _has(self, name: str, label: str, strictness: str = 'strict') -> bool:
        keys = (_name(metric, name, label, strictness, 'easy') for metric in (*METRICS, 'aos'))
        return any(key in self.figures for key in keys)


def _numbers(text: str) -> list[float]:
    """Read the three numbers of a row, which have equally many digits unless the row is cut."""
    texts = [each.strip() for each in text.split(',')]
    digits = {len(each.partition('.')[2]) for each in texts if each != 'nan'}
    if len(texts) != len(DIFFICULTIES) or len(digits) > 1:
        raise ValueError(f'it lacks some of its {len(DIFFICULTIES)} average precisions')
    return [float(each) for each in texts]


def _label(text: str) -> str:
    """Before there were two labels, average precisions were those at 11 recalls."""
    return text if text in LABELS else LABELS[0]


def _strictness(limits: str, is_second: bool) -> str:
    is_smaller = len(set(limits.replace(' ', '').split(','))) > 1
    is_number = limits.strip()[:1].isdigit()
    return 'loose' if is_number and (is_smaller or is_second) else 'strict'


def _name(metric: str, name: str, label: str, strictness: str, difficulty: str) -> str:
    if metric == 'aos':
        end = '' if name == _MEAN else f'_{strictness}'
        return f'KITTI/{name}_AOS_{label}_{difficulty}{end}'
    if name == _MEAN:
        return mean_name(METRICS[metric], label, difficulty)
    return figure_name(name, METRICS[metric], label, difficulty, strictness)
