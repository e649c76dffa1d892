"""The tables as Markdown, LaTeX, CSV and HTML."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence

from mmdet3d.report.markdown import markdown_table
from mmdet3d.report.page import Section, html_table, html_text, render_page
from mmdet3d.report.paper.table import Table

_LATEX = {
    **{each: f'\\{each}' for each in '&%$#_{}'},
    '\\': r'\textbackslash{}',
    '~': r'\textasciitilde{}',
    '^': r'\textasciicircum{}',
    '±': r'$\pm$',
    '<': r'$<$',
    '>': r'$>$',
}


def as_markdown(tables: Sequence[Table]) -> str:
    """Lay tables out as Markdown."""
    return '\n\n'.join(
        '\n\n'.join([f'**{table.title}**', _markdown(table), *table.notes]) for table in tables
    )


def _markdown(table: Table) -> str:
    # A bar in a cell would begin another one.
    rows = [[cell.replace('|', r'\|') for cell in row] for row in table.rows]
    return markdown_table(table.titles, rows)


def as_latex(tables: Sequence[Table]) -> str:
    """Lay tables out as LaTeX that needs no package."""
    return '\n\n'.join(map(_latex, tables))


def _latex(table: Table) -> str:
    rows = [_latex_row(row) for row in table.rows]
    caption = ' '.join([f'{table.title}.', *table.notes])
    return '\n'.join(
        [
            r'\begin{table}',
            f'\\caption{{{_escape(caption)}}}',
            f'\\begin{{tabular}}{{l{"r" * (len(table.titles) - 1)}}}',
            r'\hline',
            _latex_row(table.titles),
            r'\hline',
            *rows,
            r'\hline',
            r'\end{tabular}',
            r'\end{table}',
        ]
    )


def _latex_row(cells: Iterable[str]) -> str:
    return ' & '.join(map(_escape, cells)) + r' \\'


def _escape(text: str) -> str:
    return ''.join(_LATEX.get(character, character) for character in text)


def as_csv(tables: Sequence[Table]) -> str:
    """Lay tables out as CSV: each begins with its titles, and names itself in its first column."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator='\n')
    for table in tables:
        writer.writerow(['table', *table.titles])
        writer.writerows([table.title, *row] for row in table.rows)
    return buffer.getvalue().rstrip('\n')


def as_html(tables: Sequence[Table]) -> str:
    """Lay tables out as a page."""
    sections = [
        Section(
            table.title,
            html_table(table.titles, table.rows) + html_text(' '.join(table.notes)),
        )
        for table in tables
    ]
    return render_page("The paper's tables from these runs", sections)


FORMATS: dict[str, Callable[[Sequence[Table]], str]] = {
    'markdown': as_markdown,
    'latex': as_latex,
    'csv': as_csv,
    'html': as_html,
}
