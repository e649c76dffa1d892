"""tools/paper_tables.py: its formats can be read, and its errors are one line."""

import csv
import io
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from support import logs
from support.tooling import call_here, run

TOOL = 'tools/paper_tables.py'
CONFIG = 'configs/quickstart/pointpillars_3class.py'
AP = {name: {'bev': (60.0, 50.0, 40.0), '3d': (50.0, 40.0, 30.0)} for name in ('Car', 'Cyclist')}


@pytest.fixture(scope='module')
def work_dirs(repo_root, tmp_path_factory) -> list[Path]:
    """Two seeds of a run, with a name that every format has to escape."""
    folder = tmp_path_factory.mktemp('work_dirs')
    for seed in (0, 1):
        here = folder / f'a&b_|%<{seed}>'
        here.mkdir()
        text = (
            (repo_root / CONFIG).read_text().replace("'../_base_", f"'{repo_root}/configs/_base_")
        )
        text = text.replace("'./", f"'{repo_root}/configs/quickstart/")
        (here / 'odd_name_100%.py').write_text(text)
        lines = logs.training_lines([10], {'loss': 1.0})['json']
        value = logs.val_json(10, logs.kitti_figures('AP40', AP))
        logs.write(here / '1.log.json', [f'{{"seed": {seed}}}', *lines, value])
    return sorted(folder.iterdir())


@pytest.fixture
def printed(work_dirs, capsys):
    def tables(*arguments: str) -> str:
        assert call_here(TOOL, *work_dirs, *arguments) == 0
        return capsys.readouterr().out

    return tables


def test_markdown_has_as_many_cells_in_every_row(printed):
    lines = [line for line in printed().splitlines() if line.startswith('|')]
    assert len(lines) == 2 * 3
    assert len({len(re.findall(r'(?<!\\)\|', line)) for line in lines}) == 1
    assert '50.0 ± 0.0' in lines[-1]


def test_csv_is_read_by_the_csv_module(printed):
    first, second, *_ = tables = list(csv.reader(io.StringIO(printed('--format', 'csv'))))
    assert len({len(row) for row in tables}) == 1
    assert first[0] == 'table' and second[0].startswith('Table 1: KITTI')
    assert len(set(first)) == len(first)
    assert dict(zip(first, second))['Car moderate'] == '50.0 ± 0.0'


def test_latex_has_as_many_columns_in_every_row(printed):
    text = printed('--format', 'latex')
    for table in text.split(r'\begin{table}')[1:]:
        (columns,) = re.findall(r'\\begin\{tabular\}\{(\w+)\}', table)
        rows = [line for line in table.splitlines() if line.endswith(r'\\')]
        assert len(rows) == 2
        assert {len(re.findall(r'(?<!\\)&', row)) + 1 for row in rows} == {len(columns)}
        assert all(table.count(rf'\begin{{{name}}}') <= 1 for name in ('table', 'tabular'))
        assert not re.search(r'(?<!\\)[%#_]', table)
        assert table.count('{') - table.count(r'\{') == table.count('}') - table.count(r'\}')
    assert r'$\pm$' in text and '±' not in text


class Cells(HTMLParser):
    """Counts the cells of each row of a page, and the tags that are open at its end."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[int] = []
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag == 'tr':
            self.rows.append(0)
        if tag in ('td', 'th'):
            self.rows[-1] += 1
        if tag not in ('meta', 'link', 'br', 'img'):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_html_is_a_page_with_as_many_cells_in_every_row(printed):
    page = Cells()
    page.feed(printed('--format', 'html'))
    assert len(page.rows) == 2 * 2 and len(set(page.rows)) == 1
    assert page.open == []


def test_tables_are_written_from_any_folder(repo_root, work_dirs, tmp_path):
    run(
        *(sys.executable, str(repo_root / TOOL), str(work_dirs[0])),
        *('--out', 'new/tables.md', '--metric', 'R40'),
        root=tmp_path,
    )
    assert '| PointPillars | 1x |' in (tmp_path / 'new' / 'tables.md').read_text()


@pytest.mark.parametrize(
    'arguments, said',
    [
        ([], 'arguments are required: WORK_DIR'),
        (['{here}'], 'holds no *.log.json and no *.log: it is no folder of a run'),
        (['{here}/none'], 'none does not exist: give a log, or the folder of a run'),
        (['{run}', '--format', 'word'], "invalid choice: 'word'"),
        (['{run}', '--metric', 'R101'], "invalid choice: 'R101'"),
        (['{run}', '--out', '{here}'], 'is a folder; name a file'),
        (['{run}', '--fromat', 'csv'], 'there is no --fromat: did you mean --format?'),
    ],
)
def test_mistakes_are_one_line(work_dirs, tmp_path, capsys, arguments, said):
    places = {'here': tmp_path, 'run': work_dirs[0]}
    filled = [each.format(**places) for each in arguments]
    assert call_here(TOOL, *filled) in (1, 2)
    error = capsys.readouterr().err
    assert said in error and error.count('\n') == 1


def test_a_broken_line_is_named_and_the_rest_is_shown(work_dirs, tmp_path, capsys):
    (log,) = work_dirs[0].glob('*.json')
    path = logs.write(tmp_path / 'cut.log.json', [*log.read_text().splitlines(), '{"mode": "va'])
    assert call_here(TOOL, path) == 0
    out, error = capsys.readouterr()
    assert f'{path}, line 5: skipped as broken' in error
    assert '| 60.0 | 50.0 | 40.0 |' in out and 'no config' in out
