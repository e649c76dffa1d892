"""The gains of a campaign as a picture."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mmcv_patched.full_disk import atomic_write
from mmdet3d.report.gain.results import Results
from mmdet3d.report.gain.statistics import PairedGain


def draw_gains(results: Results, path: Path) -> None:
    """Save a picture with one panel per figure: each pair as a dot, the mean, and its interval.

    Args:
        results: what is known; without any pair, no picture is made.
        path: the picture to write.
    """
    gains = results.gains()
    if not gains:
        return
    titles = results.titles
    size = (2.6 * len(titles) + 1, 0.5 * len(gains) + 1.4)
    figure = Figure(figsize=size, dpi=120, layout='constrained')
    grid = figure.subplots(1, len(titles), sharey=True, squeeze=False)[0]
    for axes, title in zip(grid, titles):
        for row, arm in enumerate(gains):
            _draw(axes, row, gains[arm][title])
        axes.axvline(0, color='0.6', lw=1)
        axes.set(title=title, xlabel=f'gain over {results.baseline}')
    grid[0].set_yticks(range(len(gains)), list(gains))
    grid[0].set_ylim(len(gains) - 0.5, -0.5)
    with atomic_write(path) as file:
        figure.savefig(file, format=Path(path).suffix[1:])


def _draw(axes: Axes, row: int, gain: PairedGain) -> None:
    values = list(gain.differences.values())
    axes.plot(values, [row + 0.15] * len(values), 'o', color='C0', ms=3, alpha=0.6)
    axes.plot([gain.mean], [row - 0.1], 'D', color='C1', ms=5)
    if gain.interval:
        axes.plot(gain.interval, [row - 0.1] * 2, '-', color='C1', lw=2)
