"""The server of ``runner view``: on loopback, for whoever has its address, and read-only."""

import hmac
import json
import socket
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from http import HTTPStatus
from http.client import HTTP_PORT
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from runner.errors import BugError, RunnerError, UsageError
from runner.files.bug_log import attempt
from runner.view.batches import RUNS, ShownBatch
from runner.view.contents import Contents

HOST = "127.0.0.1"
TOKEN_BYTES = 24
LOOK_SECONDS = 1.0
"""How often a batch that is followed is looked at."""

MOST_REQUESTS = 64
"""Requests that are answered at a time, those that follow a batch among them."""

REQUEST_SECONDS = 10.0
"""A request that is not there by then is not waited for."""

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

PAGE_POLICY = "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'"
"""Besides the policy that is in each page, which names its own scripts and styles."""

FILE_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"

PAGE, TEXT, EVENTS = "text/html", "text/plain", "text/event-stream"


class ViewServer(ThreadingHTTPServer):
    """Answers requests for the pages of a folder.

    Args:
        root: the folder.
        port: 0 for any that is free.
        token: the first name in every address; who does not know it is told nothing.

    Raises:
        UsageError: another program has the port, or it may not be used.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = MOST_REQUESTS  # of five, the sixth of a moment waits for a second and more

    def __init__(self, root: Path, port: int, token: str) -> None:
        try:
            super().__init__((HOST, port), _Handler)
        except (OSError, OverflowError) as error:
            raise UsageError(
                f"port {port} can't be used ({error}). Name another with --port, or none for any "
                "that is free."
            ) from error
        self.token = token
        self.contents = Contents(root, f"/{token}/")
        self._room = threading.BoundedSemaphore(MOST_REQUESTS)

    @property
    def url(self) -> str:
        """Return the address of the list."""
        return f"http://{HOST}:{self.server_port}/{self.token}/"

    @property
    def hosts(self) -> frozenset[str]:
        """Return what a browser may call this server: under another name a stranger's page asks."""
        names = (HOST, "localhost")
        without_port = names if self.server_port == HTTP_PORT else ()
        return frozenset((*(f"{name}:{self.server_port}" for name in names), *without_port))

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own, unless too many are answered already."""
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer a request."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of who went away before the answer was written."""


class _Handler(BaseHTTPRequestHandler):
    server: ViewServer
    timeout = REQUEST_SECONDS
    server_version, sys_version = "runner", ""

    def handle_one_request(self) -> None:
        """Answer a request; one that comes a byte at a time is not waited for either."""
        late = threading.Timer(REQUEST_SECONDS, self._read_no_more)
        late.start()
        try:
            super().handle_one_request()
        finally:
            late.cancel()

    def _read_no_more(self) -> None:
        with suppress(OSError):  # it is closed already
            self.connection.shutdown(socket.SHUT_RD)

    def do_GET(self) -> None:
        """Answer a request."""
        if self.headers.get_all("Host", []) not in [[host] for host in self.server.hosts]:
            self._say(HTTPStatus.MISDIRECTED_REQUEST, "Open the address that `runner view` prints.")
            return
        parts = self.path.partition("?")[0].split("/")
        token = parts[1].encode(errors="replace") if len(parts) > 2 else b""  # noqa: PLR2004
        if parts[0] or not hmac.compare_digest(token, self.server.token.encode()):
            self._say(HTTPStatus.NOT_FOUND, "No page is here. Open the address that it prints.")
            return
        names = [unquote(part, errors="surrogateescape") for part in parts[2:]]
        if any("/" in name or "\0" in name for name in names):
            self._say(HTTPStatus.NOT_FOUND, "No page is here.")
        elif names[0] == "events":
            self._follow("/".join(names[1:]))
        elif names[0] == "files":
            self._file(names[1:])
        else:
            self._page(names)

    def do_HEAD(self) -> None:
        """Answer with the headers alone."""
        self.do_GET()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answer what is no proper request, or one of another method than GET and HEAD."""
        if code == HTTPStatus.NOT_IMPLEMENTED:
            code = HTTPStatus.METHOD_NOT_ALLOWED
        self.close_connection = True
        self._say(HTTPStatus(code), "Only GET and HEAD of an address that it prints are answered.")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Write no line: it would have the token."""

    def _page(self, names: list[str]) -> None:
        html = attempt(partial(self.server.contents.page, names))
        if isinstance(html, RunnerError):
            self._fail(html)
        elif html is None:
            self._say(HTTPStatus.NOT_FOUND, "Nothing that may be shown has this name.")
        else:
            self._send(HTTPStatus.OK, PAGE, html.encode(errors="replace"), PAGE_POLICY)

    def _file(self, names: list[str]) -> None:
        content = attempt(partial(self.server.contents.file, names))
        if isinstance(content, RunnerError):
            self._fail(content)
        elif content is None:
            self._say(HTTPStatus.NOT_FOUND, "No file of a report that may be shown has this name.")
        else:
            self._send(HTTPStatus.OK, TEXT, content, FILE_POLICY)

    def _fail(self, error: RunnerError) -> None:
        is_bug = isinstance(error, BugError)
        self._say(HTTPStatus.INTERNAL_SERVER_ERROR if is_bug else HTTPStatus.CONFLICT, str(error))

    def _follow(self, name: str) -> None:
        """Send what is to be seen of a batch, again and again until it is over."""
        look = partial(attempt, partial(self.server.contents.batch, name))
        shown = look()
        if isinstance(shown, RunnerError):
            self._fail(shown)
            return
        if shown is None:
            self._say(HTTPStatus.NOT_FOUND, "No batch that may be shown has this name.")
            return
        self._begin(HTTPStatus.OK, EVENTS, FILE_POLICY)
        while self.command == "GET" and isinstance(shown, ShownBatch):
            self.wfile.write(f"data: {json.dumps(asdict(shown))}\n\n".encode())
            if shown.state != RUNS:
                return
            time.sleep(LOOK_SECONDS)
            shown = look()

    def _say(self, status: HTTPStatus, text: str) -> None:
        self._send(status, TEXT, f"{text}\n".encode(errors="replace"), FILE_POLICY)

    def _send(self, status: HTTPStatus, kind: str, body: bytes, policy: str) -> None:
        self._begin(status, kind, policy, len(body))
        if self.command != "HEAD":
            self.wfile.write(body)

    def _begin(self, status: HTTPStatus, kind: str, policy: str, length: int | None = None) -> None:
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Security-Policy", policy)
        if length is not None:
            self.send_header("Content-Length", str(length))
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.end_headers()
