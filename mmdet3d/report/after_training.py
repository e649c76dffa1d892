"""What the folder of a run holds for whoever looks at it first."""

import warnings
from pathlib import Path

import mmcv
from mmcv.runner import get_dist_info

from mmcv_patched.full_disk import write_whole
from mmdet3d.apis.evaluation import build_tested, parts_of
from mmdet3d.apis.inference import init_model
from mmdet3d.apis.settings import config_stem
from mmdet3d.datasets import Custom3DDataset, TableColumn
from mmdet3d.datasets.pictures import view_of
from mmdet3d.report.curves import Curve, Panel, draw_panels, loss_names
from mmdet3d.report.logs import Log, read_log
from mmdet3d.report.markdown import markdown_table
from mmdet3d.report.runs import detect_in, latest_checkpoint
from mmdet3d.report.scenes import choose_scenes, draw_scenes
from mmdet3d.report.tables import figure_cell
from mmdet3d.utils.figures import save_figure


def report_training(cfg: mmcv.Config, validated: bool = True) -> None:
    """Write ``curves.png``, and of what was evaluated ``results.md`` and ``results.png``.

    The table holds the figures that are in the log; nothing is evaluated again. The picture shows
    four scenes of ``cfg.data.val`` with what the last weights find. Only the first process writes.
    What goes wrong is a warning: the run is complete, and ends as it would have.

    Args:
        cfg: the config that was trained, with its ``work_dir``.
        validated: whether there were evaluations; without them there are curves alone.
    """
    if get_dist_info()[0] > 0:
        return
    try:
        _write(cfg, validated)
    except Exception as error:
        warnings.warn(
            f'{cfg.work_dir} has no or only a part of curves.png, results.md and results.png '
            f'({type(error).__name__}: {error}); the run itself is complete',
            stacklevel=2,
        )


def _write(cfg: mmcv.Config, validated: bool) -> None:
    work_dir = Path(cfg.work_dir)
    log = read_log(work_dir)
    dataset = parts_of(build_tested(cfg, 'val'))[0] if validated and log.evaluations else None
    columns = _columns(log, dataset) if dataset is not None else []
    name = config_stem(cfg)
    panels = [*loss_names(log), *(each.figures[0] for each in columns if len(each.figures) == 1)]
    titles = {each.figures[0]: each.title for each in columns if len(each.figures) == 1}
    drawn = [Panel(titles.get(key, key), [Curve('', log, key)]) for key in panels]
    save_figure(draw_panels(drawn, is_log=True, title=name), work_dir / 'curves.png')
    if dataset is not None:
        write_whole(work_dir / 'results.md', _results(name, log, dataset, columns))
        _draw_results(cfg, dataset, work_dir)


def _columns(log: Log, dataset: Custom3DDataset) -> list[TableColumn]:
    """The columns of the data set's tables that are logged; all figures if none is."""
    logged = {name for evaluation in log.evaluations for name in evaluation.figures}
    columns = [each for each in dataset.table_columns() if logged >= set(each.figures)]
    return columns or [TableColumn(name, (name,), '.4g') for name in sorted(logged)]


def _results(name: str, log: Log, dataset: Custom3DDataset, columns: list[TableColumn]) -> str:
    rows = [
        ['-' if each.epoch is None else str(each.epoch)]
        + [figure_cell(each.figures, column) for column in columns]
        for each in log.evaluations
    ]
    table = markdown_table(['epoch', *(column.title for column in columns)], rows)
    return f'# {name}\n\nEvaluated on {dataset.ann_file}:\n\n{table}\n'


def _draw_results(cfg: mmcv.Config, dataset: Custom3DDataset, work_dir: Path) -> None:
    model = init_model(cfg, str(latest_checkpoint(work_dir)))
    scenes = {
        index: {'detections': detect_in(model, dataset, index)} for index in choose_scenes(dataset)
    }
    draw_scenes(dataset, scenes, work_dir / 'results.png', view_of(cfg, dataset))
