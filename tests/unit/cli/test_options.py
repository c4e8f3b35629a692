"""Arguments that several commands have."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

import runner
from runner.cli.main import cli
from runner.cli.options import PRIVATE_ATTRIBUTES, LocalPath, report_argument
from runner.errors import ExitCode, SuiteError, UsageError
from runner.reports.report_directory import write_evaluation
from tests.evaluation_builder import evaluate_function, off_by
from tests.helm_builder import write_suite
from tests.suite_builder import build_unaudited


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


# A suite whose private half lies elsewhere, as docs/competition.md has it, in every command.

PREDICTOR = """
from runner.contract import Predictor
class Mine(Predictor):
    def predict(self, *frames):
        predictions = {}
        for target in self.case.targets:
            predictions.setdefault(target.run_spec_name, []).append(target.predicted(mean=0.5))
        return predictions
"""


@dataclass(frozen=True)
class Apart:
    """The public half, the private one elsewhere, a report, and a predictor's folder."""

    suite: Path
    private: Path
    report: Path
    predictor: Path


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Apart:
    root = tmp_path_factory.mktemp("apart")
    suite = build_unaudited(write_suite(root), root / "suite")
    write_evaluation(evaluate_function(suite, off_by(0.1)), root / "report")
    (root / "predictor").mkdir()
    (root / "predictor" / "predictor.py").write_text(PREDICTOR)
    private = (suite.root / "private").rename(root / "secret-place")
    return Apart(suite.root, private, root / "report", root / "predictor")


COMMANDS = {
    "verify": lambda apart: ["verify", apart.report, "--suite", apart.suite],
    "suite audit": lambda apart: ["suite", "audit", apart.suite],
    "try": lambda apart: ["try", apart.predictor, "--here", "--suite", apart.suite],
}
"""Commands that read actuals, besides those that need an engine."""


def run(*arguments: object, **environment: str) -> Result:
    words = [str(word) for word in arguments]
    return CliRunner().invoke(cli, words, standalone_mode=False, env=environment)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_finds_the_private_half_where_it_is_named(apart: Apart, command: str) -> None:
    words = COMMANDS[command](apart)
    for shown in (
        run(*words, "--private", apart.private),
        run(*words, SUITE_PRIVATE=str(apart.private)),
    ):
        assert (shown.exception, shown.return_value) == (None, 0), shown.output
        assert "secret-place" not in shown.output


@pytest.mark.parametrize("command", COMMANDS)
def test_control_without_a_name_it_says_what_is_missing_and_how_to_name_it(
    apart: Apart, command: str
) -> None:
    shown = run(*COMMANDS[command](apart))
    assert isinstance(shown.exception, SuiteError)
    assert f"{apart.suite}/private/suite.json: no such file" in str(shown.exception)
    assert "with --private or SUITE_PRIVATE (in Python: private=)" in str(shown.exception)


def test_suite_verify_checks_both_halves_if_the_private_one_is_named(
    apart: Apart, tmp_path: Path
) -> None:
    shown = run("suite", "verify", apart.suite, "--private", apart.private)
    assert "every file of both halves is as it was built" in shown.output
    alone = run("suite", "verify", apart.suite)  # control
    assert "every file of the public half (the private one is not here)" in alone.output
    shutil.copytree(apart.private, tmp_path / "changed")
    (tmp_path / "changed" / "actuals.jsonl").write_text("[]")
    wrong = run("suite", "verify", apart.suite, "--private", tmp_path / "changed")
    assert "of the private half: changed since the suite was built" in str(wrong.exception)


def test_what_reads_no_actual_needs_no_private_half(apart: Apart, tmp_path: Path) -> None:
    logs = run("log", apart.report, "--suite", apart.suite, "--json")
    assert (logs.exception, list(json.loads(logs.stdout))) == (None, ["case-1"])
    archive = tmp_path / "suite.tar.gz"
    assert run("suite", "publish", apart.suite, "-o", archive).exception is None
    assert archive.is_file()


def test_from_python_an_open_suite_has_its_private_half_elsewhere(apart: Apart) -> None:
    with runner.open_suite(apart.suite, private=apart.private) as opened:
        assert runner.verify_report(apart.report, opened) == []
        assert [leak for leak in runner.audit_suite(opened).leaks["kind"] if leak == "bytes"] == []
    with pytest.raises(SuiteError, match="in Python: private="):  # control
        runner.verify_report(apart.report, apart.suite)


def declared(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield every command's name, and how it declares --private."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from declared(command, (*words, name))
        elif command is not None:
            found = [each for each in command.params if "--private" in each.opts]
            yield " ".join((*words, name)), found[0] if found else None


def test_the_option_is_the_same_in_each_command_that_reads_actuals() -> None:
    options = {name: option for name, option in declared(cli) if option is not None}
    assert set(options) == {
        *COMMANDS,
        "suite verify",
        "evaluate",
        "ledger evaluate",
        "ledger rescore",
        "rescore",
    }
    for option in options.values():
        assert (option.envvar, option.help) == ("SUITE_PRIVATE", PRIVATE_ATTRIBUTES["help"])


@pytest.mark.parametrize(
    "asked",
    [
        ["init", "s3://bucket/mine"],
        ["suite", "build", "--name", "a", "--helm-runs", "runs", "-o", "s3://bucket/suite"],
        ["suite", "verify", "s3://bucket/suite"],
        ["view", "s3://bucket/results"],
        ["leaderboard", "results", "--html", "-o", "s3://bucket/site"],
    ],
)
def test_a_url_in_the_place_of_a_path_is_refused_and_makes_no_folder(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, asked)
    assert result.exit_code == ExitCode.USAGE
    assert f"{asked[-1]}: a URL, where a path on this machine is needed" in result.output
    assert not list(tmp_path.iterdir())


def test_control_a_path_that_only_looks_like_one_is_none() -> None:
    path = "s3:/bucket/mmlu:subject=a,model=b"
    assert LocalPath().convert(path, None, None) == Path(path)


@pytest.mark.parametrize("asked", [["init", ""], ["view", ""], ["suite", "show", ""]])
def test_an_empty_path_is_not_this_folder(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, asked)
    assert result.exit_code == ExitCode.USAGE
    assert "it is empty; is a variable not set?" in result.output
    assert not list(tmp_path.iterdir())
