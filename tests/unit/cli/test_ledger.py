"""What an organizer does with a ledger: each decision is an entry with who, when and why."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from runner.cli.main import cli
from runner.errors import UsageError
from runner.files.signatures import make_key
from runner.submissions.ledger import Ledger
from tests.unit.submissions.builder import scored, submission


def run(*arguments: object) -> Result:
    command = ["ledger", *map(str, arguments)]
    return CliRunner().invoke(cli, command, standalone_mode=False, catch_exceptions=False)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Return a ledger of one scored evaluation."""
    path = tmp_path / "competition.ledger"
    assert run("init", path, "--step", 0.1).return_value == 0
    made = Ledger(path)
    scored(made, submission("1"), 0.52)
    return made


def test_decisions_are_shown_with_who_when_and_why(ledger: Ledger) -> None:
    (attempt,) = json.loads(run("show", ledger.path, "--json").stdout)["attempts"]
    given = ("--by", "ann", "--why", "the disk was full")
    assert "counts no longer" in run("give-back", ledger.path, attempt["id"], *given).stdout
    run("disqualify", ledger.path, "Team-A", "--by", "ann", "--why", "two accounts")
    closed = run("close", ledger.path, "--by", "bob", "--why", "the deadline").stdout
    assert f"runner leaderboard DIR --ledger {ledger.path}" in closed
    shown = json.loads(run("show", ledger.path, "--json").stdout)
    assert not shown["attempts"][0]["charged"]
    decisions = [(each["event"], each["by"], each["why"]) for each in shown["decisions"]]
    assert decisions == [
        ("given_back", "ann", "the disk was full"),
        ("disqualified", "ann", "two accounts"),
        ("closed", "bob", "the deadline"),
    ]
    assert all(each["at"] for each in shown["decisions"])
    text = run("show", ledger.path).stdout
    assert attempt["id"] in text
    assert "closed, by bob: the deadline" in text


def test_who_scores_like_another_submitter_is_told_to_the_organizer(ledger: Ledger) -> None:
    scored(ledger, submission("2", submitter="team-b"), 0.52)
    scored(ledger, submission("3", submitter="team-c"), 0.53)
    attempts = json.loads(run("show", ledger.path, "--json").stdout)["attempts"]
    first = attempts[0]["id"]
    assert [each["scores_like"] for each in attempts] == [None, first, None]
    lines = run("show", ledger.path).stdout.splitlines()
    assert [f"scores like {first}" in line for line in lines] == [False, True, False]


def test_of_a_ledger_with_nothing_but_rules_is_said_that_it_has_nothing(tmp_path: Path) -> None:
    """The control is the ledger of the test above."""
    path = tmp_path / "new.ledger"
    run("init", path)
    assert (
        run("show", path).stdout
        == f"{path}: nothing has been evaluated yet, and nothing decided.\n"
    )
    assert json.loads(run("show", path, "--json").stdout) == {"attempts": [], "decisions": []}


def test_a_decision_needs_a_reason_and_has_the_logins_name(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "carol")
    command = ["ledger", "close", str(ledger.path)]
    assert "Missing option '--why'" in CliRunner().invoke(cli, command).output
    run("close", ledger.path, "--why", "the end")
    (decision,) = json.loads(run("show", ledger.path, "--json").stdout)["decisions"]
    assert decision["by"] == "carol"


EMPTY = ("", "  ")


@pytest.mark.parametrize("option", ["--why", "--by"])
@pytest.mark.parametrize(
    "command",
    [("close",), ("give-back", "1"), ("disqualify", "a"), ("rescore", "r", "--suite", "s")],
)
@pytest.mark.parametrize("text", EMPTY)
def test_a_decision_with_an_empty_reason_or_name_is_refused(
    ledger: Ledger, command: tuple[str, ...], option: str, text: str
) -> None:
    name, *more = command
    given = {"--why": "a reason", "--by": "ann", option: text}
    options = [part for pair in given.items() for part in pair]
    ended = CliRunner().invoke(cli, ["ledger", name, str(ledger.path), *more, *options])
    assert ended.exit_code == 2
    assert f"Invalid value for '{option}': it is empty" in ended.stderr
    assert ledger.is_open


def test_an_attempt_that_is_not_there_is_a_usage_error_that_names_the_command(
    ledger: Ledger,
) -> None:
    with pytest.raises(UsageError, match="`runner ledger show` shows the IDs"):
        run("give-back", ledger.path, "0", "--why", "x")


def test_a_ledger_that_was_made_with_a_key_verifies_by_its_public_half(tmp_path: Path) -> None:
    key, path = tmp_path / "key", tmp_path / "signed.ledger"
    made = CliRunner().invoke(cli, ["keys", "make", str(key), "--json"], standalone_mode=False)
    assert json.loads(made.stdout)["public"] == f"{key}.pub"
    run("init", path, "--sign-with", key)
    with pytest.raises(UsageError, match="every line is signed by the key"):
        run("close", path, "--why", "the end")
    run("close", path, "--why", "the end", "--sign-with", key)
    good = run("verify", path, "--key", f"{key}.pub")
    assert f"{path}: signed by {key}.pub: 2 lines, the last written at 20" in good.stdout
    assert good.return_value == 0
    path.write_text(path.read_text().replace("the end", "another"))
    bad = run("verify", path, "--key", f"{key}.pub", "--json")
    assert "line 2: not signed" in json.loads(bad.stdout)["findings"][0]
    assert bad.return_value == 3


def test_control_a_ledger_without_a_key_is_not_signed(ledger: Ledger, tmp_path: Path) -> None:
    make_key(tmp_path / "key")
    found = run("verify", ledger.path, "--key", tmp_path / "key.pub")
    assert "not signed" in found.stdout
    assert found.return_value == 3


def test_a_ledger_admits_no_archive_as_nobody_else_could_fetch_it(ledger: Ledger) -> None:
    options = ["--suite", "demo", "--submitter", "a"]
    with pytest.raises(UsageError, match=r"x.tar.gz: a ledger admits no archive"):
        run("evaluate", ledger.path, "x.tar.gz", *options)
