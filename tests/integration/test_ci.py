"""What ``runner evaluate`` does for CI: gates, rank, summary, test panel, nothing secret."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from runner.reports.report import read_report
from tests.helm_builder import run_files, stat, write_run
from tests.integration.command import runner
from tests.integration.images import QUICK
from tests.integration.workflow import Job
from tests.suite_builder import build

CANARY = "0.731"
"""Begins every actual of the suite."""


@pytest.fixture
def halves(tmp_path: Path, quick: None) -> tuple[Path, Path]:
    """Return a suite's public half, in its place, and its private half, in another."""
    for number in range(6):
        means = [stat("exact_match", 0.731 + number / 100_000)]
        files = run_files(f"demo:subject={number},model=demo/model", stats=means)
        write_run(tmp_path / "runs", f"demo:subject={number},model=demo/model", files)
    division = {
        "method": "explicit",
        "cases": [{"train": [f"demo:subject={i},*" for i in (0, 1)], "eval": ["demo:subject=2,*"]}],
    }
    suite = build(tmp_path / "runs", tmp_path / "suite", division=division)
    return suite.root, (suite.root / "private").rename(tmp_path / "secret-place")


def test_a_score_below_the_gate_is_exit_6_and_reported_all_the_same(
    halves: tuple[Path, Path], tmp_path: Path
) -> None:
    public, private = halves
    command = ["evaluate", QUICK, "--suite", public, "--private", private]
    command += ["--out", tmp_path / "out", "--json"]
    below = runner(*command, "--min-score", "mae=1e-9", "--min-score", "rmse=9")
    assert below.returncode == 6
    (found,) = json.loads(below.stdout)
    mae = next(score["value"] for score in found["scores"] if score["metric"] == "mae")
    assert f"{QUICK}: MAE {mae:.4f}" in below.stderr
    assert "is below the gate: MAE at most 1e-09" in below.stderr
    assert "meets the gate: RMSE at most 9" in below.stderr
    assert read_report(tmp_path / "out" / QUICK).is_scored

    met = runner(*command, "--min-score", f"mae={mae}")
    assert met.returncode == 0
    assert "reports are up to date" in met.stderr


def test_a_fault_of_the_predictor_outweighs_the_gate_and_stands_in_the_test_panel(
    halves: tuple[Path, Path], misbehaving: Callable[[str], str], tmp_path: Path
) -> None:
    public, private = halves
    (tmp_path / "results").mkdir()
    summary, junit = tmp_path / "summary.md", tmp_path / "panel" / "junit.xml"
    summary.write_text("what another step wrote\n")
    failing = misbehaving("exit_one")
    files = ["--summary", summary, "--junit", junit, "--leaderboard", tmp_path / "results"]
    out = ["--out", tmp_path / "results", "--min-score", "mae=0"]
    images = ["evaluate", QUICK, failing]
    ended = runner(*images, "--suite", public, "--private", private, *files, *out)
    assert ended.returncode == 4
    text = summary.read_text()
    assert text.startswith("what another step wrote\n")
    assert "- rank 1 of 1" in text
    assert f"`{failing}` on `v1 1`: not scored" in text
    good, bad = ET.parse(junit).getroot()
    assert [each.get("type") for each in good.iter("failure")] == ["below_gate"]
    assert [each.get("type") for each in bad.iter("failure")] == ["failed", "below_gate"]


def test_what_a_closed_evaluation_prints_has_no_actual_and_no_secret_path(
    halves: tuple[Path, Path], tmp_path: Path
) -> None:
    public, private = halves
    out = tmp_path / "out"
    command = ["evaluate", QUICK, "--suite", public, "--out", out]
    opened = runner(*command, "--private", private)
    assert CANARY in opened.stdout  # the control: without --closed the table is printed

    for more in ([], ["--json"]):
        closed = runner(*command, "--closed", *more, SUITE_PRIVATE=str(private))
        assert closed.returncode == 0, closed.stderr
        said = closed.stdout + closed.stderr
        assert "scored" in said
        assert CANARY not in said
        assert private.name not in said
    assert CANARY in (out / QUICK / "report.json").read_text()
    assert private.name not in (out / QUICK / "report.json").read_text()


def run_action(place: Path, **inputs: str) -> Job:
    """Run the action alone, as the only step of a workflow."""
    step = {"name": "Evaluate", "uses": "ORGANIZATION/runner@COMMIT", "with": inputs}
    workflow = place / "workflow.yml"
    environment = {"RUNNER_REGISTRIES": "127.0.0.1:9"}
    document = {"env": environment, "jobs": {"evaluate": {"steps": [step]}}}
    workflow.write_text(yaml.safe_dump(document))
    job = Job(place, place / "job", {})
    job.run(workflow)
    return job


def test_the_action_fails_below_the_gate_and_gives_an_open_suites_report_away(
    halves: tuple[Path, Path], tmp_path: Path
) -> None:
    public, private = map(str, halves)
    options = {"min-score": "skill=-9 mae=1e-9", "closed": "false", "artifact": "scored"}
    job = run_action(tmp_path, image=QUICK, suite=public, private=private, **options)
    assert job.exit_code == 6, job.log
    assert job.outputs["Evaluate"]["outcome"] == "below_gate"
    report = read_report(job.artifacts / "scored" / "report")
    assert float(job.outputs["Evaluate"]["score"]) == report.scores[0].value
    assert (job.workspace / job.outputs["Evaluate"]["report"] / "report.json").is_file()


def test_the_action_signs_a_report_with_the_key_and_has_its_receipt_attested_if_asked(
    halves: tuple[Path, Path], tmp_path: Path
) -> None:
    public, private = map(str, halves)
    assert runner("keys", "make", tmp_path / "key").returncode == 0
    given = {"image": QUICK, "suite": public, "private": private, "out": "results"}
    signed = run_action(tmp_path, **given, **{"sign-with": str(tmp_path / "key"), "attest": "true"})
    assert signed.exit_code == 0, signed.log
    report = signed.workspace / "results" / QUICK
    verified = runner("verify", report, "--key", tmp_path / "key.pub")
    assert verified.returncode == 0, verified.stdout
    assert signed.attested == [report / "SHA256SUMS"]
    (tmp_path / "control").mkdir()
    plain = run_action(tmp_path / "control", **given)
    report = plain.workspace / "results" / QUICK
    assert "not signed" in runner("verify", report, "--key", tmp_path / "key.pub").stdout
    assert plain.attested == []


@pytest.mark.parametrize(
    ("image", "outcome", "code"),
    [
        ("127.0.0.1:9/team/predictor:1", "engine_fault", 5),
        ("169.254.169.254/team/predictor:1", "error", 2),
        ("--help", "error", 2),
    ],
)
def test_the_action_tells_a_fault_of_the_engine_and_a_wrong_input(
    image: str, outcome: str, code: int, halves: tuple[Path, Path], tmp_path: Path
) -> None:
    job = run_action(tmp_path, image=image, suite=str(halves[0]), private=str(halves[1]))
    assert job.exit_code == code, job.log
    assert job.outputs["Evaluate"] == {"outcome": outcome, "score": "", "report": ""}


def test_the_action_without_an_image_installs_the_command_and_no_more(tmp_path: Path) -> None:
    job = run_action(tmp_path)
    assert job.exit_code == 0
    assert job.outputs["Evaluate"] == {"outcome": "", "score": "", "report": ""}
    assert not list(job.artifacts.iterdir())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--min-score", "accuracy=1"], "no such metric"),
        (["--min-score", "bias=0"], "no better side"),
        (["--closed", "--show-log"], "--show-log shows what --closed withholds"),
        (["--suite", "other", "--private", "x"], "--private is the half of one suite"),
        (["--leaderboard", "absent"], "no leaderboard"),
    ],
)
def test_what_can_not_be_done_is_told_before_anything_runs(
    options: list[str], said: str, tmp_path: Path
) -> None:
    ended = runner("evaluate", "train_mean", "--suite", "demo", "--out", tmp_path / "out", *options)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert not (tmp_path / "out").exists()


def test_the_private_half_of_helm_runs_is_a_usage_error_that_does_not_name_it(
    tmp_path: Path,
) -> None:
    ended = runner("evaluate", "train_mean", "--suite", "demo", "--private", tmp_path / "hidden")
    assert ended.returncode == 2
    assert "no built suite" in ended.stderr
    assert "hidden" not in ended.stderr


def test_a_private_half_that_is_not_there_is_told_without_its_place(
    halves: tuple[Path, Path], tmp_path: Path
) -> None:
    wrong = tmp_path / "hidden"
    ended = runner("evaluate", "train_mean", "--suite", halves[0], "--private", wrong)
    assert ended.returncode == 3
    assert "suite.json of the private half: no such file" in ended.stderr
    assert "hidden" not in ended.stderr


def test_evaluations_of_another_suite_are_no_leaderboard_of_this_one(
    halves: tuple[Path, Path], tmp_path: Path
) -> None:
    public, private = halves
    results = tmp_path / "results"
    runner("evaluate", "train_mean", "--suite", "demo", "--out", results)
    command = ["evaluate", "train_mean", "--suite", public, "--private", private]
    ended = runner(*command, "--out", tmp_path / "out", "--leaderboard", results)
    assert ended.returncode == 2
    assert "Name the leaderboard of this suite" in ended.stderr
    assert not (tmp_path / "out").exists()
