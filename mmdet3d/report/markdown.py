"""Tables in Markdown."""

from collections.abc import Iterable, Sequence


def markdown_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay cells out as a table, without a newline at its end.

    Args:
        titles: of the columns.
        rows: the cells, as many in each row as there are titles.
    """
    lines = [titles, ['---'] * len(titles), *rows]
    return '\n'.join('| ' + ' | '.join(cells) + ' |' for cells in lines)
