"""What paired differences say: their mean, spread, Student's t and its interval."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import mean, stdev

from scipy.stats import t as student_t

CONFIDENCE = 0.95


@dataclass(frozen=True)
class PairedGain:
    """How much better one arm is than another, over the seeds that both have.

    Attributes:
        differences: by seed.
        mean: of the differences.
        std: their standard deviation; None for a single one, as for what follows.
        t: the mean over its standard error; None too if all differences are the same.
        p: how probable a ``t`` as far from 0 is without any effect, two-sided.
        interval: of the mean, at 95% confidence.
        better: in how many seeds the difference is above 0.
    """

    differences: Mapping[int, float]
    mean: float
    std: float | None
    t: float | None
    p: float | None
    interval: tuple[float, float] | None
    better: int


def paired_gain(baseline: Mapping[int, float], other: Mapping[int, float]) -> PairedGain | None:
    """Compare two arms by Student's paired t-test.

    Args:
        baseline: a figure by seed.
        other: the same of the arm to compare; seeds that one of them lacks do not count.

    Returns:
        the gain of ``other``; None without a common seed.
    """
    differences = {seed: other[seed] - baseline[seed] for seed in baseline if seed in other}
    if not differences:
        return None
    values = list(differences.values())
    gain, better = mean(values), sum(value > 0 for value in values)
    if len(values) == 1:
        return PairedGain(differences, gain, None, None, None, None, better)
    freedom, std = len(values) - 1, stdev(values)
    error = std / math.sqrt(len(values))
    half = float(student_t.ppf((1 + CONFIDENCE) / 2, freedom)) * error
    t = gain / error if error else None
    p = None if t is None else 2 * float(student_t.sf(abs(t), freedom))
    return PairedGain(differences, gain, std, t, p, (gain - half, gain + half), better)
