"""What the logs of runs say, as pictures, as text and as one page."""

import difflib
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from mmdet3d.report.curves import Curve, Panel, draw_panels
from mmdet3d.report.log_panels import group_panels
from mmdet3d.report.logs import Log, canonical_name, format_time, measure_time, read_log
from mmdet3d.report.page import Section, html_picture, html_table, write_page
from mmdet3d.utils.figures import save_figure

_LISTED = 12


def read_logs(paths: Sequence[str | Path]) -> dict[str, Log]:
    """Read logs, each under the shortest end of its path that tells it from the others.

    Args:
        paths: folders of runs, or single logs.

    Raises:
        FileNotFoundError: if one is not there.
    """
    parts = [Path(path).resolve().parts for path in dict.fromkeys(map(str, paths))]
    deepest = max(len(each) for each in parts)
    names: list[str] = []
    for depth in range(1, deepest + 1):
        names = ['/'.join(each[-depth:]) for each in parts]
        if len(set(names)) == len(names):
            break
    return {name: read_log(Path(*each)) for name, each in zip(names, parts)}


def plot_curves(
    logs: Mapping[str, Log],
    keys: Sequence[str],
    out: str | Path,
    legend: Sequence[str] = (),
    title: str = '',
) -> Path:
    """Save a picture with one panel per key and one curve per log.

    A log that lacks a key has no curve in its panel, with a warning.

    Args:
        logs: by name.
        keys: names of values of the training or of figures of the evaluations, in any version's
            spelling.
        out: the picture to write; its ending says the format.
        legend: what to call the curves instead, one for each log, or for each log and key: first
            all keys of the first log.
        title: what stands above all.

    Raises:
        ValueError: if no log has a key, or there is another number of names in the legend.
    """
    names = [canonical_name(key) for key in keys]
    labels = _labels(list(logs), names, legend)
    for name in names:
        _check_key(name, logs)
    panels = [
        Panel(name, [Curve(labels[log, name], logs[log], name) for log in logs]) for name in names
    ]
    return save_figure(draw_panels(panels, title=title), out)


def _labels(logs: list[str], keys: list[str], legend: Sequence[str]) -> dict[tuple[str, str], str]:
    if len(legend) in (0, len(logs)):
        names = [name for name in legend or logs for _ in keys]
    elif len(legend) == len(logs) * len(keys):
        names = list(legend)
    else:
        raise ValueError(
            f'the legend has {len(legend)} names; expected one for each of {len(logs)} logs, or '
            f'for each log and key, {len(logs) * len(keys)}'
        )
    return dict(zip([(log, key) for log in logs for key in keys], names))


def _check_key(key: str, logs: Mapping[str, Log]) -> None:
    lacking = [name for name, log in logs.items() if key not in log.names()]
    if len(lacking) == len(logs):
        known = list(dict.fromkeys(each for log in logs.values() for each in log.names()))
        close = difflib.get_close_matches(key, known, n=3, cutoff=0.5)
        listed = ', '.join(close or known[:_LISTED]) or 'nothing'
        raise ValueError(f'{", ".join(logs)} logged no {key}; what they logged is such as {listed}')
    if lacking:
        warnings.warn(f'{", ".join(lacking)} logged no {key}: no curve', stacklevel=3)


def describe_time(logs: Mapping[str, Log], with_outliers: bool = False) -> str:
    """Say how long the iterations of each run take.

    Args:
        logs: by name.
        with_outliers: see :func:`mmdet3d.report.logs.measure_time`.

    Raises:
        ValueError: if a log does not say.
    """
    texts = []
    for name, log in logs.items():
        timing = measure_time(log, with_outliers)
        if timing is None:
            raise ValueError(f'{name} has logged no step of training with its time')
        texts.append(format_time(name, timing))
    return '\n\n'.join(texts)


def write_log_page(path: str | Path, name: str, log: Log) -> Path:
    """Write one page with all curves of a run.

    Args:
        path: the page to write; its folder is made.
        name: of the run.
        log: what it logged.

    Raises:
        ValueError: if it has logged nothing that can be drawn.
    """
    groups = group_panels(log)
    if not groups:
        raise ValueError(f'{name} has logged neither training nor evaluation: there are no curves')
    sections = [Section('Run', html_table(['', ''], _facts(log)))]
    for heading, panels in groups.items():
        picture = html_picture(draw_panels(panels), f'{heading} of {name}')
        sections.append(Section(heading, picture))
    return write_page(path, f'Curves of {name}', sections)


def _facts(log: Log) -> list[list[str]]:
    facts = [
        ['seed', 'not logged' if log.seed is None else str(log.seed)],
        ['last epoch', str(log.last_epoch)],
        ['evaluations', str(len(log.evaluations))],
    ]
    timing = measure_time(log)
    if timing is not None:
        facts.append(['seconds per iteration, median', f'{timing.median:.3f}'])
        if timing.data_share is not None:
            facts.append(['share of waiting for data', f'{timing.data_share:.1%}'])
    return facts
