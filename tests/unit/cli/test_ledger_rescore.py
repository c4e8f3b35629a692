"""The command tells what is told anew, and nothing of actuals or exact scores."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from runner.cli.main import cli
from runner.errors import UsageError
from runner.submissions.rules import Rules
from runner.submissions.told import mark_reports
from tests.suite_builder import shared
from tests.unit.submissions.correction_builder import (
    ERRORS,
    RULES,
    Versions,
    build_versions,
    competition,
)

ROUNDED = Rules.model_validate({**RULES.model_dump(), "publish": "rounded", "step": 0.05})


@pytest.fixture(scope="module")
def versions() -> Versions:
    return shared(build_versions)


def run(*arguments: object) -> Result:
    command = [str(each) for each in arguments]
    return CliRunner().invoke(cli, command, standalone_mode=False, catch_exceptions=False)


def test_it_prints_what_was_told_and_what_is_told_now_and_the_ledger_shows_the_decision(
    versions: Versions, tmp_path: Path
) -> None:
    ledger = competition(tmp_path, versions.first, ROUNDED)
    given = ("--suite", versions.public.root, "--by", "ann", "--why", "a typo")
    told = run("ledger", "rescore", ledger.path, tmp_path / "results", *given)
    heads, *rows = [line.split() for line in told.stdout.splitlines()]
    assert heads == ["id", "submitter", "image", "told", "before", "now"]
    assert [row[1:3] for row in rows] == [["team-a", "1"], ["team-a", "2"], ["team-b", "3"]]
    for row in rows:
        for value in map(float, row[-2:]):
            assert round(value / 0.05, 6) % 1 == 0  # no exact score
    shown = run("ledger", "show", ledger.path).stdout
    assert f"scored again on {versions.public.digest}, by ann: a typo" in shown
    document = json.loads(run("ledger", "show", ledger.path, "--json").stdout)
    assert [each["event"] for each in document["decisions"]] == ["rescored"]
    assert "scores" not in document["decisions"][0]
    assert {each["suite"] for each in document["attempts"]} == {versions.public.digest}


def test_json_has_the_same(versions: Versions, tmp_path: Path) -> None:
    ledger = competition(tmp_path, versions.first, ROUNDED)
    given = ("--suite", versions.public.root, "--why", "a typo", "--json")
    told = json.loads(run("ledger", "rescore", ledger.path, tmp_path / "results", *given).stdout)
    assert [each["image"] for each in told] == list(ERRORS)
    assert all(each.keys() == {"id", "submitter", "image", "before", "now"} for each in told)


def test_rescore_alone_is_refused_while_the_ledger_is_open_and_names_the_command(
    versions: Versions, tmp_path: Path
) -> None:
    ledger = competition(tmp_path, versions.first, ROUNDED)
    mark_reports(tmp_path / "results", ledger.path)
    with pytest.raises(UsageError, match="`runner ledger rescore`"):
        run("rescore", tmp_path / "results", "--suite", versions.public.root)
    ledger.close(by="ann", why="the end")  # the control
    assert run("rescore", tmp_path / "results", "--suite", versions.public.root).return_value == 0
