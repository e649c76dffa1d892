"""Put runs that differ in their seed alone into one row, and the two halves of PointPillars too."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from mmdet3d.apis.class_names import config_classes
from mmdet3d.report.paper.method import read_method
from mmdet3d.report.paper.network import Ruler, detector_of
from mmdet3d.report.paper.row import Result, Row
from mmdet3d.report.paper.run import Run
from mmdet3d.report.paper.scores import (
    Scores,
    best_and_last,
    evaluated_classes,
    has_other_metric,
    is_nuscenes,
)

KITTI = ('Car', 'Pedestrian', 'Cyclist')


def make_rows(runs: Sequence[Run], metric: str) -> list[Row]:
    """Make the rows of all tables.

    Where a setting has a run that is whole and evaluated, its other runs are left out, and named.

    Args:
        runs: any runs, of which equal settings become one row.
        metric: ``'R40'`` or ``'R11'``.
    """
    ruler, settings = Ruler(), dict[str, list[Run]]()
    for run in runs:
        settings.setdefault(run.setting(), []).append(run)
    rows = [_row(group, metric, ruler) for group in settings.values()]
    for row in rows:
        row.compression = row.compression or _compared_with_largest(row, rows)
    return _combine(rows)


def _row(group: Sequence[Run], metric: str, ruler: Ruler) -> Row:
    first = group[0]
    classes = _classes(first)
    row = Row(
        detector_of(first.cfg),
        classes,
        _is_nuscenes(first),
        (ruler.size(first.cfg),),
        ruler.teacher_parameters(first.cfg),
        None,
        read_method(first.cfg, first.is_distilled),
        label=first.config_name or first.folder.name,
    )
    row.compression = _named_compression(row, first)
    _add_results(row, group, metric)
    return row


def _classes(run: Run) -> tuple[str, ...]:
    found = evaluated_classes(run.log) or (config_classes(run.cfg) if run.cfg else None) or []
    known = [name for name in KITTI if name in found]
    return (*known, *(name for name in found if name not in KITTI))


def _is_nuscenes(run: Run) -> bool:
    dataset = '' if run.cfg is None else run.cfg.data.test.get('type', '')
    return is_nuscenes(run.log) or 'NuScenes' in dataset


def _named_compression(row: Row, run: Run) -> int | None:
    """Compare with the teacher that the config names, or take what its kd_cfg says."""
    (size,) = row.sizes
    if size is not None and row.teacher_parameters is not None:
        return _ratio(row.teacher_parameters, size.parameters)
    model = {} if run.cfg is None else run.cfg.model
    kd_cfg = (model.get('train_cfg') or {}).get('kd_cfg') or {}
    return kd_cfg.get('compression_ratio')


def _compared_with_largest(row: Row, rows: Sequence[Row]) -> int | None:
    (size,) = row.sizes
    alike = [each.sizes[0] for each in rows if each.is_alike(row) and each.method.is_plain]
    known = [each.parameters for each in alike if each is not None]
    return None if size is None or not known else _ratio(max(known), size.parameters)


def _ratio(teacher: int, student: int) -> int:
    return max(1, round(teacher / student))


def _add_results(row: Row, group: Sequence[Run], metric: str) -> None:
    picked = {run: best_and_last(run.log, row.classes, metric) for run in group}
    missing = {run: run.what_is_missing() for run in group}
    for run in group:
        if picked[run] is None and has_other_metric(run.log, metric):
            missing[run].append(f'no AP at {metric}')
    whole = [run for run in group if picked[run] is not None and not missing[run]]
    for run in group:
        scores = picked[run]
        is_left_out = bool(whole) and run not in whole
        if scores is not None and not is_left_out:
            row.results.append(Result(run.seed, *scores))
        if missing[run]:
            left_out = ', left out' if is_left_out else ''
            seed = f'seed {run.seed}: ' if len(group) > 1 else ''
            row.notes.append(f'{seed}{", ".join(missing[run])}{left_out}')


def _combine(rows: Sequence[Row]) -> list[Row]:
    """Put a network for cars and one for pedestrians and cyclists together, as the paper does."""
    combined, used = [], set[int]()
    for i, row in enumerate(rows):
        partners = (j for j in range(i + 1, len(rows)) if j not in used and _fit(row, rows[j]))
        if i not in used:
            partner = next(partners, None)
            used.update([] if partner is None else [partner])
            combined.append(row if partner is None else _together(row, rows[partner]))
    return combined


def _fit(one: Row, other: Row) -> bool:
    classes = [*one.classes, *other.classes]
    is_whole = len(classes) == len(KITTI) and set(classes) == set(KITTI)
    is_alike = all(
        getattr(one, name) == getattr(other, name)
        for name in ('detector', 'compression', 'method', 'is_nuscenes')
    )
    return is_whole and is_alike and not one.is_nuscenes


def _together(one: Row, other: Row) -> Row:
    one, other = sorted((one, other), key=lambda each: 'Car' not in each.classes)
    notes = [f'{", ".join(each.classes)}: {note}' for each in (one, other) for note in each.notes]
    return replace(
        one,
        classes=KITTI,
        sizes=(*one.sizes, *other.sizes),
        results=_pair(one.results, other.results),
        notes=notes,
        label=f'{one.label}, {other.label}',
    )


def _pair(ones: Sequence[Result], others: Sequence[Result]) -> list[Result]:
    """Pair the runs of two networks by seed, and those that have none in common in their order."""
    of_seed = {each.seed: each for each in others}
    pairs = [(one, of_seed.pop(one.seed, None)) for one in ones]
    matched = [(one, other) for one, other in pairs if other is not None]
    alone = [one for one, other in pairs if other is None]
    left = [each for each in others if all(each is not other for _, other in matched)]
    rest = zip_longest(alone, left)
    return [_join(one, other) for one, other in [*matched, *rest]]


def _join(one: Result | None, other: Result | None) -> Result:
    known = [each for each in (one, other) if each is not None]
    best, last = (_merge([getattr(each, pick) for each in known]) for pick in ('best', 'last'))
    return Result(known[0].seed, best, last)


def _merge(scores: Sequence[Scores]) -> Scores:
    figures = {name: value for each in scores for name, value in each.figures.items()}
    return Scores(tuple(epoch for each in scores for epoch in each.epochs), figures)
