"""Tables that put runs side by side."""

from collections.abc import Mapping, Sequence

from mmdet3d.datasets import TableColumn
from mmdet3d.report.markdown import markdown_table
from mmdet3d.report.runs import RunFigures

_MISSING = '-'


def format_table(runs: Sequence[RunFigures], columns: Sequence[TableColumn] = ()) -> str:
    """Lay runs out as a Markdown table: size, arithmetic, the data set's figures, speed.

    Args:
        runs: the rows. A figure that a run lacks is a dash.
        columns: which figures are shown, see ``table_columns`` of the data set; all without any.
    """
    columns = columns or _all_columns(runs)
    titles = ['model', 'params (M)', 'multiply-adds (G)', *(column.title for column in columns)]
    titles.append('frames/s')
    rows = [
        [run.name, f'{run.parameters / 1e6:.3f}', f'{run.multiply_adds / 1e9:.2f}']
        + [_cell(run.figures, column) for column in columns]
        + [f'{run.frames_per_second:.1f}']
        for run in runs
    ]
    return markdown_table(titles, rows)


def _all_columns(runs: Sequence[RunFigures]) -> list[TableColumn]:
    names = dict.fromkeys(name for run in runs for name in run.figures)
    return [TableColumn(name, (name,), '.4g') for name in names]


def _cell(figures: Mapping[str, float], column: TableColumn) -> str:
    # KITTI's evaluation prefixes the figures of detectors that report their boxes as pts_bbox.
    values = [figures.get(name, figures.get(f'pts_bbox/{name}')) for name in column.figures]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return _MISSING
    return format(sum(known) / len(known), column.spec)
