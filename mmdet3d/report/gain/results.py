"""The results of a campaign: figures of every run, their means, and the gains over the baseline."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from mmcv_patched.full_disk import atomic_write
from mmdet3d.report.gain.statistics import PairedGain, paired_gain

Runs = Mapping[int, Mapping[str, float]]


@dataclass(frozen=True)
class Results:
    """What is known of the arms so far.

    Attributes:
        name: of the campaign.
        baseline: name of the arm that the others are compared with.
        runs: by arm and seed, the figures by title. Arms without any run are left out.
        teacher: the teacher's figures.
    """

    name: str
    baseline: str
    runs: Mapping[str, Runs]
    teacher: Mapping[str, float]

    @property
    def titles(self) -> list[str]:
        """The titles of the figures."""
        return list(self.teacher)

    def of(self, arm: str, title: str) -> dict[int, float]:
        """One figure of an arm by seed."""
        return {seed: figures[title] for seed, figures in self.runs.get(arm, {}).items()}

    def spread(self, arm: str, title: str) -> tuple[float, float | None]:
        """Mean and standard deviation of a figure over the runs of an arm; None for one run."""
        values = list(self.of(arm, title).values())
        return mean(values), stdev(values) if len(values) > 1 else None

    def gains(self) -> dict[str, dict[str, PairedGain]]:
        """Compare with the baseline, by arm and title of the figure, where there are pairs."""
        found = {}
        for arm in self.runs:
            gains = {
                title: paired_gain(self.of(self.baseline, title), self.of(arm, title))
                for title in self.titles
            }
            if arm != self.baseline and all(gains.values()):
                found[arm] = {title: gain for title, gain in gains.items() if gain}
        return found


def read_figures(path: Path) -> dict[str, float]:
    """Read what ``tools/test.py --figures`` wrote.

    Raises:
        ValueError: if it is no JSON of numbers.
    """
    try:
        figures = json.loads(path.read_text())
        return {name: float(value) for name, value in figures.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(
            f'{path} holds no figures of tools/test.py ({error}): remove it to test anew'
        ) from error


def write_json(results: Results, path: Path) -> None:
    """Write runs, means and gains, for programs; what is not a number is null."""
    content = {
        'campaign': results.name,
        'baseline': results.baseline,
        'teacher': results.teacher,
        'runs': results.runs,
        'arms': {
            arm: {
                title: dict(zip(('mean', 'std'), results.spread(arm, title)))
                for title in results.titles
            }
            for arm in results.runs
        },
        'gains': {
            arm: {title: asdict(gain) for title, gain in gains.items()}
            for arm, gains in results.gains().items()
        },
    }
    with atomic_write(path) as file:
        file.write(json.dumps(_finite(content), indent=1).encode())


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
