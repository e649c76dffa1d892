"""Pictures of errors: bars of what is right and wrong, and precision over recall."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mmdet3d.core.visualizer import distinct_colors
from mmdet3d.report.errors.counts import GROUPINGS, Count
from mmdet3d.report.errors.matching import OBJECT_KINDS
from mmdet3d.report.errors.precision import PrecisionCurve

# Told apart by their lightness, too.
_COLORS = dict(zip(OBJECT_KINDS, ('#1b7837', '#fee08b', '#f46d43', '#737373')))
_WRONG = {'false': '#542788', 'duplicate': '#b2abd2'}
_TITLES = {'class': 'by class', 'range': 'by range', 'points': 'by points in the box'}


def draw_errors(runs: Mapping[str, Sequence[Count]], num_frames: int) -> Figure:
    """Draw what became of objects, and the detections that belong to none, side by side by run.

    Args:
        runs: the counts of each run by its name.
        num_frames: how many frames they are of.
    """
    counts = next(iter(runs.values()))
    panels = [name for name in GROUPINGS if name in _TITLES]
    sizes = [sum(count.grouping == name for count in counts) for name in panels]
    bars = sum(sizes) * (len(runs) + 1)
    figure = Figure(figsize=(max(9.0, 0.22 * bars + 2), 7.5), dpi=120, layout='constrained')
    grid = figure.subplots(2, len(panels), width_ratios=sizes, sharey='row')
    for (upper, lower), grouping in zip(grid.T, panels):
        chosen = {
            run: [count for count in each if count.grouping == grouping]
            for run, each in runs.items()
        }
        _stack(upper, chosen, _COLORS, _shares)
        _stack(lower, chosen, _WRONG, lambda count, kind: count.numbers[kind] / num_frames)
        lower.set_xlabel(_TITLES[grouping], fontsize=11)
    figure.suptitle('In brackets: the number of objects', fontsize=9)
    grid[0, 0].set_ylabel('objects (%)')
    grid[1, 0].set_ylabel('detections per frame')
    for row, title in zip(grid, ('objects', 'detections of none')):
        row[-1].legend(loc='upper left', bbox_to_anchor=(1, 1), title=title, reverse=True)
    return figure


def _shares(count: Count, kind: str) -> float:
    return 100 * count.numbers[kind] / max(count.numbers['objects'], 1)


def _stack(
    axes: Axes,
    runs: Mapping[str, Sequence[Count]],
    colors: Mapping[str, str],
    value: Callable[[Count, str], float],
) -> None:
    """Draw one bar for each run in each group, of as many parts as there are colours."""
    first = next(iter(runs.values()))
    groups = [f'{count.group}\n({count.numbers["objects"]})' for count in first]
    step = len(runs) + 1
    places, names, highest = [], [], 0.0
    for i, (run, counts) in enumerate(runs.items()):
        x = np.arange(len(counts)) * step + i
        base = np.zeros(len(counts))
        for kind, color in colors.items():
            heights = np.array([value(count, kind) for count in counts])
            axes.bar(
                x, heights, bottom=base, width=0.85, color=color, label=kind if not i else None
            )
            base += heights
        highest = max(highest, base.max(initial=0))
        places += x.tolist()
        names += [run] * len(counts)
    axes.set_xticks(places, names, rotation=90, fontsize=8)
    # Room above the highest bar; panels of a row share it.
    axes.set_ylim(0, max(axes.get_ylim()[1], 1.05 * highest))
    above = axes.secondary_xaxis('top')
    middles = np.arange(len(groups)) * step + (len(runs) - 1) / 2
    # Bars are a fifth of an inch apart, letters a twelfth.
    is_narrow = max(map(len, '\n'.join(groups).split('\n'))) / 12 > step / 5
    above.set_xticks(middles, groups, fontsize=9)
    for text in above.get_xticklabels() if is_narrow else ():
        text.set(rotation=30, ha='left', rotation_mode='anchor')
    above.tick_params(length=0)


def draw_precision(runs: Mapping[str, Mapping[str, PrecisionCurve]], note: str) -> Figure:
    """Draw precision over recall, one panel per class and one curve per run.

    Args:
        runs: the curves of each class, of each run by its name.
        note: by what rule they are made.
    """
    names = list(next(iter(runs.values())))
    columns = min(len(names), 5)
    rows = -(-len(names) // columns)
    size = (3.6 * columns, 3.4 * rows + 0.4)
    figure = Figure(figsize=size, dpi=120, layout='constrained')
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, name in zip(grid, names):
        for (run, curves), color in zip(runs.items(), distinct_colors(len(runs))):
            curve = curves[name]
            label = f'{run}: {curve.average:.1f}'
            axes.step(curve.recall, curve.precision, where='pre', color=color, label=label)
        axes.set(title=name, xlim=(0, 1), ylim=(0, 1.02), xlabel='recall', ylabel='precision')
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    for axes in grid[len(names) :]:
        axes.remove()
    figure.suptitle(note, fontsize=9)
    return figure
