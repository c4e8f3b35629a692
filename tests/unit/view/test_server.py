"""The server answers who knows its address, and nobody else: real requests on loopback."""

import http.client
import itertools
import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from runner.errors import EngineError, UsageError
from runner.suites.suite import Suite
from runner.view.server import HOST, ViewServer
from tests.evaluation_builder import off_by
from tests.unit.submissions.builder import scored, submission
from tests.view_builder import batch, open_ledger, passes, write_bundle, write_reports

TOKEN = "a-token"


@contextmanager
def serving(root: Path) -> Iterator[ViewServer]:
    with ViewServer(root, 0, TOKEN) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def server(results: Path) -> Iterator[ViewServer]:
    with serving(results) as server:
        yield server


@pytest.fixture(scope="module")
def shared(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ViewServer]:
    """Yield one that all tests ask which change nothing; a secret lies beside its folder."""
    place = tmp_path_factory.mktemp("shared")
    (place / "secret").write_text("outside")
    write_reports(suite, place / "root" / "results" / "demo")
    with serving(place / "root") as server:
        yield server


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.headers = response.status, response.headers
        self.text = response.read().decode()


def ask(server: ViewServer, path: str, method: str = "GET", **headers: str) -> Answer:
    """Ask for what is after the token."""
    return ask_raw(server, f"/{TOKEN}/{path}", method, **headers)


def ask_raw(server: ViewServer, target: str, method: str = "GET", **headers: str) -> Answer:
    connection = http.client.HTTPConnection(HOST, server.server_port, timeout=60)
    try:
        connection.putrequest(method, target, skip_host=True)
        for name, value in {"Host": f"{HOST}:{server.server_port}", **headers}.items():
            connection.putheader(name, value)
        connection.endheaders()
        return Answer(connection.getresponse())
    finally:
        connection.close()


def board_at(server: ViewServer) -> str:
    """Return the address of the only board in the list, after the token."""
    (found,) = (
        part.split('"')[0]
        for part in ask(server, "").text.split(f'href="/{TOKEN}/')[1:]
        if "board" in part[:5]
    )
    return found


def test_the_list_leads_to_reports_boards_and_cards_and_names_suites(
    server: ViewServer, suite: Suite, results: Path
) -> None:
    write_bundle(results / "cards" / "run")
    listed = ask(server, "")
    assert listed.status == 200
    assert f'href="/{TOKEN}/report/results/demo/good"' in listed.text
    assert "A claim" in listed.text
    report = ask(server, "report/results/demo/good").text
    assert '"actual":' in report  # what `runner report --html` writes
    assert f'href="/{TOKEN}/{board_at(server)}"' in report
    board = ask(server, board_at(server)).text
    assert "<h1>Leaderboard of" in board
    assert f"/{TOKEN}/report/results/demo/good" in board
    assert "<title>" in ask(server, board_at(server).replace("index", "compare")).text
    assert "VERIFIED" in ask(server, "card/cards/run").text
    assert not list(results.rglob("*.html"))


def test_a_report_that_is_new_or_changed_is_shown_as_it_is_now(
    server: ViewServer, suite: Suite, results: Path
) -> None:
    before = ask(server, board_at(server)).text
    write_reports(suite, results / "results" / "demo", middle=off_by(0.1))
    assert "results/demo/middle" in ask(server, "").text
    assert "middle" not in before
    assert "middle" in ask(server, board_at(server)).text
    first = ask(server, "report/results/demo/middle").text
    write_reports(suite, results / "results" / "demo", middle=off_by(0.2))
    assert ask(server, "report/results/demo/middle").text != first


def test_a_report_that_cannot_be_read_says_so_in_the_list_and_on_its_page(
    server: ViewServer, results: Path
) -> None:
    (results / "results" / "demo" / "bad" / "report.json").write_text("{}")
    assert "not a report of schema version" in ask(server, "").text
    answer = ask(server, "report/results/demo/bad")
    assert (answer.status, "not a report of schema version" in answer.text) == (409, True)
    assert ask(server, "report/results/demo/good").status == 200  # the control


def test_a_folder_that_was_removed_is_not_told_as_an_empty_one(
    server: ViewServer, results: Path
) -> None:
    shutil.rmtree(results)
    listed = ask(server, "").text
    assert f"<bdi>{results}</bdi>: can't be looked into (No such file or directory)" in listed
    assert "Nothing is here yet" not in listed
    results.mkdir()
    assert "Nothing is here yet" in ask(server, "").text  # the control


def test_the_log_of_a_case_is_text(shared: ViewServer) -> None:
    case = ask(shared, "report/results/demo/good").text.split(f'href="/{TOKEN}/files/')[1]
    log = ask(shared, f"files/{case.split(chr(34))[0]}")
    assert (log.status, log.text) == (200, "log")
    assert log.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "sandbox" in log.headers["Content-Security-Policy"]


def test_every_answer_may_not_be_kept_framed_guessed_or_told_to_others(shared: ViewServer) -> None:
    for path in ("", "report/results/demo/good", "nothing"):
        headers = ask(shared, path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "Python" not in headers["Server"]
    assert "script-src &#39;none&#39;" in ask(shared, "").text


@pytest.mark.parametrize(
    "target",
    ["/", f"/{TOKEN}", f"/{TOKEN}x/", f"/{TOKEN[:-1]}/", "//", f"//{TOKEN}/x", f"/x/{TOKEN}/",
     "/%61-token/", f"http://127.0.0.1/{TOKEN}/", "*", "/%ff/"],
)  # fmt: skip
def test_who_does_not_know_the_token_is_told_nothing(shared: ViewServer, target: str) -> None:
    answer = ask_raw(shared, target)
    assert answer.status == 404
    assert "demo" not in answer.text
    assert ask(shared, "").status == 200  # the control


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "", "localhost.evil:80"]
)
def test_a_page_of_a_stranger_whose_name_leads_here_is_told_nothing(
    shared: ViewServer, host: str
) -> None:
    answer = ask(shared, "", Host=host)
    assert (answer.status, "demo" in answer.text) == (421, False)
    local = ask(shared, "", Host=f"localhost:{shared.server_port}")  # the control
    assert (local.status, "demo" in local.text) == (200, True)


def test_two_names_or_none_of_the_host_are_refused(shared: ViewServer) -> None:
    good = f"Host: {HOST}:{shared.server_port}\r\n"
    for hosts, status in ((good + "Host: evil\r\n", b"421"), ("", b"421"), (good, b"200")):
        with socket.create_connection((HOST, shared.server_port), timeout=60) as connection:
            connection.sendall(f"GET /{TOKEN}/ HTTP/1.1\r\n{hosts}\r\n".encode())
            assert connection.makefile("rb").readline().split()[1] == status


@pytest.mark.parametrize(
    "method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"]
)
def test_only_get_and_head_are_answered(shared: ViewServer, method: str) -> None:
    answer = ask(shared, "", method)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert "demo" not in answer.text


def test_a_request_that_comes_a_byte_at_a_time_is_not_waited_for(
    shared: ViewServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.view.server.REQUEST_SECONDS", 0.5)
    began = time.monotonic()
    with socket.create_connection((HOST, shared.server_port), timeout=60) as connection:
        connection.sendall(f"GET /{TOKEN}/ HTTP/1.1\r\nX: ".encode())
        with suppress(ConnectionError):  # it has been closed
            while time.monotonic() - began < 30:
                connection.sendall(b"x")
                time.sleep(0.05)
    assert time.monotonic() - began < 15


def test_it_listens_on_this_machine_alone(shared: ViewServer) -> None:
    assert shared.socket.getsockname()[0] == "127.0.0.1"


def test_head_has_the_headers_of_get_and_nothing_else(shared: ViewServer) -> None:
    for path in ("", "report/results/demo/good", "nothing"):
        head, get = ask(shared, path, "HEAD"), ask(shared, path)
        assert (head.text, head.status) == ("", get.status)
        assert head.headers["Content-Length"] == get.headers["Content-Length"]
    for method, ends in (("HEAD", True), ("GET", False)):  # the second is the control
        raw = f"{method} /{TOKEN}/ HTTP/1.0\r\nHost: {HOST}:{shared.server_port}\r\n\r\n"
        with socket.create_connection((HOST, shared.server_port), timeout=60) as connection:
            connection.sendall(raw.encode())
            content = connection.makefile("rb").read()
        assert content.endswith(b"\r\n\r\n") is ends


OUTSIDE = ["..", "%2e%2e", "..%2f..", "%2e%2e%2f", ".", "", "%00", "..%5c.."]
KINDS = ["report", "files", "card", "board", "batch", "events", "told", "x"]


@pytest.mark.parametrize("up", OUTSIDE)
def test_no_name_leads_out_of_the_folder(shared: ViewServer, up: str) -> None:
    for kind, start in itertools.product(KINDS, ("", "results/demo/good/")):
        for end in ("secret", "report.json", "results/demo/good/report.json"):
            answer = ask(shared, f"{kind}/{start}{up}/{up}/{end}")
            assert (answer.status, "outside" in answer.text) == (404, False)


def test_control_a_file_of_a_report_is_answered_by_its_name(shared: ViewServer) -> None:
    assert ask(shared, "files/results/demo/good/report.json").status == 200
    assert ask(shared, "files/results/demo/finished_cases/report.json").status == 404


def test_no_link_in_a_report_or_a_card_is_followed(server: ViewServer, results: Path) -> None:
    secret = results.parent / "secret"
    secret.write_text('{"status": "VERIFIED", "output": "outside", "symbols": {}, "timestamp": ""}')
    (results / "results" / "demo" / "good" / "link").symlink_to(secret)
    (results / "results" / "demo" / "good" / "up").symlink_to(results.parent)
    for name in ("link", "up/secret"):
        answer = ask(server, f"files/results/demo/good/{name}")
        assert (answer.status, "outside" in answer.text) == (404, False)
    write_bundle(results / "cards" / "run")
    cell = results / "cards" / "run" / "results" / "c1" / "verdict.json"
    assert ask(server, "card/cards/run").status == 200  # the control
    cell.unlink()
    cell.symlink_to(secret)
    answer = ask(server, "card/cards/run")
    assert (answer.status, "outside" in answer.text) == (409, False)


def test_a_hostile_name_is_text_in_the_list(
    server: ViewServer, suite: Suite, results: Path
) -> None:
    name = "<img src=x onerror=alert(1)>\u202e\x1b"
    write_reports(suite, results / "results" / "<b>", a=off_by(0.1))
    write_bundle(results / "cards" / os.fsdecode(b"\xff<i>"), title=name)
    listed = ask(server, "").text
    assert "<img" not in listed
    assert "<b>" not in listed
    assert "<i>" not in listed
    assert "\x1b" not in listed
    assert ask(server, "report/results/%3Cb%3E/a").status == 200
    assert ask(server, "card/cards/%FF%3Ci%3E").status == 200


SHOWN = ("", "report/results/demo/good", "files/results/demo/good/report.json")


def test_while_a_ledger_is_open_nothing_of_its_reports_is_shown(
    server: ViewServer, suite: Suite, results: Path
) -> None:
    place = results / "results" / "demo"
    assert "0.0100" in ask(server, "").text  # the control
    board = board_at(server)
    write_bundle(place / "cards")
    ledger = open_ledger(results.parent / "ledger", place)
    with batch(suite, place, "a"):
        (name,) = (path.name for path in place.glob(".batch-*"))
        at = f"results/demo/{name}"
        listed = ask(server, "").text
        assert "so only what it has told is shown" in listed
        for text in ("demo/good", "0.0100", "/board/", "A claim", ".batch-"):
            assert text not in listed
        closed = [*SHOWN[1:], board, f"batch/{at}", f"events/{at}", "card/results/demo/cards"]
        for path in closed:
            assert (path, ask(server, path).status) == (path, 404)
        ledger.close(by="ann", why="the end")  # the control: the same requests
        for path in (*SHOWN, f"batch/{at}", "card/results/demo/cards"):
            assert (path, ask(server, path).status) == (path, 200)
        assert "0.0100" in ask(server, "").text
        assert ask(server, board).status == 404  # only its ledger ranks them
    assert "only its ledger ranks these reports" in ask(server, "").text


def test_a_batch_that_was_followed_is_closed_once_its_folder_is(
    server: ViewServer, suite: Suite, results: Path
) -> None:
    place = results / "results" / "new"
    with batch(suite, place, "a"):
        (name,) = (path.name for path in place.glob(".batch-*"))
        paths = [f"{kind}/results/new/{name}" for kind in ("batch", "events")]
        assert ask(server, paths[0]).status == 200  # the control
        open_ledger(results.parent / "ledger", place)
        assert [ask(server, path).status for path in paths] == [404, 404]


def test_an_open_ledger_shows_the_board_that_it_has_told(
    server: ViewServer, suite: Suite, results: Path
) -> None:
    place = results / "results" / "demo"
    ledger = open_ledger(results.parent / "ledger", place)
    assert f"/{TOKEN}/told/" not in ask(server, "").text  # the control: nothing has been told
    scored(ledger, submission("1", suite=suite.digest), 0.52)
    address = ask(server, "").text.split(f'href="/{TOKEN}/told/')[1].split('"')[0]
    told = ask(server, f"told/{address}")
    assert (told.status, "team-a" in told.text, "0.6" in told.text) == (200, True, True)
    assert "0.52" not in told.text
    ledger.close(by="ann", why="the end")
    assert ask(server, f"told/{address}").status == 404


def test_a_batch_that_names_a_report_elsewhere_shows_none(
    server: ViewServer, suite: Suite, results: Path
) -> None:
    place = results / "results" / "new"
    place.mkdir()
    shown = {}
    for report in ("good", "../demo/good", "link"):
        with batch(suite, place, "good"):
            (path,) = place.glob(".batch-*")
            written = json.loads(path.read_bytes())
            written["rows"][0]["report"] = report
        path.write_text(json.dumps(written))
        write_reports(suite, place, good=off_by(0.1))
        write_reports(suite, results / "results" / "demo", good=off_by(0.2))
        (place / "link").symlink_to(results / "results" / "demo" / "good")
        shown[report] = "MAE 0." in ask(server, f"events/results/new/{path.name}").text
        (place / "link").unlink()
        path.unlink()
    assert shown == {"good": True, "../demo/good": False, "link": False}  # the first is the control


def test_control_without_a_ledger_the_same_addresses_are_answered(
    server: ViewServer, suite: Suite, results: Path
) -> None:
    place = results / "results" / "demo"
    with batch(suite, place, "a"):
        (name,) = (path.name for path in place.glob(".batch-*"))
        for path in (*SHOWN, board_at(server), f"batch/results/demo/{name}"):
            assert (path, ask(server, path).status) == (path, 200)
        assert "0.0100" in ask(server, "").text


def test_a_batch_is_followed_until_it_is_over(
    server: ViewServer, suite: Suite, results: Path
) -> None:
    place = results / "results" / "new"
    connection = http.client.HTTPConnection(HOST, server.server_port, timeout=60)
    write_reports(suite, place, good=off_by(0.2))  # of an earlier batch
    with batch(suite, place, "good") as recorded:
        (name,) = (path.name for path in place.glob(".batch-*"))
        assert f"0 of {len(suite.cases)} cases done" in ask(server, "").text
        page = ask(server, f"batch/results/new/{name}").text
        assert "connect-src &#39;self&#39;" in page
        connection.request("GET", f"/{TOKEN}/events/results/new/{name}")
        response = connection.getresponse()
        assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        first = event(response)
        assert (first["state"], first["rows"][0]["over"]) == ("runs", 0)
        assert first["rows"][0]["score"] is None
        (one,) = passes(suite, place, "good").values()
        recorded.end(one, suite.cases[0].id, EngineError("gone"))
        recorded.write()
        assert event(response)["rows"][0]["failed"] == 1
        write_reports(suite, place, good=off_by(0.01))
        scored = event(response)["rows"][0]
        assert scored["score"].startswith("MAE 0.0100")
        assert ask_raw(server, scored["report"]).status == 200
    last = event(response)
    while last["state"] == "runs":  # the second of the last look
        last = event(response)
    assert last["state"] == "over"
    # Only one case was told to be over before the batch was: the report knows of all.
    assert (last["rows"][0]["over"], last["rows"][0]["running"]) == (len(suite.cases), 0)
    assert last["rows"][0]["score"].startswith("MAE 0.0100")
    assert response.read() == b""
    assert "It is over" in ask(server, f"batch/results/new/{name}").text
    connection.close()


def event(response: http.client.HTTPResponse) -> dict[str, Any]:
    line, end = response.readline(), response.readline()
    assert end == b"\n"
    found = json.loads(line.removeprefix(b"data: "))
    assert isinstance(found, dict)
    return found


def test_a_batch_whose_numbers_are_none_is_not_shown(
    server: ViewServer, suite: Suite, results: Path
) -> None:
    with batch(suite, results, "a"):
        (path,) = results.glob(".batch-*")
        assert f"/batch/{path.name}" in ask(server, "").text  # the control
        fields = json.loads(path.read_text())
        path.write_text(json.dumps({**fields, "seconds_left": float("nan")}))
        with serving(results) as other:  # which has not seen it before
            assert "/batch/" not in ask(other, "").text
            assert ask(other, f"batch/{path.name}").status == 404


def test_a_batch_that_was_killed_says_so(server: ViewServer, suite: Suite, results: Path) -> None:
    place = results / "results" / "new"
    place.mkdir()
    with batch(suite, place, "a"):
        (path,) = place.glob(".batch-*")
        content = path.read_bytes()
    path.write_bytes(content)  # as if its process had been killed: nobody holds it
    assert "was killed" in ask(server, "").text
    assert ask(server, f"events/results/new/{path.name}").text.count("data:") == 1


def test_too_many_requests_at_a_time_are_turned_away_and_the_others_answered(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.view.server.MOST_REQUESTS", 2)
    with serving(results) as server:
        idle = [socket.create_connection((HOST, server.server_port)) for _ in range(2)]
        wait_until(lambda: not is_answered(server))
        for each in idle:
            each.close()
        wait_until(lambda: is_answered(server))


def is_answered(server: ViewServer) -> bool:
    try:
        return ask(server, "").status == 200
    except (ConnectionError, http.client.HTTPException):
        return False


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline


def test_a_port_that_is_taken_is_told(shared: ViewServer, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--port"):
        ViewServer(tmp_path, shared.server_port, TOKEN)
