"""A web server on this machine, for what fetches files."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

CONTENT = np.random.default_rng(0).bytes(3 << 20)


class FileServer(ThreadingHTTPServer):
    """Serves ``content`` under any path but /missing and notes what it was asked for and sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(('127.0.0.1', 0), FileHandler)
        self.content = CONTENT
        self.knows_ranges = True
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

    def do_GET(self) -> None:
        """Send the content, or the part that is asked for."""
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

    def log_message(self, *args: object) -> None:
        """Keep the test's output clean."""


@contextmanager
def running_server() -> Iterator[FileServer]:
    """Serve until the block ends."""
    with FileServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
