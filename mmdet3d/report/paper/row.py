"""One row of the paper's tables: the runs of a setting, which differ in their seeds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import mean, stdev

from mmdet3d.report.paper.method import Method
from mmdet3d.report.paper.network import Size
from mmdet3d.report.paper.scores import Scores

PICKS = ('best', 'last')


@dataclass(frozen=True)
class Result:
    """The figures of a run, or of two whose networks have different classes.

    Attributes:
        seed: None where it is not known.
        best: at the best epoch.
        last: at the last one.
    """

    seed: int | None
    best: Scores
    last: Scores


@dataclass(eq=False)
class Row:
    """The runs of a setting.

    Attributes:
        detector: what the paper calls it.
        classes: those that it detects; none where that is not known.
        is_nuscenes: whether its data set is nuScenes.
        sizes: of its network, or of each that the row combines; None where one is not known.
        teacher_parameters: of the teacher that the config names, else None.
        compression: how much smaller than the teacher it is; 1 of a teacher, None if not known.
        method: what it learned by.
        results: one for each run that has figures.
        notes: what is to be said of the runs.
        label: what tells the setting from another one of the same detector, size and method.
    """

    detector: str
    classes: tuple[str, ...]
    is_nuscenes: bool
    sizes: tuple[Size | None, ...]
    teacher_parameters: int | None
    compression: int | None
    method: Method
    results: list[Result] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    label: str = ''

    def values(self, pick: str, names: Sequence[str]) -> list[float]:
        """Return the mean over some figures for each run that has all of them.

        Args:
            pick: one of ``PICKS``.
            names: of the figures.
        """
        figures = [getattr(result, pick).figures for result in self.results]
        whole = [each for each in figures if all(name in each for name in names)]
        return [mean(each[name] for name in names) for each in whole]

    def epochs(self, pick: str) -> str:
        """List the epochs of the runs, such as ``78`` or ``78, 80``; of two networks ``78/80``."""
        each = ['/'.join(map(str, getattr(result, pick).epochs)) for result in self.results]
        return ', '.join(dict.fromkeys(each))

    def is_alike(self, other: 'Row') -> bool:
        """Whether another row's figures can be compared with this one's."""
        ours = self.detector, self.is_nuscenes, set(self.classes)
        return ours == (other.detector, other.is_nuscenes, set(other.classes))


def spread(values: Sequence[float]) -> tuple[float, float | None] | None:
    """Return mean and standard deviation; None without values, None for that of a single one."""
    if not values:
        return None
    return mean(values), stdev(values) if len(values) > 1 else None


def plain_student(row: Row, rows: Iterable[Row]) -> Row | None:
    """Find the same network without distillation; None for a plain one, or without any."""
    if row.method.is_plain:
        return None
    found = (each for each in rows if each.is_alike(row) and each.sizes == row.sizes)
    return next((each for each in found if each.method.is_plain), None)


def teacher_of(row: Row, rows: Iterable[Row]) -> Row | None:
    """Find the teacher among other rows; None for a teacher, or without any."""
    if row.compression in (1, None) and row.method.is_plain:
        return None
    found = (each for each in rows if each.is_alike(row) and each.method.is_plain)
    teachers = [each for each in found if each.compression == 1]
    named = [each for each in teachers if _has_parameters(each, row.teacher_parameters)]
    return next(iter(named or ([] if row.teacher_parameters else teachers)), None)


def _has_parameters(row: Row, number: int | None) -> bool:
    first = row.sizes[0]
    return first is not None and first.parameters == number
