"""A table, whatever it is printed as, and the columns that it is made of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mmdet3d.report.paper.row import PICKS, Row, spread

MISSING = '-'


@dataclass(frozen=True)
class Table:
    """A table of texts.

    Attributes:
        title: what stands above it.
        titles: of its columns, each another one.
        rows: as many cells in each as there are columns.
        notes: sentences that stand below it.
    """

    title: str
    titles: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Column:
    """A column, with the paper's beside it where it has one.

    Attributes:
        title: what stands above it.
        measured: the cell of a row at one of its ``PICKS``.
        published: the cell of the paper; None where the paper has none.
    """

    title: str
    measured: Callable[[Row, str], str]
    published: Callable[[Row], str | None] = field(default=lambda row: None)


def lay_out(
    title: str, rows: Sequence[Row], columns: Sequence[Column], notes: Sequence[str]
) -> Table:
    """Make a table: a line for the best epoch of each row, and one for the last if it is another.

    Columns of the paper without any figure are left out.
    """
    lines = [(row, pick) for row in rows for pick in _picks(row)]
    titles, cells = list[str](), [list[str]() for _ in lines]
    for column in columns:
        titles.append(column.title)
        published = [column.published(row) for row, _ in lines]
        for line, (row, pick) in zip(cells, lines):
            line.append(column.measured(row, pick))
        if any(cell is not None for cell in published):
            titles.append(f'{column.title} (paper)')
            for line, cell in zip(cells, published):
                line.append(MISSING if cell is None else cell)
    return Table(title, titles, cells, notes)


def _picks(row: Row) -> Sequence[str]:
    """The last epoch alone, where it is the best one or nothing is known."""
    return PICKS[1:] if row.epochs('best') == row.epochs('last') else PICKS


def epoch_cell(row: Row, pick: str) -> str:
    """Say which epoch a line is about."""
    if not row.results:
        return MISSING
    name = 'best and last' if len(_picks(row)) == 1 else pick
    return f'{name} ({row.epochs(pick)})'


def value_cell(values: Sequence[float], factor: float = 1.0) -> str:
    """Format the mean over the runs, and their standard deviation where there are several.

    Args:
        values: one for each run.
        factor: what they are multiplied by.
    """
    known = spread([factor * value for value in values])
    if known is None:
        return MISSING
    mean, deviation = known
    return f'{mean:.1f}' if deviation is None else f'{mean:.1f} ± {deviation:.1f}'


def gain_cell(values: Sequence[float], others: Sequence[float] | None, factor: float = 1.0) -> str:
    """Format how much one mean is above another.

    Args:
        values: one for each run.
        others: of the row to compare with; None where there is none.
        factor: what the difference is multiplied by.
    """
    ours, theirs = spread(values), spread(others or ())
    if ours is None or theirs is None:
        return MISSING
    return f'{factor * (ours[0] - theirs[0]):+.1f}'
