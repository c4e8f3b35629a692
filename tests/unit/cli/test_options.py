"""Arguments that several commands have."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from runner.cli.main import cli
from runner.cli.options import report_argument
from runner.errors import UsageError


@pytest.mark.parametrize(
    ("named", "meant"),
    [
        ("results/a/report.json", "results/a"),
        ("results/a", "results/a"),
        ("memory://results/a/report.json", "memory://results/a"),
        ("results/report.json.d", "results/report.json.d"),
    ],
)
def test_a_report_is_named_by_its_directory_or_its_file(named: str, meant: str) -> None:
    found: list[Path] = []

    @click.command
    @report_argument
    def verify(directory: Path) -> None:
        found.append(directory)

    CliRunner().invoke(verify, [named], catch_exceptions=False)
    assert [str(path).removesuffix("/") for path in found] == [meant]


@pytest.mark.parametrize(
    "asked",
    [
        ["report", "r", "--json", "--html"],
        ["report", "r", "--json", "-o", "page.html"],
        ["report", "r", "--html", "--plots", "plots"],
        ["leaderboard", "r", "--json", "--html"],
        ["leaderboard", "r", "--json", "--csv"],
        ["leaderboard", "r", "--json", "-o", "site"],
        ["leaderboard", "r", "--markdown", "--watch"],
        ["compare", "r", "s", "--json", "--html"],
        ["card", "show", "r", "--json", "--html"],
    ],
)
def test_nothing_that_is_asked_for_is_left_out_in_silence(asked: list[str]) -> None:
    result = CliRunner().invoke(cli, asked, standalone_mode=False)
    assert isinstance(result.exception, UsageError)
    assert str(result.exception).endswith("each decides what comes out. Give one of them.")


def test_actuals_are_not_left_out_in_silence() -> None:
    result = CliRunner().invoke(cli, ["leaderboard", "r", "--with-actuals"], standalone_mode=False)
    assert isinstance(result.exception, UsageError)
    assert "add --html" in str(result.exception)
