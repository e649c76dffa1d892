"""What a log says, whichever its format."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(frozen=True)
class Step:
    """A line of training.

    Attributes:
        epoch: counted from 1.
        iteration: counted from 1, from the start of the epoch; of an iteration-based run from the
            start of training.
        values: every number of the line by its name, such as ``loss``, ``time`` (seconds of an
            iteration) and ``data_time``.
    """

    epoch: int
    iteration: int
    values: dict[str, float]


@dataclass(frozen=True)
class Evaluation:
    """What the data set's ``evaluate`` gave.

    Attributes:
        epoch: after which; None where the log does not say.
        figures: by the names of :func:`mmdet3d.report.logs.figure_names.canonical_name`.
    """

    epoch: int | None
    figures: dict[str, float]


@dataclass
class Log:
    """One log, or those of a run joined.

    Attributes:
        steps: in the order of training.
        evaluations: in the order of their epochs.
        seed: of the run; None where the log does not say.
        epoch_length: iterations of an epoch; None where the log does not say.
    """

    steps: list[Step] = field(default_factory=list)
    evaluations: list[Evaluation] = field(default_factory=list)
    seed: int | None = None
    epoch_length: int | None = None

    @property
    def last_epoch(self) -> int:
        """The last epoch of which a step is logged; 0 without one."""
        return max((step.epoch for step in self.steps), default=0)

    def names(self) -> list[str]:
        """List the names of all values and figures, in the order of their first appearance."""
        values = (step.values for step in self.steps)
        figures = (evaluation.figures for evaluation in self.evaluations)
        return list(dict.fromkeys(name for each in (*values, *figures) for name in each))

    def positions(self) -> list[int]:
        """Count the iterations of all steps from the start of training."""
        if self.counts_through():
            return [step.iteration for step in self.steps]
        length = self.longest_epoch()
        return [(step.epoch - 1) * length + step.iteration for step in self.steps]

    def counts_through(self) -> bool:
        """Whether iterations are counted over all epochs, as iteration-based runs do."""
        epochs: dict[int, list[int]] = {}
        for step in self.steps:
            epochs.setdefault(step.epoch, []).append(step.iteration)
        spans = [(min(each), max(each)) for _, each in sorted(epochs.items())]
        return len(spans) > 1 and all(before[1] < after[0] for before, after in pairwise(spans))

    def longest_epoch(self) -> int:
        """The iterations of an epoch: as the log says, or as far as its steps go."""
        return max([self.epoch_length or 0, *(step.iteration for step in self.steps)])


def merge_steps(steps: Iterable[Step]) -> list[Step]:
    """Put the values of equal iterations together; the later ones win."""
    merged: dict[tuple[int, int], dict[str, float]] = {}
    for step in steps:
        key = step.epoch, step.iteration
        merged[key] = merged.get(key, {}) | step.values
    return [Step(*key, values) for key, values in sorted(merged.items())]


def merge_evaluations(evaluations: Iterable[Evaluation]) -> list[Evaluation]:
    """Put the figures of equal epochs together; the later ones win. Unknown epochs come last."""
    merged: dict[int | None, dict[str, float]] = {}
    for each in evaluations:
        merged[each.epoch] = merged.get(each.epoch, {}) | each.figures
    known = sorted(epoch for epoch in merged if epoch is not None)
    order = [*known, *([None] if None in merged else [])]
    return [Evaluation(epoch, merged[epoch]) for epoch in order]
