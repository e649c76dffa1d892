"""The paper's table 4: nuScenes."""

from collections.abc import Sequence

from mmdet3d.report.paper.columns import (
    gain_columns,
    kd_column,
    network_columns,
    notes_column,
    run_columns,
)
from mmdet3d.report.paper.published import published_figures, source_of
from mmdet3d.report.paper.row import Row
from mmdet3d.report.paper.scores import NUSCENES
from mmdet3d.report.paper.table import Column, Table, lay_out, value_cell

_TABLE = 'table_4'
_PERCENT = 100.0


def nuscenes_table(rows: Sequence[Row]) -> Table:
    """Make the table of mAP, NDS and the five errors.

    Args:
        rows: of nuScenes.
    """
    figures = [_figure_column(i, name) for i, name in enumerate(NUSCENES)]
    gains = gain_columns(rows, ['NuScenes/NDS'], _PERCENT)
    columns = [
        *network_columns(),
        kd_column(),
        *run_columns(),
        *figures,
        *gains,
        notes_column(rows),
    ]
    order = sorted(
        rows, key=lambda row: (row.detector, row.compression or 0, row.method.name != 'none')
    )
    title = 'Table 4: nuScenes, mAP, NDS and the five mean errors, times 100'
    return lay_out(title, order, columns, _notes(rows))


def _figure_column(index: int, name: str) -> Column:
    def published(row: Row) -> str | None:
        figures = published_figures(_TABLE, row)
        return None if figures is None else f'{figures[index]:.1f}'

    title = name.rpartition('/')[2]
    return Column(
        title, lambda row, pick: value_cell(row.values(pick, [name]), _PERCENT), published
    )


def _notes(rows: Sequence[Row]) -> list[str]:
    notes = [
        'Best: the epoch with the highest NDS, which the gains are of. Less is better of errors.'
    ]
    if any(len(row.results) > 1 for row in rows):
        notes.append('Mean ± standard deviation over the seeds.')
    if any(published_figures(_TABLE, row) for row in rows):
        notes.append(f'Paper: {source_of(_TABLE)}.')
    return notes
