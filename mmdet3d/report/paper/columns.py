"""The columns that the tables have in common."""

from collections.abc import Sequence

from mmdet3d.report.paper.published import published_size
from mmdet3d.report.paper.row import Row, plain_student, teacher_of
from mmdet3d.report.paper.table import MISSING, Column, epoch_cell, gain_cell


def network_columns() -> list[Column]:
    """List detector, compression, multiply-adds and parameters."""
    return [
        Column('detector', lambda row, pick: row.detector),
        Column('compression', lambda row, pick: _compression(row)),
        _size_column('multiply-adds (G)', 'multiply_adds', 1e9),
        _size_column('parameters (M)', 'parameters', 1e6),
    ]


def run_columns() -> list[Column]:
    """List the epoch and the seeds."""
    return [Column('epoch', epoch_cell), Column('seeds', lambda row, pick: _seeds(row))]


def kd_column() -> Column:
    """Whether a row is distilled, and by what if not by the paper's method."""
    return Column('KD', lambda row, pick: _kd(row))


def gain_columns(rows: Sequence[Row], names: Sequence[str], factor: float = 1.0) -> list[Column]:
    """List how much a row's figure is above the plain student's and the teacher's.

    Args:
        rows: all rows.
        names: of the figures whose mean is compared.
        factor: what it is multiplied by.
    """

    def compare(row: Row, pick: str, other: Row | None) -> str:
        others = None if other is None else other.values(pick, names)
        return gain_cell(row.values(pick, names), others, factor)

    return [
        Column('over student', lambda row, pick: compare(row, pick, plain_student(row, rows))),
        Column('over teacher', lambda row, pick: compare(row, pick, teacher_of(row, rows))),
    ]


def notes_column(rows: Sequence[Row]) -> Column:
    """What is to be said of a row, with its config where another row looks the same."""
    looks = [_look(row) for row in rows]

    def cell(row: Row, pick: str) -> str:
        config = [row.label] if looks.count(_look(row)) > 1 else []
        return '; '.join([*config, *row.notes]) or MISSING

    return Column('notes', cell)


def _look(row: Row) -> tuple[str, str, str]:
    return row.detector, _compression(row), row.method.name


def _compression(row: Row) -> str:
    return MISSING if row.compression is None else f'{row.compression}x'


def _kd(row: Row) -> str:
    if row.method.is_plain:
        return 'no'
    return 'yes' if row.method.is_paper else f'yes: {row.method.name}'


def _seeds(row: Row) -> str:
    seeds = ['?' if result.seed is None else str(result.seed) for result in row.results]
    return ', '.join(seeds) or MISSING


def _size_column(title: str, name: str, unit: float) -> Column:
    def measured(row: Row, pick: str) -> str:
        numbers = [None if size is None else getattr(size, name) for size in row.sizes]
        return ' + '.join(MISSING if each is None else f'{each / unit:.2f}' for each in numbers)

    def published(row: Row) -> str | None:
        size = published_size(row)
        return None if size is None else f'{size[name]:.1f}'

    return Column(title, measured, published)
