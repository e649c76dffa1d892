"""How long the iterations of a training take."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, median, pstdev

from mmdet3d.report.logs.records import Log, Step


@dataclass(frozen=True)
class Timing:
    """Seconds per iteration.

    Attributes:
        epochs: mean of each epoch, by its number.
        mean: over all lines of the log.
        median: likewise.
        data_share: which part of the time is spent waiting for data; None where that is not logged.
    """

    epochs: dict[int, float]
    mean: float
    median: float
    data_share: float | None


def measure_time(log: Log, with_outliers: bool = False) -> Timing | None:
    """Take the time of iterations from a log.

    Args:
        log: the log.
        with_outliers: also use the first line of each epoch, when the loaders' processes start.

    Returns:
        None where no line says its time.
    """
    timed = [step for step in log.steps if 'time' in step.values]
    epochs: dict[int, list[Step]] = {}
    for step in timed:
        epochs.setdefault(step.epoch, []).append(step)
    used = {
        epoch: steps if with_outliers else steps[1:] or steps for epoch, steps in epochs.items()
    }
    lines = [step for steps in used.values() for step in steps]
    if not lines:
        return None
    times = _values(lines, 'time')
    waiting = _values(lines, 'data_time')
    return Timing(
        {epoch: mean(_values(steps, 'time')) for epoch, steps in used.items()},
        mean(times),
        median(times),
        mean(waiting) / mean(times) if len(waiting) == len(times) and any(times) else None,
    )


def _values(steps: Sequence[Step], name: str) -> list[float]:
    return [step.values[name] for step in steps if name in step.values]


def format_time(name: str, timing: Timing) -> str:
    """Write it as mmdetection3d's tool does, with median and waiting below.

    Args:
        name: of the log.
        timing: from :func:`measure_time`.
    """
    slowest = max(timing.epochs, key=lambda epoch: timing.epochs[epoch])
    fastest = min(timing.epochs, key=lambda epoch: timing.epochs[epoch])
    share = 'not logged' if timing.data_share is None else f'{timing.data_share:.1%}'
    return '\n'.join(
        [
            f'-----Analyze train time of {name}-----',
            f'slowest epoch {slowest}, average time is {timing.epochs[slowest]:.4f}',
            f'fastest epoch {fastest}, average time is {timing.epochs[fastest]:.4f}',
            f'time std over epochs is {pstdev(timing.epochs.values()):.4f}',
            f'average iter time: {timing.mean:.4f} s/iter',
            f'median iter time: {timing.median:.4f} s/iter',
            f'share of data_time: {share}',
        ]
    )
