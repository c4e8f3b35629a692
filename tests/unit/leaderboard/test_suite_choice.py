"""Which of several suites a leaderboard shows."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import runner
from runner.cli.main import cli
from runner.contract.limits import Limits
from runner.errors import UsageError
from runner.leaderboard.contenders import Contender
from runner.leaderboard.suite_choice import choose_all, choose_reports
from runner.reports.found_reports import FoundReports
from runner.reports.report import Report, SuiteRecord
from runner.reports.report_directory import write_evaluation
from tests.unit.reports.builder import evaluation, make_report

OLD, NEW = "sha256:" + "0" * 64, "sha256:" + "1" * 64
PLACE = Path("results")


def report(image: str, version: str, day: int, **fields: Any) -> Report:
    """Return a report on version 1 or 2 of a suite, made on a day of January."""
    suite = {"1": OLD, "2": NEW}[version]
    name = fields.pop("name", "v")
    found = make_report(f"sha256:{image}")
    case = found.cases[0].model_copy(update={"limits": Limits().to_json()})
    said = {
        "created": f"2026-01-{day:02}T00:00:00+00:00",
        "suite": SuiteRecord(name=name, version=version, digest=suite, choices={}),
        "cases": (case,),
        "image": found.image.model_copy(update={"reference": image}),
    }
    return found.model_copy(update={**said, **fields})


TWO = {
    PLACE / "a": report("a", "2", 3),
    PLACE / "b": report("b", "2", 4),
    PLACE / "a.1": report("a", "1", 1),
}


def found(reports: dict[Path, Report]) -> FoundReports[Contender]:
    return FoundReports(choose_all(reports).reports)


def chosen(reports: dict[Path, Report], wanted: str | None = None) -> set[Path]:
    return {
        path.relative_to(PLACE) for path in choose_reports(found(reports), PLACE, wanted).reports
    }


def test_the_newest_version_is_shown_and_the_other_is_named() -> None:
    shown = choose_reports(found(TWO), PLACE)
    assert set(shown.reports) == {PLACE / "a", PLACE / "b"}
    assert [str(each) for each in shown.others] == ["v 1 sha256:000000000000 (1 report)"]


def test_an_image_evaluated_later_on_the_old_version_does_not_bring_it_back() -> None:
    assert chosen({**TWO, PLACE / "c": report("c", "1", 9)}) == {Path("a"), Path("b")}


def test_control_the_version_whose_first_report_is_later_is_the_newest() -> None:
    reports = {PLACE / "a": report("a", "2", 3), PLACE / "b": report("b", "1", 4)}
    assert chosen(reports) == {Path("b")}


@pytest.mark.parametrize("wanted", ["1", "v 1", OLD, "sha256:000000", "000000"])
def test_a_version_is_chosen_by_its_version_or_digest(wanted: str) -> None:
    shown = choose_reports(found(TWO), PLACE, wanted)
    assert set(shown.reports) == {PLACE / "a.1"}
    assert [each.version for each in shown.others] == ["2"]


def test_a_suites_name_chooses_its_newest_version() -> None:
    assert chosen({**TWO, PLACE / "x": report("x", "1", 9, name="x")}, "v") == {
        Path("a"),
        Path("b"),
    }


@pytest.mark.parametrize("wanted", ["3", "0000", "sha256:2"])
def test_a_suite_that_is_not_there_is_refused_with_those_that_are(wanted: str) -> None:
    with pytest.raises(UsageError, match=r"It has: v 2 .* \(2 reports\); v 1 "):
        choose_reports(found(TWO), PLACE, wanted)


def test_suites_of_different_names_are_not_mixed() -> None:
    other = report("x", "1", 9, name="x").suite.model_copy(update={"digest": "sha256:2"})
    reports = {**TWO, PLACE / "x": report("x", "1", 9).model_copy(update={"suite": other})}
    with pytest.raises(UsageError, match=r"of several suites.*--suite v"):
        choose_reports(found(reports), PLACE)


def test_of_reports_that_differ_in_further_runs_only_one_is_shown() -> None:
    again = report("a", "2", 1, input_changes=("shuffled",))
    assert chosen({**TWO, PLACE / "a+shuffle": again}) == {Path("a+shuffle"), Path("b")}


def test_control_reports_of_two_submitters_are_both_shown() -> None:
    other = report("a", "2", 9, submitter="Team B")
    assert chosen({**TWO, PLACE / "a+by": other}) == {Path("a"), Path("b"), Path("a+by")}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Return a directory with reports of two versions."""
    for path, each in TWO.items():
        write_evaluation(evaluation(each), tmp_path / path.name)
    return tmp_path


def run(*arguments: object) -> Result:
    command = ["leaderboard", *map(str, arguments)]
    return CliRunner().invoke(cli, command, catch_exceptions=False)


NOT_SHOWN = "not shown: evaluations on v 1 sha256:000000000000 (1 report)."


@pytest.mark.parametrize("style", [(), ("--markdown",), ("--csv",)])
def test_text_markdown_and_csv_name_the_other_version(results: Path, style: tuple[str]) -> None:
    shown = run(results, *style)
    assert NOT_SHOWN in shown.output
    assert NOT_SHOWN not in run(results, *style, "--suite", "2").stdout.replace(NOT_SHOWN, "", 1)
    assert (NOT_SHOWN in shown.stdout) == (style != ("--csv",))


def test_csv_has_entries_alone_in_its_rows(results: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run(results, "--csv").stdout)))
    assert {row["image"] for row in rows} == {"a", "b"}
    rows = list(csv.DictReader(io.StringIO(run(results, "--csv", "--suite", "1").stdout)))
    assert {row["image"] for row in rows} == {"a"}


def test_json_has_the_chosen_version_and_the_others(results: Path) -> None:
    found = json.loads(run(results, "--json").stdout)
    assert (found["version"], len(found["entries"])) == ("2", 2)
    expected = [{"suite": "v", "version": "1", "digest": OLD, "reports": 1}]
    assert found["other_versions"] == expected
    found = json.loads(run(results, "--json", "--suite", "1").stdout)
    assert (found["digest"], len(found["entries"])) == (OLD, 1)
    assert [each["version"] for each in found["other_versions"]] == ["2"]


def test_the_page_names_the_other_version(results: Path, tmp_path: Path) -> None:
    run(results, "--html", "-o", tmp_path / "site")
    page = (tmp_path / "site" / "index.html").read_text()
    assert "<h1>Leaderboard of v 2</h1>" in page
    assert NOT_SHOWN in page


def test_control_one_version_alone_names_no_other(tmp_path: Path) -> None:
    write_evaluation(evaluation(TWO[PLACE / "a"]), tmp_path / "results" / "a")
    assert "not shown" not in run(tmp_path / "results").output
    run(tmp_path / "results", "--html", "-o", tmp_path / "site")
    assert "not shown" not in (tmp_path / "site" / "index.html").read_text()


def test_python_ranks_the_version_that_it_names(results: Path) -> None:
    assert set(runner.rank_reports(results).frame["image"]) == {"a", "b"}
    assert set(runner.rank_reports(results, suite="1").frame["image"]) == {"a"}
