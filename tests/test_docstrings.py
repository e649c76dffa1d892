"""Docstrings speak one dialect: lower-case descriptions, and shapes as ``of shape (N, 3)``."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ('mmcv_patched', 'mmdet_patched', 'mmdet3d')
SECTION = re.compile(r'(Args|Returns|Yields|Raises|Attributes):')
NAMED = re.compile(r'\*{0,2}[\w.]+(?:, [\w.]+)*: (.*)')
CAPITAL = re.compile(r'(A|[A-Z][a-z]+)\b')
# Such as (N, 3), (..., 7), (3, 3) or (F + 1,), but not the names (x_min, y_min).
SHAPE = re.compile(r'\((\.\.\.|[A-Z]\w*( [-+*] \w+)?|\d+)[,)]')
PROPER_NAMES = {'Euclidean', 'False', 'None', 'Python', 'True'}


def entries(docstring: str) -> Iterator[tuple[str, str]]:
    """First lines of the descriptions in a docstring's sections, each with its section."""
    section, first = '', False
    for line in docstring.splitlines():
        heading = SECTION.fullmatch(line)
        if heading:
            section, first = heading[1], True
        elif line and not line.startswith(' '):
            section = ''
        elif section in ('Returns', 'Yields') and first:
            yield section, line.strip()
            first = False
        elif section and (entry := NAMED.fullmatch(line.removeprefix(' ' * 4))):
            yield section, entry[1]


def is_in_dialect(section: str, description: str) -> bool:
    word = CAPITAL.match(description)
    if (word and word[0] not in PROPER_NAMES) or SHAPE.match(description):
        return False
    return section != 'Raises' or not re.match(r'(an?|the|there) ', description)


def faults(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            continue
        docstring = ast.get_docstring(node) or ''
        place = f'{path.relative_to(ROOT)}, {getattr(node, "name", "module")}'
        if SHAPE.match(docstring):
            yield f'{place}: {docstring.splitlines()[0]}'
        for section, description in entries(docstring):
            if not is_in_dialect(section, description):
                yield f'{place}, {section}: {description}'


@pytest.mark.parametrize('package', PACKAGES)
def test_docstrings_keep_to_the_dialect(package):
    paths = sorted((ROOT / package).rglob('*.py'))
    assert paths
    found = [fault for path in paths for fault in faults(path)]
    assert not found, '\n'.join(found)


@pytest.mark.parametrize(
    'section, description',
    [
        ('Args', 'The file to read.'),
        ('Args', '(N, 3) positions.'),
        ('Attributes', '(F + 1,) where frames begin.'),
        ('Returns', 'A summary.'),
        ('Raises', 'There is no such file.'),
        ('Raises', 'a matrix is missing.'),
    ],
)
def test_other_dialects_are_noticed(section, description):
    name = '' if section == 'Returns' else 'name: '
    found = list(entries(f'Summary.\n\n{section}:\n    {name}{description}\n'))
    assert found == [(section, description)]
    assert not is_in_dialect(*found[0])


@pytest.mark.parametrize(
    'section, description',
    [
        ('Args', 'positions of shape (N, 3) in metres.'),
        ('Args', '(x_min, y_min, x_max, y_max) in metres.'),
        ('Attributes', 'LiDAR boxes of shape (N, 7).'),
        ('Returns', 'Euclidean distances.'),
        ('Raises', 'if there is no such file.'),
    ],
)
def test_the_dialect_passes(section, description):
    assert is_in_dialect(section, description)
