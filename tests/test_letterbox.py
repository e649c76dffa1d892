"""What others meet first: continuous integration, hooks, templates, changelog and citation."""

import re
import tomllib

import pytest
import yaml

from mmdet3d.version import __version__


def parse(path):
    return yaml.safe_load(path.read_text())


@pytest.fixture
def job(repo_root):
    return parse(repo_root / '.github' / 'workflows' / 'tests.yml')['jobs']['tests']


def test_the_workflow_runs_the_test_command_of_the_readme(job, repo_root):
    commands = [step['run'] for step in job['steps'] if 'run' in step]
    assert commands == ['bash tools/run_tests.sh']
    assert commands[0] in (repo_root / 'README.md').read_text()


def test_the_workflow_covers_every_python_that_the_project_allows(job, repo_root):
    allowed = tomllib.loads((repo_root / 'pyproject.toml').read_text())['project'][
        'requires-python'
    ]
    first, beyond = map(int, re.fullmatch(r'>=3\.(\d+),<3\.(\d+)', allowed).groups())
    assert job['strategy']['matrix']['python'] == [f'3.{minor}' for minor in range(first, beyond)]


def test_hooks_run_tools_that_the_tests_pin(repo_root):
    repos = parse(repo_root / '.pre-commit-config.yaml')['repos']
    programs = {hook['entry'].split()[0] for repo in repos for hook in repo['hooks']}
    pinned = re.findall(r'^([\w-]+)==', (repo_root / 'requirements-test.txt').read_text(), re.M)
    assert programs == {'ruff', 'codespell'}
    assert programs <= set(pinned)


@pytest.mark.parametrize('name', ['bug_report.yml', 'feature_request.yml'])
def test_issue_templates_ask_something_under_distinct_ids(repo_root, name):
    form = parse(repo_root / '.github' / 'ISSUE_TEMPLATE' / name)
    assert {'name', 'description', 'body'} <= set(form)
    ids = [field['id'] for field in form['body']]
    assert len(ids) == len(set(ids)) > 0
    assert all(field['attributes']['label'] for field in form['body'])


def test_a_bug_report_needs_what_reproduces_it(repo_root):
    form = parse(repo_root / '.github' / 'ISSUE_TEMPLATE' / 'bug_report.yml')
    needed = {field['id'] for field in form['body'] if field['validations']['required']}
    assert {'command', 'config', 'error', 'environment'} <= needed


def test_issues_that_fit_no_form_may_be_opened(repo_root):
    assert parse(repo_root / '.github' / 'ISSUE_TEMPLATE' / 'config.yml') == {
        'blank_issues_enabled': True
    }


def test_the_citation_names_this_version_and_the_paper(repo_root):
    citation = parse(repo_root / 'CITATION.cff')
    assert citation['cff-version'] == '1.2.0'
    assert {'message', 'title', 'authors'} <= set(citation)
    assert citation['version'] == __version__
    paper = citation['preferred-citation']
    assert {'type', 'title', 'authors'} <= set(paper)
    assert '2205.11098' in paper['url']


def test_the_changelog_has_a_section_for_what_comes_and_for_this_version(repo_root):
    headings = re.findall(r'^## (\S+)', (repo_root / 'CHANGELOG.md').read_text(), re.M)
    assert headings[:2] == ['Unreleased', __version__]
