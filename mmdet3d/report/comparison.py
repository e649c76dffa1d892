"""Compare runs: a table, learning curves, scenes with everyone's boxes, and errors."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from mmcv_patched.full_disk import write_whole
from mmdet3d.datasets import Custom3DDataset
from mmdet3d.datasets.pictures import draw_frame, view_of
from mmdet3d.report.curves import draw_learning_curves
from mmdet3d.report.errors import error_sections, find_errors, relabelled
from mmdet3d.report.page import Section, html_picture, html_table, write_page
from mmdet3d.report.runs import OpenRun, RunFigures, measure_run, open_runs
from mmdet3d.report.scenes import choose_scenes, draw_scenes
from mmdet3d.report.tables import format_table, table_cells


def compare_runs(
    folders: Mapping[str, str | Path],
    out_dir: str | Path,
    scene: int = 0,
    least_score: float = 0.3,
    **changes: Any,
) -> str:
    """Measure runs on the data that they test on, and save how they compare.

    Writes ``table.md``, ``learning_curves.png``, ``scene.png``, ``scenes.png``, and ``report.html``
    with all of these and the errors side by side. The first run says which figures the table shows
    and what is in view.

    Args:
        folders: folder of each run by its name.
        out_dir: where to write; made if missing.
        scene: index of the frame to draw.
        least_score: detections with a lower score are neither drawn nor counted.
        **changes: what to change in the runs' configs, see :func:`mmdet3d.report.load_run_config`.

    Returns:
        the table.

    Raises:
        FileNotFoundError: if a run lacks its config, its log or its checkpoint.
        IndexError: if there is no such scene.
        ValueError: if the runs do not test on the same frames.
    """
    # What can fail for want of a file or by a wrong number does so before anything is measured.
    opened = open_runs(folders, **changes)
    first = next(iter(opened.values()))
    _check_scene(first.dataset, scene)
    out_dir = Path(out_dir)
    draw_learning_curves(folders, out_dir / 'learning_curves.png')

    runs = [measure_run(name, run.cfg, run.checkpoint) for name, run in opened.items()]
    columns = first.dataset.table_columns()
    table = format_table(runs, columns)
    write_whole(out_dir / 'table.md', f'{table}\n')
    detections = {run.name: run.detections[scene] for run in runs}
    view = view_of(first.cfg, first.dataset)
    draw_frame(first.dataset, scene, detections, out_dir / 'scene.png', view, least_score)
    of_scenes = {
        index: {run.name: run.detections[index] for run in runs}
        for index in choose_scenes(first.dataset)
    }
    draw_scenes(first.dataset, of_scenes, out_dir / 'scenes.png', view, least_score)
    sections = [Section('Figures', html_table(*table_cells(runs, columns)))]
    sections += _pictures(out_dir) + _errors(opened, runs, least_score)
    write_page(out_dir / 'report.html', 'Comparison of runs', sections)
    return table


def _check_scene(dataset: Custom3DDataset, scene: int) -> None:
    if not 0 <= scene < len(dataset):
        raise IndexError(
            f'there is no scene {scene}; {dataset.ann_file} has {len(dataset)}, numbered from 0'
        )


def _pictures(out_dir: Path) -> list[Section]:
    shown = {
        'Learning curves': ['learning_curves.png'],
        'Scenes': ['scene.png', 'scenes.png'],
    }
    return [
        Section(heading, Markup('').join(html_picture(out_dir / name, name) for name in names))
        for heading, names in shown.items()
    ]


def _errors(
    opened: Mapping[str, OpenRun], runs: Sequence[RunFigures], least_score: float
) -> list[Section]:
    """Return what the page says of errors, if the ground truth is known."""
    dataset = next(iter(opened.values())).dataset
    if not all(map(dataset.has_truth, range(len(dataset)))):
        return []
    detections = {
        run.name: relabelled(run.detections, opened[run.name].dataset.CLASSES, dataset.CLASSES)
        for run in runs
    }
    return error_sections(find_errors(dataset, detections, least_score))
