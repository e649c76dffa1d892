"""Fetching the teachers by the real tool, against a server on this machine."""

import hashlib
from pathlib import PurePosixPath

import pytest
from support.file_server import CONTENT, cut_every_answer, running_server
from support.full_disk import files_of_at_most
from support.tooling import call_here

from mmcv_patched import download
from mmdet3d.apis.teacher_zoo import TEACHERS

VARIABLE = 'POINTDISTILLER_TEACHERS_URL'
HASHED = f'made_up_20260101_000000-{hashlib.sha256(CONTENT).hexdigest()[:8]}.pth'


@pytest.fixture
def server(monkeypatch):
    """A server whose every file is the content, which the name of one teacher agrees with."""
    monkeypatch.setenv('no_proxy', '127.0.0.1')
    monkeypatch.setitem(TEACHERS, 'second_v1', PurePosixPath('folder', HASHED))
    # The waits between attempts are of no interest here.
    monkeypatch.setattr(download.time, 'sleep', lambda _: None)
    with running_server() as server:
        monkeypatch.setenv(VARIABLE, server.url)
        yield server


@pytest.fixture
def fetch(tmp_path, capfd):
    """Runs the tool; gives its status and what it printed."""

    def fetch(*arguments):
        status = call_here('tools/download_teachers.py', '--out', tmp_path, *arguments)
        return status, capfd.readouterr()

    return fetch


def test_the_tool_says_what_could_not_be_verified(server, fetch, tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE)
    status, printed = fetch('point_rcnn', '--base-url', f'{server.url}/')
    path = tmp_path / TEACHERS['point_rcnn'].name
    assert status == 0 and path.read_bytes() == CONTENT
    assert f'{path}: not verified' in printed.out


def test_a_mirror_of_the_environment_is_used_progress_shown_and_the_hash_checked(
    server, fetch, tmp_path
):
    status, printed = fetch('second_v1', 'point_rcnn')
    assert status == 0
    assert f'{tmp_path / HASHED}: verified' in printed.out
    assert HASHED in printed.err and '3.15M' in printed.err
    assert {path.name for path in tmp_path.iterdir()} == {HASHED, TEACHERS['point_rcnn'].name}


def test_a_mirror_of_the_command_line_comes_before_that_of_the_environment(server, fetch):
    status, printed = fetch('second_v1', '--base-url', f'{server.url}/missing')
    assert status == 1 and f'{server.url}/missing/folder/{HASHED}: HTTP 404' in printed.err


def test_the_earlier_option_works_with_a_warning(server, fetch, tmp_path):
    status, printed = fetch('--only', 'second_v1')
    assert status == 0 and (tmp_path / HASHED).exists()
    assert 'warning: --only is an old way: give the names alone' in printed.err


def test_without_names_the_four_of_the_guide_are_fetched(server, fetch):
    status, printed = fetch('--base-url', f'{server.url}/missing')
    assert status == 1 and TEACHERS['pointpillars'].name in printed.err


def test_a_teacher_of_another_content_is_refused(server, fetch, tmp_path):
    status, printed = fetch('second')
    assert status == 1 and 'second' in printed.err and '9208083a' in printed.err
    assert list(tmp_path.iterdir()) == []


def test_a_broken_connection_is_gone_on_with_by_the_same_command(server, fetch, tmp_path):
    cut_every_answer(server, 500_000)
    status, printed = fetch('second_v1')
    assert status == 1 and 'in 4 attempts' in printed.err and 'Traceback' not in printed.err
    assert [path.name for path in tmp_path.iterdir()] == [f'{HASHED}.part']
    server.cut_after = []
    status, _ = fetch('second_v1')
    assert status == 0 and (tmp_path / HASHED).read_bytes() == CONTENT
    assert server.sent == len(CONTENT)


def test_a_full_disk_is_named(server, fetch, tmp_path):
    with files_of_at_most(1_000_000):
        status, printed = fetch('second_v1')
    assert status == 1 and 'cannot be written' in printed.err and '3.15 MB' in printed.err
    assert not (tmp_path / HASHED).exists()
    assert fetch('second_v1')[0] == 0


def test_redirections_and_servers_without_ranges_serve_too(server, fetch, tmp_path):
    server.knows_ranges = False
    server.cut_after = [1_000_000]
    status, _ = fetch('second_v1', '--base-url', f'{server.url}/moved')
    assert status == 0 and (tmp_path / HASHED).read_bytes() == CONTENT


def test_a_missing_file_ends_at_once(server, fetch, tmp_path):
    status, printed = fetch('second_v1', '--base-url', f'{server.url}/missing')
    assert status == 1 and 'HTTP 404' in printed.err
    assert len(server.asked) == 1 and list(tmp_path.iterdir()) == []
