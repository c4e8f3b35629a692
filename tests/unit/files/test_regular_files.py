"""A pipe in the place of a user's file is refused, and not waited for."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from runner.cli.main import cli
from runner.errors import RunnerError
from runner.files.locks import locked_file
from runner.files.regular_files import NO_FILE, open_regular, read_regular, refuse_other_kind
from runner.files.signatures import make_key
from runner.helm_run.instances import read_instances
from runner.leaderboard.standing import read_competitors
from runner.submissions.organizer_files import read_listed, read_submitters, read_teams
from runner.suites.manifest import digest_file

pytestmark = pytest.mark.timeout(30)  # a pipe that is opened waits for ever


def lock(path: Path) -> None:
    with locked_file(path):
        pass


@pytest.mark.parametrize("use", [open_regular, read_regular, lock, digest_file])
def test_a_pipe_and_a_folder_are_refused(tmp_path: Path, use: Callable[[Path], object]) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    for name in ("pipe", "link"):
        with pytest.raises(OSError, match=NO_FILE):
            use(tmp_path / name)
    with pytest.raises(IsADirectoryError):
        use(tmp_path)


def test_control_a_file_and_a_link_to_it_are_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"text")
    (tmp_path / "link").symlink_to("file")
    assert read_regular(tmp_path / "file") == read_regular(tmp_path / "link") == b"text"


COMMANDS = {
    "a spec": ["suite", "build", "PIPE", "--out", "suite"],
    "a report": ["report", "PLACE"],
    "a ledger": ["ledger", "show", "PIPE"],
    "a ledger to add to": ["ledger", "close", "PIPE", "--why", "x"],
    "a ledger to verify": ["ledger", "verify", "PIPE", "--key", "KEY"],
    "a public key": ["ledger", "verify", "KEY", "--key", "PIPE"],
    "a private key": ["ledger", "init", "ledger", "--sign-with", "PIPE"],
    "a suite": ["suite", "show", "PLACE"],
}


@pytest.mark.parametrize("what", COMMANDS)
def test_no_command_waits_for_a_pipe(tmp_path: Path, what: str) -> None:
    pipe, key, place = tmp_path / "pipe.json", tmp_path / "key.pub", tmp_path / "place"
    os.mkfifo(pipe)
    (place / "public").mkdir(parents=True)
    (place / "report.json").symlink_to(pipe)
    (place / "public/suite.json").symlink_to(pipe)
    make_key(tmp_path / "key")
    named = {"PIPE": pipe, "KEY": key, "PLACE": place}
    command = [str(named.get(part, part)) for part in COMMANDS[what]]
    ended = CliRunner().invoke(cli, command)
    assert isinstance(ended.exception, RunnerError)
    assert NO_FILE in str(ended.exception)


READERS = (read_submitters, read_teams, read_listed, read_competitors, read_instances)


@pytest.mark.parametrize("read", READERS)
def test_no_file_of_an_organizer_is_a_pipe(tmp_path: Path, read: Callable[[Path], object]) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RunnerError, match=NO_FILE):
        read(tmp_path / "pipe")


def test_a_file_of_another_kind_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("{}")
    (tmp_path / "page.html").write_text("<!doctype html><title>t")  # the controls
    (tmp_path / "empty").touch()
    with pytest.raises(FileExistsError):
        refuse_other_kind(tmp_path / "report.json", b"<!doctype html>")
    for name in ("page.html", "empty", "missing"):
        refuse_other_kind(tmp_path / name, b"<!doctype html>")
