"""The paper's tables 1, 2, 3 and 5: average precisions on KITTI."""

from collections.abc import Sequence

from mmdet3d.report.paper.columns import (
    gain_columns,
    kd_column,
    network_columns,
    notes_column,
    run_columns,
)
from mmdet3d.report.paper.published import author_log, published_figures, source_of
from mmdet3d.report.paper.row import Row
from mmdet3d.report.paper.rows import KITTI
from mmdet3d.report.paper.scores import DIFFICULTIES, ap_name
from mmdet3d.report.paper.table import Column, Table, lay_out, value_cell

VIEWS = {'bev': "bird's-eye view", '3d': '3D'}
_RECALLS = {'R40': 40, 'R11': 11}


def kitti_tables(rows: Sequence[Row], metric: str) -> list[Table]:
    """Make the tables that there are rows for.

    Args:
        rows: of KITTI and of data in its layout.
        metric: ``'R40'`` or ``'R11'``.
    """
    tables = []
    for classes, family in _families(rows).items():
        maker = _Maker(family, classes, metric)
        whole = [row for row in family if not row.method.is_ablation]
        if whole:
            tables.append(maker.table('table_1', 'Table 1', 'bev', whole))
            tables.append(maker.table('table_2', 'Table 2', '3d', whole))
        for number, chosen in ((3, _with_methods(family)), (5, _with_ablation(family))):
            tables += [
                maker.table(f'table_{number}_{view}', f'Table {number}', view, chosen)
                for view in (VIEWS if chosen else ())
            ]
    return tables


def _families(rows: Sequence[Row]) -> dict[tuple[str, ...], list[Row]]:
    """The rows of each set of classes: those of KITTI's classes together, others apart."""
    of_kitti = [row for row in rows if set(row.classes) <= set(KITTI)]
    together = tuple(name for name in KITTI if any(name in row.classes for row in of_kitti))
    families: dict[tuple[str, ...], list[Row]] = {together: of_kitti} if of_kitti else {}
    for row in rows:
        if row not in of_kitti:
            families.setdefault(row.classes, []).append(row)
    return families


def _with_methods(rows: Sequence[Row]) -> list[Row]:
    """Students that were distilled by other methods, and what these are compared with."""
    sizes = [row.sizes for row in rows if not (row.method.is_plain or _is_graph(row))]
    return [row for row in rows if row.sizes in sizes and not row.method.is_ablation]


def _with_ablation(rows: Sequence[Row]) -> list[Row]:
    """Students that were distilled by half of the paper's method, and what these compare with."""
    sizes = [row.sizes for row in rows if row.method.is_ablation]
    return [row for row in rows if row.sizes in sizes and (row.method.is_plain or _is_graph(row))]


def _is_graph(row: Row) -> bool:
    return row.method.is_paper or row.method.is_ablation


class _Maker:
    """Makes the tables of rows whose classes are among the same ones."""

    def __init__(self, rows: Sequence[Row], classes: Sequence[str], metric: str) -> None:
        self.rows, self.classes, self.metric = rows, classes, metric

    def table(self, section: str, name: str, view: str, chosen: Sequence[Row]) -> Table:
        title = (
            f'{name}: KITTI, {VIEWS[view]}, AP at {_RECALLS[self.metric]} recalls '
            f'({self.metric}) in percent'
        )
        if not set(self.classes) <= set(KITTI):
            title += f' of {", ".join(self.classes)}'
        columns = [
            *network_columns(),
            *_method_columns(name),
            *run_columns(),
            *self._figure_columns(section, view),
            *gain_columns(self.rows, self._moderate(view)),
            notes_column(chosen),
        ]
        return lay_out(title, _in_order(chosen), columns, self._notes(section, view, chosen))

    def _moderate(self, view: str) -> list[str]:
        return [ap_name(name, view, self.metric, 'moderate') for name in self.classes]

    def _figure_columns(self, section: str, view: str) -> list[Column]:
        keys = {
            f'{name} {difficulty}': [ap_name(name, view, self.metric, difficulty)]
            for name in self.classes
            for difficulty in DIFFICULTIES
        }
        keys['mAP moderate'] = self._moderate(view)
        return [self._figure_column(section, *each) for each in keys.items()]

    def _figure_column(self, section: str, title: str, names: Sequence[str]) -> Column:
        titles = [f'{name} {difficulty}' for name in KITTI for difficulty in DIFFICULTIES]
        titles += ['mAP moderate'] if set(self.classes) == set(KITTI) else []

        def published(row: Row) -> str | None:
            figures = published_figures(section, row) if self.metric == 'R40' else None
            is_known = figures is not None and title in titles
            return f'{figures[titles.index(title)]:.1f}' if figures and is_known else None

        return Column(title, lambda row, pick: value_cell(row.values(pick, names)), published)

    def _notes(self, section: str, view: str, chosen: Sequence[Row]) -> list[str]:
        notes = [
            'Best: the epoch with the highest mean AP in 3D at moderate. mAP: the mean over the '
            'classes at moderate, which the gains over plain student and teacher are of. '
            'Multiply-adds are those of tools/analysis_tools/get_flops.py, which says what the '
            'paper counts.'
        ]
        if any(len(row.results) > 1 for row in chosen):
            notes.append('Mean ± standard deviation over the seeds.')
        if any(len(row.sizes) > 1 for row in chosen):
            notes.append(
                'Two networks in one row: the one for cars first, then that for the other classes.'
            )
        return [*notes, *self._on_the_paper(section, view, chosen)]

    def _on_the_paper(self, section: str, view: str, chosen: Sequence[Row]) -> list[str]:
        if self.metric != 'R40':
            return ['The paper gives AP at 40 recalls alone.']
        if not any(published_figures(section, row) for row in chosen):
            return ['No run is of a network that the paper has in this table.']
        said = [author_log(row, view) for row in chosen]
        logs = list(dict.fromkeys(each for each in said if each is not None))
        return [f'Paper: {source_of(section)}.', *logs]


def _method_columns(name: str) -> list[Column]:
    if name == 'Table 5':
        return [
            Column('local distillation', lambda row, pick: _yes(row.method.is_local)),
            Column('reweighted learning', lambda row, pick: _yes(row.method.is_reweighted)),
        ]
    if name == 'Table 3':
        return [Column('losses', lambda row, pick: row.method.name)]
    return [kd_column()]


def _yes(value: bool) -> str:
    return 'yes' if value else 'no'


def _in_order(rows: Sequence[Row]) -> list[Row]:
    """By detector as in the paper, then from the teacher to the smallest student."""
    known = ['PointPillars', 'SECOND', 'PointRCNN']
    return sorted(
        rows,
        key=lambda row: (
            known.index(row.detector) if row.detector in known else len(known),
            row.detector,
            row.compression or 0,
            not row.method.is_plain,
            row.method.is_paper,
            row.method.name,
        ),
    )
