"""Fetching the teachers by the real tool, against a server on this machine."""

import runpy
import sys

import pytest
from support.file_server import CONTENT, running_server

from mmdet3d.apis.teacher_zoo import TEACHERS


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv('no_proxy', '127.0.0.1')
    with running_server() as server:
        yield server


def run_tool(repo_root, monkeypatch, *args):
    monkeypatch.setattr(sys, 'argv', ['download_teachers.py', *map(str, args)])
    runpy.run_path(str(repo_root / 'tools' / 'download_teachers.py'), run_name='__main__')


def test_the_tool_says_what_could_not_be_verified(server, repo_root, tmp_path, monkeypatch, capsys):
    only = ['--out', tmp_path, '--only', 'point_rcnn', '--base-url', f'{server.url}/']
    run_tool(repo_root, monkeypatch, *only)
    path = tmp_path / TEACHERS['point_rcnn'].name
    assert path.read_bytes() == CONTENT
    assert f'{path}: not verified' in capsys.readouterr().out


def test_the_tool_ends_with_the_reason(server, repo_root, tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match=r'second.*9208083a'):
        run_tool(
            repo_root, monkeypatch, '--out', tmp_path, '--only', 'second', '--base-url', server.url
        )
    with pytest.raises(SystemExit, match=r'pointpillars.*HTTP 404'):
        run_tool(repo_root, monkeypatch, '--out', tmp_path, '--base-url', f'{server.url}/missing')
    assert list(tmp_path.iterdir()) == []
