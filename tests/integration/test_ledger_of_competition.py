"""Evaluations by a competition's ledger, on the real engine."""

import json
import tarfile
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.integration.command import runner

DEMO = Path(__file__).parents[2] / "runner" / "demo_suite.tar.xz"


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a suite of two disjoint cases, small enough to be evaluated in seconds."""
    root = tmp_path_factory.mktemp("topics")
    with tarfile.open(DEMO) as archive:
        archive.extractall(root, filter="data")
    ended = runner(
        *("suite", "build", "--name", "topics", "--out", root / "topics"),
        *("--helm-runs", root / "benchmark_output/runs/demo/demo_topic*"),
        *("--division", "holdout", "--by", "model", "--share", 0.8, "--cases", 2),
    )
    assert ended.returncode == 0, ended.stderr
    return root / "topics"


def test_a_submitter_is_told_of_public_targets_once_per_image_and_within_its_quota(
    suite: Path, tmp_path: Path
) -> None:
    ledger, summary = tmp_path / "ledger", tmp_path / "summary.md"
    made = runner("ledger", "init", ledger, "--evaluations", 1, "--publish", "exact")
    assert made.returncode == 0, made.stderr
    given = ("--suite", suite, "--out", tmp_path / "results")

    def evaluate(image: str, *options: object) -> CompletedProcess[str]:
        return runner("ledger", "evaluate", ledger, image, *given, *options)

    first = evaluate("random", "--submitter", "team-a", "--summary", summary)
    assert first.returncode == 0, first.stderr
    (told,) = first.stdout.splitlines()
    assert told.startswith("team-a: random: MAE ")
    assert "case-" not in first.stderr
    assert "100 % of the cases are over" in first.stderr
    place = tmp_path / "results" / "random+by-team-a"
    report = json.loads((place / "report.json").read_text())
    (mae,) = (score["value"] for score in report["scores"] if score["metric"] == "mae")
    assert float(told.split()[3]) != pytest.approx(mae, rel=1e-4)
    again = evaluate("random", "--submitter", "team-a")
    assert again.returncode == 0
    assert "scored before" in again.stdout
    assert "running" not in again.stderr
    refused = evaluate("train_mean", "--submitter", "team-a")
    assert refused.returncode == 4
    assert "The next is allowed at 20" in refused.stderr
    other = evaluate("train_mean", "--submitter", "team-b")
    assert other.returncode == 0, other.stderr
    shown = json.loads(runner("ledger", "show", ledger, "--json").stdout)["attempts"]
    assert [(row["submitter"], row["event"]) for row in shown] == [
        ("team-a", "scored"),
        ("team-b", "scored"),
    ]
    same_image = evaluate("random", "--submitter", "team-c")
    assert same_image.returncode == 0, same_image.stderr
    assert runner("verify", place, "--suite", suite).returncode == 0  # the first's report is there
    exact = runner("leaderboard", tmp_path / "results")
    assert exact.returncode == 2
    assert "which is open" in exact.stderr
    assert runner("report", next((tmp_path / "results").glob("random*"))).returncode == 2
    board = runner("leaderboard", tmp_path / "results", "--ledger", ledger, "--json")
    entries = json.loads(board.stdout)["entries"]
    assert {entry["submitter"] for entry in entries} == {"team-a", "team-b", "team-c"}
    assert all(entry.keys() == {"rank", "submitter", "value"} for entry in entries)
    values = [entry["value"] for entry in entries if entry["submitter"] == "team-a"]
    assert values == [pytest.approx(float(told.split()[3]), rel=1e-4)]
    closed = runner("ledger", "close", ledger, "--why", "the end")
    assert closed.returncode == 0, closed.stderr
    late = evaluate("train_mean", "--submitter", "team-d")
    assert late.returncode == 4
    assert "the competition is closed" in late.stderr
    final = runner("leaderboard", tmp_path / "results", "--ledger", ledger, "--json")
    submitters = [entry["submitter"] for entry in json.loads(final.stdout)["entries"]]
    assert sorted(submitters) == ["team-a", "team-b", "team-c"]
    runs = {entry["runs"] for entry in json.loads(final.stdout)["entries"]}
    assert max(runs) < next(s["runs"] for s in report["scores"] if s["metric"] == "mae")
    assert "team-a" in summary.read_text()


def test_what_would_tell_more_is_refused_before_anything_runs(suite: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    runner("ledger", "init", ledger)
    given = ("ledger", "evaluate", ledger, "random", "--suite", suite)
    for more in ((), ("--submitter", "a", "--json"), ("--submitter", "a", "--min-score", "mae=1")):
        ended = runner(*given, *more)
        assert ended.returncode == 2
        assert "running" not in ended.stderr
    assert len(ledger.read_text().splitlines()) == 1


def test_an_image_that_cannot_be_scored_is_not_charged(suite: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    runner("ledger", "init", ledger, "--evaluations", 1)
    given = ("--suite", suite, "--submitter", "a", "--out", tmp_path / "r")
    command = ("ledger", "evaluate", ledger, "random", *given)
    failed = runner(*command, "--wall-seconds", 0.01)
    assert failed.returncode == 4
    assert failed.stdout == "a: random: timed_out: not scored, and not charged\n"
    assert "case-" not in failed.stderr
    assert runner(*command).returncode == 0


def test_folds_are_refused_before_anything_runs(suite: Path, tmp_path: Path) -> None:
    runs = suite.parent / "benchmark_output/runs/demo/demo_topic*"
    built = runner(
        *("suite", "build", "--name", "folds", "--out", tmp_path / "folds", "--helm-runs", runs),
        *("--division", "leave_one_out", "--by", "model"),
    )
    assert built.returncode == 0, built.stderr
    assert "the cases are shared" in built.stderr
    runner("ledger", "init", tmp_path / "ledger")
    given = ("random", "--suite", tmp_path / "folds", "--out", tmp_path / "results")
    for command in (
        ("ledger", "evaluate", tmp_path / "ledger", *given, "--submitter", "a"),
        ("evaluate", *given, "--closed"),
    ):
        ended = runner(*command)
        assert ended.returncode == 3
        assert "method: holdout" in ended.stderr
    assert not (tmp_path / "results" / "random").exists()
