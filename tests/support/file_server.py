"""A web server on this machine, for what fetches files."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

CONTENT = np.random.default_rng(0).bytes(3 << 20)


class FileServer(ThreadingHTTPServer):
    """Serves ``content`` under any path but /missing and notes what it was asked for and sent.

    What is asked of /moved is elsewhere, of /moved/around there again, and of /moved/off on a disk.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(('127.0.0.1', 0), FileHandler)
        self.content = CONTENT
        self.knows_ranges = True
        self.version = None  # the ETag of the content
        self.framing = 'length'  # or 'chunked', or 'none': a closed connection ends the answer
        self.cut_after = []  # bytes after which each of the next answers breaks off
        self.status = []  # error codes of the next answers
        self.asked = []  # the Range of each request
        self.sent = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f'http://127.0.0.1:{self.server_port}'


class FileHandler(BaseHTTPRequestHandler):
    """Answers as its server says."""

    def setup(self) -> None:
        """Speak HTTP/1.1 where chunks need it."""
        super().setup()
        self.protocol_version = 'HTTP/1.1' if self.server.framing == 'chunked' else 'HTTP/1.0'
        self.close_connection = True

    def do_GET(self) -> None:
        """Send the content, or the part that is asked for."""
        server = self.server
        server.asked.append(self.headers['Range'])
        if self.path.startswith('/missing') or server.status:
            return self.send_error(server.status.pop(0) if server.status else 404)
        if self.path.startswith('/moved/'):
            return self._send_elsewhere(self.path.removeprefix('/moved'))
        start, total = 0, len(server.content)
        known = self.headers['If-Range'] in (None, server.version)
        if server.knows_ranges and self.headers['Range'] and known:
            start = int(self.headers['Range'].removeprefix('bytes=').removesuffix('-'))
            self.send_response(206 if start < total else 416)
            last = f'{start}-{total - 1}' if start < total else '*'
            self.send_header('Content-Range', f'bytes {last}/{total}')
        else:
            self.send_response(200)
        if server.version:
            self.send_header('ETag', server.version)
        self.send_header('Connection', 'close')
        self._send_body(server.content[start:])

    def _send_elsewhere(self, path: str) -> None:
        targets = {'around': self.path, 'off': 'file:///etc/hosts'}
        self.send_response(302)
        self.send_header('Location', targets.get(path.split('/')[1], f'{self.server.url}{path}'))
        self.send_header('Content-Length', '0')
        self.end_headers()

    def _send_body(self, body: bytes) -> None:
        server, length = self.server, len(body)
        body = body[: server.cut_after.pop(0)] if server.cut_after else body
        if server.framing == 'length':
            self.send_header('Content-Length', str(length))
        elif server.framing == 'chunked':
            self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        server.sent += len(body)
        self.wfile.write(b'%x\r\n' % length if server.framing == 'chunked' else b'')
        self.wfile.write(body)
        if server.framing == 'chunked' and len(body) == length:
            self.wfile.write(b'\r\n0\r\n\r\n')

    def log_message(self, *args: object) -> None:
        """Keep the test's output clean."""


def cut_every_answer(server: FileServer, after: int) -> None:
    """Let each answer of a server break off, however often it is asked."""
    server.cut_after = [after] * 100


@contextmanager
def running_server() -> Iterator[FileServer]:
    """Serve until the block ends."""
    with FileServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
