"""The results of a campaign as Markdown."""

from mmdet3d.report.gain.results import Results
from mmdet3d.report.gain.statistics import PairedGain
from mmdet3d.report.markdown import markdown_table


def format_results(results: Results) -> str:
    """Lay out means and gains, which are what is looked at first."""
    parts = [_means(results)]
    if results.gains():
        parts += [f'What each arm adds to {results.baseline}, paired by seed:', _gains(results)]
    return '\n\n'.join(parts)


def format_report(results: Results) -> str:
    """Lay out everything, with every single run."""
    return (
        f'# {results.name}\n\nIn percent. Mean and standard deviation over the runs:\n\n'
        f'{format_results(results)}\n\nEvery run:\n\n{_runs(results)}\n'
    )


def _means(results: Results) -> str:
    rows = [['teacher', '1', *(f'{value:.2f}' for value in results.teacher.values())]]
    for arm, runs in results.runs.items():
        spreads = (_spread(*results.spread(arm, title)) for title in results.titles)
        rows.append([arm, str(len(runs)), *spreads])
    return markdown_table(['arm', 'runs', *results.titles], rows)


def _spread(mean: float, std: float | None) -> str:
    return f'{mean:.2f}' if std is None else f'{mean:.2f} ± {std:.2f}'


def _gains(results: Results) -> str:
    titles = ['arm', 'figure', 'pairs', 'gain', 'std', '95% interval', 't', 'p', 'better']
    rows = [
        [arm, title, *_gain(gain)]
        for arm, gains in results.gains().items()
        for title, gain in gains.items()
    ]
    return markdown_table(titles, rows)


def _gain(gain: PairedGain) -> list[str]:
    pairs = len(gain.differences)
    interval = gain.interval and '{:+.2f} to {:+.2f}'.format(*gain.interval)
    return [
        str(pairs),
        f'{gain.mean:+.2f}',
        _cell(gain.std, '.2f'),
        interval or '-',
        _cell(gain.t, '.2f'),
        _cell(gain.p, '.2g'),
        f'{gain.better} of {pairs}',
    ]


def _cell(value: float | None, spec: str) -> str:
    return '-' if value is None else format(value, spec)


def _runs(results: Results) -> str:
    rows = [
        [arm, str(seed), *(f'{figures[title]:.2f}' for title in results.titles)]
        for arm, runs in results.runs.items()
        for seed, figures in runs.items()
    ]
    return markdown_table(['arm', 'seed', *results.titles], rows)
