"""What holds for the tests themselves: their fixtures, and what they need."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
# Of test functions that need the reference folder; what they compare is in no clone.
MOST_WITH_REFERENCE = 15


def fixtures_of(path: Path) -> Iterator[str]:
    """The names of the fixtures that a file defines."""
    for node in ast.parse(path.read_text()).body:
        decorators = getattr(node, 'decorator_list', [])
        if any(ast.unparse(each).startswith('pytest.fixture') for each in decorators):
            yield node.name


def hidden_by(path: Path, root: Path = TESTS) -> set[str]:
    """The names of fixtures of folders above, up to the root, that this file's hide."""
    folders = [folder for folder in path.parents if folder.is_relative_to(root)]
    above = {folder / 'conftest.py' for folder in folders} - {path}
    known = {name for file in above if file.is_file() for name in fixtures_of(file)}
    return known & set(fixtures_of(path))


@pytest.mark.parametrize(
    'path',
    [path for path in sorted(TESTS.rglob('*.py')) if any(fixtures_of(path))],
    ids=lambda path: str(path.relative_to(TESTS)),
)
def test_no_fixture_hides_another_of_its_name(path):
    assert not hidden_by(path)


def test_a_fixture_that_hides_another_is_noticed(tmp_path):
    (tmp_path / 'conftest.py').write_text('@pytest.fixture\ndef frame(): ...\n')
    test = tmp_path / 'datasets' / 'test_frames.py'
    test.parent.mkdir()
    test.write_text("@pytest.fixture(scope='module')\ndef frame(): ...\n\ndef test(): ...\n")
    assert hidden_by(test, tmp_path) == {'frame'}
    assert not hidden_by(tmp_path / 'conftest.py', tmp_path)


def test_few_tests_need_the_reference_folder(request):
    """Counted among the tests that were collected: all of them, where all are run."""
    needy = {
        item.nodeid.split('[')[0]
        for item in request.session.items
        if 'reference_dir' in item.fixturenames and not item.get_closest_marker('gpu')
    }
    assert len(needy) < MOST_WITH_REFERENCE, sorted(needy)
