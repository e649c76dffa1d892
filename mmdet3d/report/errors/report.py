"""The errors of runs side by side: tables, pictures and one page."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from mmcv_patched.full_disk import write_whole
from mmdet3d.datasets import Custom3DDataset
from mmdet3d.report.errors.boxes import read_clouds, read_detections, read_objects
from mmdet3d.report.errors.classes import ErrorClass, error_classes
from mmdet3d.report.errors.counts import COLUMNS, GROUPINGS, Count, count_errors
from mmdet3d.report.errors.matching import match
from mmdet3d.report.errors.pictures import draw_errors, draw_precision
from mmdet3d.report.errors.precision import PrecisionCurve, curve_note, precision_curves
from mmdet3d.report.markdown import markdown_table
from mmdet3d.report.page import Section, html_picture, html_table, html_text
from mmdet3d.report.runs import require_truth
from mmdet3d.utils.figures import save_figure

_TITLES = {'all': 'group', 'class': 'class', 'range': 'range', 'points': 'points in the box'}


@dataclass(frozen=True)
class Errors:
    """What runs do wrong on the same frames.

    Attributes:
        counts: of each run by its name.
        curves: of each run by its name, and of each class.
        classes: the classes.
        num_frames: how many frames.
        least_score: detections with a lower score are not counted.
        curve_note: by what rule the curves are made.
    """

    counts: dict[str, list[Count]]
    curves: dict[str, dict[str, PrecisionCurve]]
    classes: list[ErrorClass]
    num_frames: int
    least_score: float
    curve_note: str


def find_errors(
    dataset: Custom3DDataset, runs: Mapping[str, Sequence[dict[str, Any]]], least_score: float = 0.3
) -> Errors:
    """Compare the detections of runs with the ground truth.

    Args:
        dataset: the frames.
        runs: the detections of every frame, of each run by its name.
        least_score: detections with a lower score are not counted; curves take all.

    Raises:
        ValueError: if a frame has no annotations.
    """
    require_truth(dataset)
    classes, labels, counted = error_classes(dataset)
    clouds = read_clouds(dataset)
    objects = read_objects(dataset, clouds, labels, counted)
    counts, curves = {}, {}
    for name, results in runs.items():
        everything = read_detections(dataset, clouds, results)
        found = everything.above(least_score)
        matched = match(objects, found, classes)
        counts[name] = count_errors(objects, found, matched, classes)
        curves[name] = precision_curves(dataset, results, objects, everything, classes)
    return Errors(counts, curves, classes, len(dataset), least_score, curve_note(dataset))


def format_errors(errors: Errors) -> str:
    """Lay the counts out as Markdown: one table for each way of grouping."""
    parts = [_rule(errors)]
    parts += [markdown_table(*_table(errors, grouping)) for grouping in GROUPINGS]
    return '\n\n'.join(parts) + '\n'


def error_sections(errors: Errors) -> list[Section]:
    """Return what a page shows of errors: pictures first, then the tables."""
    bars = html_picture(draw_errors(errors.counts, errors.num_frames), 'objects and detections')
    curves = html_picture(draw_precision(errors.curves, errors.curve_note), 'precision over recall')
    tables = [html_table(*_table(errors, grouping)) for grouping in GROUPINGS]
    return [
        Section('Errors', html_text(_rule(errors)) + bars),
        Section('Precision over recall', curves),
        Section('Numbers', Markup('').join(tables)),
    ]


def write_errors(errors: Errors, out_dir: str | Path) -> None:
    """Write ``errors.md``, ``errors.csv``, ``errors.png`` and ``precision_recall.png``.

    Args:
        errors: from :func:`find_errors`.
        out_dir: where to; made if missing.
    """
    out_dir = Path(out_dir)
    out_dir.mkdir(parents=True, exist_ok=True)
    write_whole(out_dir / 'errors.md', format_errors(errors))
    with (out_dir / 'errors.csv').open('w', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(['run', 'grouping', 'group', *COLUMNS])
        for run, counts in errors.counts.items():
            rows = ([run, each.grouping, each.group, *each.numbers.values()] for each in counts)
            writer.writerows(rows)
    save_figure(draw_errors(errors.counts, errors.num_frames), out_dir / 'errors.png')
    save_figure(draw_precision(errors.curves, errors.curve_note), out_dir / 'precision_recall.png')


def _rule(errors: Errors) -> str:
    overlaps = ', '.join(f'{cls.name} {cls.min_overlap:g}' for cls in errors.classes)
    return (
        f'{errors.num_frames} frames; detections of score {errors.least_score:g} or more. An '
        f'object is found by a box that overlaps it by more than ({overlaps}) with the heading '
        'within 30 degrees; badly turned if the heading is off; badly placed if only the centre is '
        'near, in the circle around the object; flipped, one of the badly turned, if the heading '
        'is off by more than 150 degrees.'
    )


def _table(errors: Errors, grouping: str) -> tuple[list[str], list[list[str]]]:
    """Titles and rows: the runs side by side in each group."""
    by_run = {
        run: [count for count in counts if count.grouping == grouping]
        for run, counts in errors.counts.items()
    }
    rows = [
        [counts[i].group, run, *(str(counts[i].numbers[column]) for column in COLUMNS)]
        for i in range(len(next(iter(by_run.values()))))
        for run, counts in by_run.items()
    ]
    return [_TITLES[grouping], 'run', *COLUMNS], rows
