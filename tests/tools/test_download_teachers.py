"""Fetching checkpoints, against a server on this machine."""

import hashlib
import runpy
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from mmdet3d.utils.download import TEACHERS, download, download_teacher, verify_sha256_prefix

CONTENT = np.random.default_rng(0).bytes(3 << 20)
NAME = f'model_20200101-{hashlib.sha256(CONTENT).hexdigest()[:8]}.pth'
WRONG_NAME = 'model_20200101-01234567.pth'


class FileServer(ThreadingHTTPServer):
    """Serves ``content`` under any path but /missing and notes what it was asked for and sent."""

    daemon_threads = True

    def __init__(self):
        super().__init__(('127.0.0.1', 0), FileHandler)
        self.content = CONTENT
        self.knows_ranges = True
        self.cut_after = []  # bytes after which each of the next answers breaks off
        self.status = []  # error codes of the next answers
        self.asked = []  # the Range of each request
        self.sent = 0

    @property
    def url(self):
        return f'http://127.0.0.1:{self.server_port}'


class FileHandler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        server.asked.append(self.headers['Range'])
        if self.path.startswith('/missing') or server.status:
            return self.send_error(server.status.pop(0) if server.status else 404)
        start, total = 0, len(server.content)
        if server.knows_ranges and self.headers['Range']:
            start = int(self.headers['Range'].removeprefix('bytes=').removesuffix('-'))
            self.send_response(206 if start < total else 416)
            last = f'{start}-{total - 1}' if start < total else '*'
            self.send_header('Content-Range', f'bytes {last}/{total}')
        else:
            self.send_response(200)
        body = server.content[start:]
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        body = body[: server.cut_after.pop(0)] if server.cut_after else body
        server.sent += len(body)
        self.wfile.write(body)

    def log_message(self, *args):
        """Keep the test's output clean."""


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv('no_proxy', '127.0.0.1')
    with FileServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_fetches_and_verifies(server, tmp_path):
    path = tmp_path / 'new' / 'folder' / NAME
    assert download(f'{server.url}/{NAME}', path) is True
    assert path.read_bytes() == CONTENT
    assert [file.name for file in path.parent.iterdir()] == [NAME]


def test_goes_on_where_an_earlier_call_stopped(server, tmp_path):
    path = tmp_path / NAME
    server.cut_after = [1_000_000]
    with pytest.raises(ConnectionError, match=r'1000000 of 3145728 bytes.*goes on'):
        download(f'{server.url}/{NAME}', path, attempts=1)
    assert not path.exists()
    assert (tmp_path / f'{NAME}.part').stat().st_size == 1_000_000
    assert download(f'{server.url}/{NAME}', path) is True
    assert path.read_bytes() == CONTENT
    assert server.asked == [None, 'bytes=1000000-']
    assert server.sent == len(CONTENT)


def test_tries_again_by_itself_after_passing_errors(server, tmp_path):
    path = tmp_path / NAME
    server.cut_after = [500_000, 700_000]
    server.status = [503]
    assert download(f'{server.url}/{NAME}', path, wait_s=0) is True
    assert path.read_bytes() == CONTENT
    assert server.asked == [None, None, 'bytes=500000-', 'bytes=1200000-']
    assert server.sent == len(CONTENT)


def test_starts_over_where_the_server_knows_no_ranges(server, tmp_path):
    path = tmp_path / NAME
    server.knows_ranges = False
    path.with_name(f'{NAME}.part').write_bytes(b'x' * 5000)
    assert download(f'{server.url}/{NAME}', path) is True
    assert path.read_bytes() == CONTENT


def test_a_whole_part_is_verified_without_being_sent_again(server, tmp_path):
    path = tmp_path / NAME
    path.with_name(f'{NAME}.part').write_bytes(CONTENT)
    assert download(f'{server.url}/{NAME}', path) is True
    assert path.read_bytes() == CONTENT
    assert server.sent == 0


def test_a_part_longer_than_the_file_is_dropped(server, tmp_path):
    path = tmp_path / NAME
    path.with_name(f'{NAME}.part').write_bytes(CONTENT + b'more')
    assert download(f'{server.url}/{NAME}', path, wait_s=0) is True
    assert path.read_bytes() == CONTENT


def test_contents_that_do_not_match_the_name_are_removed(server, tmp_path):
    found = hashlib.sha256(CONTENT).hexdigest()[:8]
    with pytest.raises(ValueError, match=f'{WRONG_NAME}.*01234567.*{found}'):
        download(f'{server.url}/{WRONG_NAME}', tmp_path / WRONG_NAME)
    assert list(tmp_path.iterdir()) == []


def test_a_file_already_there_is_verified_and_not_fetched(server, tmp_path):
    (tmp_path / NAME).write_bytes(CONTENT)
    assert download(f'{server.url}/{NAME}', tmp_path / NAME) is True
    (tmp_path / WRONG_NAME).write_bytes(CONTENT)
    with pytest.raises(ValueError, match=r'01234567.*delete it'):
        download(f'{server.url}/{WRONG_NAME}', tmp_path / WRONG_NAME)
    assert (tmp_path / WRONG_NAME).exists()
    assert server.asked == []


def test_a_missing_file_is_named_at_once(server, tmp_path):
    with pytest.raises(FileNotFoundError, match=r'/missing/model\.pth: HTTP 404'):
        download(f'{server.url}/missing/model.pth', tmp_path / 'model.pth')
    assert len(server.asked) == 1
    assert list(tmp_path.iterdir()) == []


def test_an_unreachable_server_is_named(server, tmp_path):
    url = server.url
    server.shutdown()
    server.server_close()
    with pytest.raises(ConnectionError, match=rf'could not fetch {url}/{NAME} in 2 attempts'):
        download(f'{url}/{NAME}', tmp_path / NAME, attempts=2, wait_s=0)


def test_only_web_addresses_are_fetched(tmp_path):
    with pytest.raises(ValueError, match=r'http:// or https://'):
        download('file:///some/where', tmp_path / NAME)


def test_prefix_is_read_from_the_end_of_the_name(tmp_path):
    for name in ('point_rcnn_20211208_151344.pth', 'epoch_80.pth', 'model-0123abcd_more.pth'):
        (tmp_path / name).write_bytes(CONTENT)
        assert verify_sha256_prefix(tmp_path / name) is False
    (tmp_path / NAME).write_bytes(CONTENT)
    assert verify_sha256_prefix(str(tmp_path / NAME)) is True
    with pytest.raises(FileNotFoundError):
        verify_sha256_prefix(tmp_path / WRONG_NAME)


def test_unknown_teachers_are_answered_with_the_known(tmp_path):
    with pytest.raises(ValueError, match=r"'centerpoint'.*pointpillars, second, point_rcnn"):
        download_teacher('centerpoint', tmp_path)


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
    with pytest.raises(SystemExit, match=r'second: .*9208083a'):
        run_tool(
            repo_root, monkeypatch, '--out', tmp_path, '--only', 'second', '--base-url', server.url
        )
    with pytest.raises(SystemExit, match=r'pointpillars: .*HTTP 404'):
        run_tool(repo_root, monkeypatch, '--out', tmp_path, '--base-url', f'{server.url}/missing')
    assert list(tmp_path.iterdir()) == []
