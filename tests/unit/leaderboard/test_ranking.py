import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from runner.cli.main import cli
from runner.contract.stat import InstanceTarget, Stat, Target
from runner.leaderboard import reduced_reports
from runner.leaderboard.contenders import ChosenReports
from runner.leaderboard.kept_contenders import read_contenders
from runner.leaderboard.ranking import make_leaderboard
from runner.leaderboard.submitters import Submitters
from runner.leaderboard.suite_choice import choose_all
from runner.leaderboard.tables import to_table
from runner.reports.records import Describe, report_records
from runner.reports.report import Report
from runner.reports.report_directory import write_evaluation
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function, off_by, oracle
from tests.helm_builder import write_suite
from tests.suite_builder import build_unaudited, shared_suite

SPLIT = {"targets": ["exact_match"], "division": {"method": "leave_one_out", "by": "run"}}


@pytest.fixture(scope="module")
def suite() -> Suite:
    """Return a suite of eight cases, each of one run."""
    return shared_suite(runs=8, **SPLIT)


def uneven(target: Target | InstanceTarget, actual: Stat) -> Stat:
    """Be off by 0.1 and 0.3 in turn: no worse than by 0.2 as far as eight runs can tell."""
    assert actual.mean is not None
    return target.predicted(actual.mean + (0.1 if round(actual.mean * 10) % 2 else 0.31))


ADDS = (
    "MAE of shares (exact_match): the mean within each run, weighted by instances, then over runs"
)


def write_four(suite: Suite, root: Path) -> Path:
    """Write the reports of an oracle, of two that are alike, and of one that failed."""
    for name, predict, exit_code in (
        ("oracle", oracle, 0),
        ("even", off_by(0.2), 0),
        ("uneven", uneven, 0),
        ("broken", oracle, 1),
    ):
        write_evaluation(evaluate_function(suite, predict, name, exit_code), root / name)
    return root


def run(*arguments: str) -> Result:
    command = ["leaderboard", *arguments]
    return CliRunner().invoke(cli, command, catch_exceptions=False, standalone_mode=False)


def test_those_that_cannot_be_told_apart_share_their_ranks(suite: Suite, tmp_path: Path) -> None:
    reports = read_contenders(write_four(suite, tmp_path / "results")).reports
    board = make_leaderboard(ChosenReports(reports), None)
    shown = [(entry.image, str(entry.rank)) for entry in board.entries]
    assert shown == [
        ("oracle", "1"),
        ("even", "2-3, tied"),
        ("uneven", "2-3, tied"),
        ("broken", "None"),
    ]
    probabilities = [entry.probability_better for entry in board.entries]
    assert probabilities[0] == 1
    assert probabilities[1] is not None
    assert 0.3 < probabilities[1] < 0.7
    assert probabilities[2:] == [None, None]


def test_an_unfinished_evaluation_is_listed_and_says_why(suite: Suite, tmp_path: Path) -> None:
    reports = read_contenders(write_four(suite, tmp_path / "results")).reports
    last = make_leaderboard(ChosenReports(reports), None).entries[-1]
    assert (last.image, last.rank) == ("broken", None)
    assert last.unranked == "8 of 8 cases not scored (failed)"
    assert last.outcomes == {"failed": 8}


def test_the_oracle_is_perfect(suite: Suite) -> None:
    report = evaluate_function(suite, oracle).report
    values = {score.metric: score.value for score in report.scores}
    assert [values[name] for name in ("mae", "rmse", "bias", "max_error")] == [0, 0, 0, 0]
    assert [values["skill"], values["r2"]] == [1, 1]


def test_the_table_names_what_was_ranked_and_the_outcomes(suite: Suite, tmp_path: Path) -> None:
    shown = run(str(write_four(suite, tmp_path / "results"))).output
    assert "ranked by MAE (lower is better)" in shown
    assert f"\n{ADDS}" in shown
    (line,) = [line for line in shown.splitlines() if line.startswith("1 ")]
    assert "oracle" in line
    assert "0.0000 to 0.0000" in line
    assert "8 scored" in line
    assert "not ranked: 8 of 8 cases not scored (failed)" in shown


@pytest.mark.parametrize("columns", [80, 100, 120])
def test_the_table_fits_a_terminal_and_says_what_it_leaves_out(
    suite: Suite, tmp_path: Path, columns: int
) -> None:
    root = write_four(suite, tmp_path / "results")
    name = "registry.example.org/a_team_with_a_long_name/predictor:v1"
    write_evaluation(evaluate_function(suite, off_by(0.4), name), root / "long")
    board = make_leaderboard(ChosenReports(read_contenders(root).reports), None)
    whole = to_table(board)
    lines = to_table(board, columns).splitlines()
    assert max(map(len, whole.splitlines()[2:8])) > columns  # control
    assert max(map(len, lines)) <= columns
    assert any(line.startswith("4") and "or:v1" in line for line in lines)
    assert "broken: not ranked: 8 of 8 cases not scored (failed)" in lines
    assert any("left out to fit the terminal: image digest" in line for line in lines)


def test_json_has_every_entry_with_its_interval_and_digest(suite: Suite, tmp_path: Path) -> None:
    found = json.loads(run(str(write_four(suite, tmp_path / "results")), "--json").output)
    assert found["digest"] == suite.digest
    assert found["adds"] == ADDS
    assert found["entries"][0]["image"] == "oracle"
    even = found["entries"][1]
    assert even["value"] == pytest.approx(0.2)
    assert (even["rank_best"], even["rank_worst"], even["digest"]) == (2, 3, "sha256:even")


def drop_a_case(report: Path) -> None:
    """Edit a report by hand, so that it has one case less."""
    content = json.loads(report.read_text())
    report.write_text(json.dumps({**content, "cases": content["cases"][1:]}))


def name_other_models(report: Path) -> None:
    """Edit a report by hand, so that each of its runs is of another model."""
    content = json.loads(report.read_text())
    for number, columns in enumerate(content["eval_run_specs"].values()):
        columns["run_spec.adapter_spec.model"] = f"a/model-{number}"
    report.write_text(json.dumps(content))


def test_a_report_on_other_runs_takes_no_other_down(suite: Suite, tmp_path: Path) -> None:
    root = write_four(suite, tmp_path / "results")
    name_other_models(root / "oracle" / "report.json")
    shown = run(str(root), "--json")
    entries = {each["image"]: each for each in json.loads(shown.stdout)["entries"]}
    assert shown.return_value == 3
    assert {name for name, each in entries.items() if each["rank"] is not None} == {
        "even",
        "uneven",
    }
    assert "its targets or runs are not those" in entries["oracle"]["unranked"]


def test_reports_that_are_not_scored_do_not_say_what_the_others_should_have(
    suite: Suite, tmp_path: Path
) -> None:
    for name in ("broken", "broken_too"):
        write_evaluation(evaluate_function(suite, oracle, name, 1), tmp_path / name)
        drop_a_case(tmp_path / name / "report.json")
    write_evaluation(evaluate_function(suite, oracle, "whole"), tmp_path / "whole")
    entries = json.loads(run(str(tmp_path), "--json").stdout)["entries"]
    assert {each["image"]: each["rank"] for each in entries}["whole"] == "1"


def test_a_report_that_is_broken_or_has_other_targets_takes_no_other_down(
    suite: Suite, tmp_path: Path
) -> None:
    root = write_four(suite, tmp_path / "results")
    (root / "broken" / "report.json").write_text("{")
    drop_a_case(root / "oracle" / "report.json")
    shown = run(str(root), "--json")
    content = json.loads(shown.stdout)
    entries = {each["image"]: each for each in content["entries"]}
    (left_out,) = content["left_out"]
    assert left_out.startswith(f"{root}/broken/report.json: not a report")
    assert shown.return_value == 3
    assert {name: each["rank"] for name, each in entries.items()} == {
        "even": "1-2, tied",
        "uneven": "1-2, tied",
        "oracle": None,
    }
    assert "its targets or runs are not those of the other reports" in entries["oracle"]["unranked"]
    assert f"left out: {root}/broken/report.json: not a report" in shown.stderr
    assert f"{root}/oracle: not ranked: " in shown.stderr


def test_a_bug_with_one_report_is_told_and_the_others_are_ranked(
    suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = write_four(suite, tmp_path / "results")

    def fail_for_one(report: Report, describe: Describe) -> object:
        if report.image.reference == "oracle":
            raise ZeroDivisionError
        return report_records(report, describe)

    monkeypatch.setattr(reduced_reports, "report_records", fail_for_one)
    shown = run(str(root), "--json")
    entries = {each["image"]: each for each in json.loads(shown.stdout)["entries"]}
    assert shown.return_value == 1
    assert "a bug of the runner (ZeroDivisionError" in entries["oracle"]["unranked"]
    assert entries["even"]["rank"] == "1-2, tied"


def test_control_reports_without_a_fault_end_with_0(suite: Suite, tmp_path: Path) -> None:
    shown = run(str(write_four(suite, tmp_path / "results")))
    assert (shown.return_value, shown.stderr) == (0, "")


def reports_of(suite: Suite, **errors: float) -> dict[Path, Report]:
    return {
        Path(name): evaluate_function(suite, off_by(error), name).report
        for name, error in errors.items()
    }


TEAMS = {"Team": ("a", "sha256:b")}


def test_only_the_best_of_a_submitter_is_shown(suite: Suite) -> None:
    reports = reports_of(suite, a=0.3, b=0.1, c=0.2)
    best = make_leaderboard(choose_all(reports), Submitters(submitters=TEAMS))
    assert [(entry.submitter, entry.image) for entry in best.entries] == [("Team", "b"), ("c", "c")]
    everything = Submitters(show="all", submitters=TEAMS)
    shown = make_leaderboard(choose_all(reports), everything).entries
    assert [entry.submitter for entry in shown] == ["Team", "c", "Team"]


HOSTILE = '=HYPERLINK("x")|[a](http://x)<b>\x1b[31m'


def test_a_name_is_escaped_for_each_place_that_it_is_shown_in(suite: Suite, tmp_path: Path) -> None:
    write_evaluation(evaluate_function(suite, oracle, HOSTILE), tmp_path / "results" / "image")
    place = str(tmp_path / "results")
    assert "\x1b" not in run(place).output
    (row,) = csv.DictReader(io.StringIO(run(place, "--csv").output))
    assert row["image"].startswith("'=HYPERLINK")
    (line,) = [row for row in run(place, "--markdown").output.splitlines() if "HYPER" in row]
    assert "`=HYPERLINK" in line
    assert line.count("|") == 9
    assert json.loads(run(place, "--json").output)["entries"][0]["image"] == HOSTILE


def test_few_scenarios_and_models_are_named_and_the_evaluations_are_ranked(tmp_path: Path) -> None:
    suite = build_unaudited(write_suite(tmp_path, runs=4), tmp_path / "suite", **SPLIT)
    board = make_leaderboard(choose_all(reports_of(suite, a=0.1, b=0.9)), None)
    assert [str(entry.rank) for entry in board.entries] == ["1", "2"]
    assert [entry.score.note for entry in board.entries if entry.score is not None] == [
        "few scenarios: 4, few models: 1"
    ] * 2


def test_two_spellings_of_a_submitter_have_one_history_and_one_best_entry(suite: Suite) -> None:
    reports = {}
    for number, (name, off) in enumerate({"Team-A": 0.1, "team a": 0.2, "team-b": 0.3}.items()):
        made = evaluate_function(suite, off_by(off), f"image{number}").report
        reports[Path(name)] = made.model_copy(update={"submitter": name})
    best = Submitters(show="best", submitters={})
    board = make_leaderboard(choose_all(reports), best)
    assert [entry.submitter for entry in board.entries] == ["Team-A", "team-b"]
    assert [len(attempts) for attempts in board.attempts.values()] == [2, 1]


def test_a_leaderboard_shows_the_score_at_each_budget(suite: Suite, tmp_path: Path) -> None:
    source = write_suite(tmp_path, runs=8)
    budgets = build_unaudited(source, tmp_path / "budgets", revealed={"instances": [1, 2]}, **SPLIT)
    for name, error in (("good", 0.1), ("bad", 0.25)):
        evaluation = evaluate_function(budgets, off_by(error), name)
        write_evaluation(evaluation, tmp_path / "results" / name)
    results = str(tmp_path / "results")
    rows = json.loads(run(results, "--json").stdout)["entries"]
    assert [row["by_budget"] for row in rows] == [
        {"1": pytest.approx(0.1), "2": pytest.approx(0.1)},
        {"1": pytest.approx(0.25), "2": pytest.approx(0.25)},
    ]
    heads, good, _ = run(results).stdout.splitlines()[2:5]
    assert "at 1" in heads
    assert good.split().count("0.1000") >= 3
    (row, _) = csv.DictReader(io.StringIO(run(results, "--csv").stdout))
    at_budgets = dict(each.split("=") for each in row["by_budget"].split())
    assert {budget: round(float(value), 9) for budget, value in at_budgets.items()} == {
        "1": 0.1,
        "2": 0.1,
    }
    write_four(suite, tmp_path / "one")  # the control: one budget is no curve
    assert "at 1" not in run(str(tmp_path / "one")).stdout
