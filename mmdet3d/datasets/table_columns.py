"""What a data set says of tables that compare runs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TableColumn:
    """One figure of an evaluation, as a table shows it.

    Attributes:
        title: head of the column.
        figures: names that ``evaluate`` gives them; the column shows their mean.
        spec: how a number is written, see :func:`format`.
    """

    title: str
    figures: tuple[str, ...]
    spec: str = '.1f'
