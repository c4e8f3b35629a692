"""Images are completed where an engine answers; where none does, nothing is said."""

import gc
import socket
import time
import warnings
from collections.abc import Iterator

import click
import pytest

from runner.cli.commands.evaluate import evaluate
from runner.cli.image_completion import complete_images

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
"""docker-py leaves a socket open when it can't connect."""


@pytest.fixture(autouse=True)
def sockets_closed() -> Iterator[None]:
    """Close those sockets before the next test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def complete(incomplete: str) -> list[str]:
    context = click.Context(evaluate)
    (images,) = (each for each in evaluate.params if each.name == "images")
    return [item.value for item in complete_images(context, images, incomplete)]


def test_where_no_engine_is_nothing_is_completed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    assert complete("") == []
    assert capsys.readouterr() == ("", "")


def test_an_engine_behind_a_login_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "ssh://somebody@host.invalid")
    assert complete("") == []


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Give the port of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_an_engine_that_does_not_answer_is_not_waited_for(
    silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{silent_port}")
    began = time.monotonic()
    assert complete("") == []
    assert time.monotonic() - began < 5
