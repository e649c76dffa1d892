"""From the folders of runs to their errors."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmdet3d.apis.inference import init_model
from mmdet3d.report.errors.boxes import relabelled
from mmdet3d.report.errors.report import error_sections, find_errors, format_errors, write_errors
from mmdet3d.report.page import write_page
from mmdet3d.report.runs import detect_all, open_runs, require_truth


def analyze_errors(
    folders: Mapping[str, str | Path],
    out_dir: str | Path,
    least_score: float = 0.3,
    **changes: Any,
) -> str:
    """Detect in the data that runs are tested on, and save what they do wrong, side by side.

    Writes ``errors.md``, ``errors.csv``, ``errors.png``, ``precision_recall.png``, and
    ``report.html`` with all of these. The classes are those of the first run.

    Args:
        folders: folder of each run by its name.
        out_dir: where to write; made if missing.
        least_score: detections with a lower score are not counted.
        **changes: what to change in the runs' configs, see :func:`mmdet3d.report.load_run_config`.

    Returns:
        the tables as Markdown.

    Raises:
        FileNotFoundError: if a run lacks its config or its checkpoint.
        ValueError: if the runs do not test on the same frames, or these have no annotations.
    """
    runs = open_runs(folders, **changes)
    dataset = next(iter(runs.values())).dataset
    require_truth(dataset)
    detections = {}
    for name, run in runs.items():
        found, _ = detect_all(init_model(run.cfg, str(run.checkpoint)), run.dataset, name)
        detections[name] = relabelled(found, run.dataset.CLASSES, dataset.CLASSES)
    errors = find_errors(dataset, detections, least_score)
    write_errors(errors, out_dir)
    write_page(Path(out_dir) / 'report.html', 'Errors of runs', error_sections(errors))
    return format_errors(errors)
