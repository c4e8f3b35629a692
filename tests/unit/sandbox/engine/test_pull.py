import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from runner.contract.limits import GIB
from runner.errors import EngineError, EngineLostError, UsageError
from runner.sandbox.engine import client, pull
from runner.sandbox.engine.client import open_client
from runner.sandbox.engine.docker_settings import Endpoint
from runner.sandbox.engine.pull import follow_pull, pull_image


def layer(name: str, current: int, total: int) -> Mapping[str, Any]:
    progress = {"current": current, "total": total}
    return {"id": name, "status": "Downloading", "progressDetail": progress}


def test_a_pull_is_ended_when_its_layers_together_are_too_large() -> None:
    with pytest.raises(UsageError, match="x: its layers have more than 20 GiB"):
        follow_pull([layer("a", 1, 19 * GIB), layer("b", 1, 2 * GIB)], "x", print)


def test_a_pull_is_ended_when_more_comes_than_the_registry_says() -> None:
    with pytest.raises(UsageError, match="more than 20 GiB"):
        follow_pull([layer("a", 21 * GIB, 5)], "x", print)


def test_control_the_same_layer_again_and_again_counts_once() -> None:
    events = [layer("a", done * GIB, 19 * GIB) for done in range(20)]
    follow_pull([*events, {"id": "a", "status": "Pull complete", "progressDetail": {}}], "x", print)


def test_a_pull_that_takes_for_ever_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "MOST_PULL_SECONDS", 0.05)

    def drip() -> Iterator[Mapping[str, Any]]:
        while True:
            yield layer("a", 1, 5)

    with pytest.raises(EngineError, match="did not get x from its registry"):
        follow_pull(drip(), "x", print)


def test_no_text_of_a_registry_is_in_a_message() -> None:
    with pytest.raises(EngineError) as failed:
        follow_pull([{"error": "SECRET of a service"}], "x", print)
    assert str(failed.value) == "The engine could not pull x. `docker pull x` shows why."


Say = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def engine_that_says(say: Say) -> Iterator[Any]:
    """Give a client of an engine that has no image, and answers a request for a pull like this."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found = {"/version": {"ApiVersion": "1.41"}}.get(self.path)
            body = json.dumps(found or {"message": "No such image: x"}).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            say(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        address = f"tcp://127.0.0.1:{server.server_port}"
        try:
            with closing(open_client(Endpoint(address, None, address), 10, 1)) as api:
                yield api
        finally:
            server.shutdown()


def begin(handler: BaseHTTPRequestHandler) -> None:
    """Say the first event of a pull."""
    event = json.dumps(layer("a", 1, 5)).encode()
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
    handler.wfile.flush()


@pytest.mark.parametrize("is_begun", [False, True], ids=["of the pull", "after its first event"])
def test_an_engine_that_says_nothing_is_not_awaited_for_ever(
    monkeypatch: pytest.MonkeyPatch, *, is_begun: bool
) -> None:
    """A registry that sends a byte in a second, and so 500 KB in a week, gives it nothing to say.

    Nor is that a fault of the image: the three layers that an engine fetches at a time may all be
    of another one.
    """
    monkeypatch.setattr(client, "MOST_PULL_SECONDS", 0.2)
    over = threading.Event()

    def say_nothing(handler: BaseHTTPRequestHandler) -> None:
        if is_begun:
            begin(handler)
        over.wait(10)
        handler.close_connection = True

    with engine_that_says(say_nothing) as api:
        with pytest.raises(EngineError, match="did not get x from its registry") as ended:
            pull_image(api, {}, "x", lambda _line: None)
        over.set()
    assert type(ended.value) is EngineError  # not lost: it goes on with the next image


def test_an_engine_that_is_lost_during_a_pull_is_no_bug() -> None:
    def break_off(handler: BaseHTTPRequestHandler) -> None:
        begin(handler)
        handler.connection.shutdown(socket.SHUT_RDWR)

    with engine_that_says(break_off) as api, pytest.raises(EngineLostError, match="pull x"):
        pull_image(api, {}, "x", lambda _line: None)


def test_control_a_pull_whose_events_end_is_over() -> None:
    def say_all(handler: BaseHTTPRequestHandler) -> None:
        begin(handler)
        handler.wfile.write(b"0\r\n\r\n")

    said: list[str] = []
    with engine_that_says(say_all) as api:
        pull_image(api, {}, "x", said.append)
    assert said == ["x: pulling"]
