"""The documentation builds, and whatever it links to or names is there."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    [
        *ROOT.glob('*.md'),
        *(ROOT / 'docs').glob('**/*.md'),
        ROOT / 'pretrain' / 'README.md',
        *(ROOT / '.github').glob('**/*.md'),
    ]
)
# Files of the project as texts name them: with their folder, several at once by {,_student_4x}.
FOLDERS = 'benchmarks|configs|demo|docker|docs|mmcv_patched|mmdet3d|mmdet_patched|tests|tools'
NAMED = re.compile(rf'(?<![\w/.-])(?:{FOLDERS})/[\w/.,{{}}-]+?\.(?:py|sh|md|yml)\b')


def build(folder: Path) -> subprocess.CompletedProcess:
    """Build the site of a checkout, links and all."""
    command = [sys.executable, '-m', 'mkdocs', 'build', '--strict', '--site-dir', folder / 'site']
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.fixture
def checkout(tmp_path):
    """What the site is built from, to be changed."""
    for name in ('docs', 'mkdocs.yml', 'CHANGELOG.md', 'tools/_docs_site.py'):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_site_builds_with_every_page_and_the_changelog(checkout):
    done = build(checkout)
    assert done.returncode == 0, done.stderr
    for page in (checkout / 'docs').glob('*.md'):
        assert (checkout / 'site' / f'{page.stem}.html').is_file()
    assert 'Keep a Changelog' in (checkout / 'site' / 'changelog.html').read_text(encoding='utf-8')


@pytest.mark.parametrize(
    'text', ['[gone](gone.md)', '[gone](kd_cfg.md#gone)', '![gone](images/gone.png)']
)
def test_link_that_leads_nowhere_fails_the_build(checkout, text):
    with (checkout / 'docs' / 'index.md').open('a') as page:
        page.write(f'\n{text}\n')
    done = build(checkout)
    assert done.returncode != 0
    assert 'gone' in done.stderr


def targets(page: Path) -> Iterator[Path]:
    """Files that a page links to."""
    for target in re.findall(r'\]\(([^)\s]+)\)', page.read_text(encoding='utf-8')):
        # ../../actions is where GitHub shows the workflow's runs.
        if not re.match(r'[a-z]+://|#|\.\./\.\./actions', target):
            yield (page.parent / target.partition('#')[0]).resolve()


@pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_a_page_links_to_are_there(page):
    assert [str(path) for path in targets(page) if not path.exists()] == []


def expand(name: str) -> Iterator[str]:
    """What a shell makes of a{,b}."""
    parts = re.split(r'\{([^}]*)\}', name)
    choices = [part.split(',') if i % 2 else [part] for i, part in enumerate(parts)]
    return map(''.join, product(*choices))


def missing(text: str) -> list[str]:
    """Files of the project that a text names and that are not there."""
    names = {each for name in NAMED.findall(text) for each in expand(name)}
    return sorted(name for name in names if '...' not in name and not (ROOT / name).exists())


# These show how to add files that are not there yet, or tell what was there before.
@pytest.mark.parametrize(
    'page',
    [page for page in PAGES if page.name not in ('architecture.md', 'CHANGELOG.md')],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_files_that_a_page_names_are_there(page):
    assert missing(page.read_text(encoding='utf-8')) == []


def test_a_name_of_no_file_is_noticed():
    text = 'run tools/train.py, or configs/second/gone{,_student}.py, see mmdet3d/gone.py'
    assert missing(text) == [
        'configs/second/gone.py',
        'configs/second/gone_student.py',
        'mmdet3d/gone.py',
    ]
