"""What follows an evaluation: further runs of its cases, leaderboard, verification."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.command import runner


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the reports of two predictors, each run again, shuffled and blanked."""
    out = tmp_path_factory.mktemp("results")
    ended = runner(
        *("evaluate", "random", "scenario_mean", "--suite", "demo", "--train-runs", 20),
        *("--repeat", 1, "--shuffle", "--probe", "--out", out),
    )
    assert ended.returncode == 0, ended.stderr
    return out


def report(reports: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((place(reports, name) / "report.json").read_text())
    return found


def place(reports: Path, name: str) -> Path:
    return reports / f"{name}+repeat-1+shuffle+probe"


def test_a_predictor_that_follows_the_seed_repeats_byte_by_byte(reports: Path) -> None:
    repeated, _ = report(reports, "random")["repetitions"]
    assert (repeated["name"], repeated["stability"]) == ("repeat-1", "byte_equal")


def test_one_that_draws_in_the_order_of_the_rows_is_unstable_when_they_are_shuffled(
    reports: Path,
) -> None:
    _, shuffled = report(reports, "random")["repetitions"]
    assert (shuffled["name"], shuffled["stability"]) == ("shuffled", "unstable")
    _, control = report(reports, "scenario_mean")["repetitions"]
    assert control["stability"] != "unstable"


def test_one_that_does_not_look_at_its_input_is_told_from_one_that_does(reports: Path) -> None:
    assert not report(reports, "random")["sensitivity"]["looks_at_input"]
    assert report(reports, "scenario_mean")["sensitivity"]["looks_at_input"]


def test_the_leaderboard_has_both(reports: Path) -> None:
    shown = runner("leaderboard", reports, "--json")
    assert shown.returncode == 0, shown.stderr
    images = [entry["image"] for entry in json.loads(shown.stdout)["entries"]]
    assert sorted(images) == ["random", "scenario_mean"]


def test_what_a_container_wrote_is_verified_and_a_flipped_byte_named(reports: Path) -> None:
    good = runner("verify", place(reports, "random"))
    assert good.returncode == 0, good.stdout
    path = place(reports, "random") / "case-1" / "predictions.json"
    content = path.read_bytes()
    path.write_bytes(content.replace(b"0.", b"1.", 1))
    bad = runner("verify", place(reports, "random"))
    path.write_bytes(content)
    assert bad.returncode == 3
    assert bad.stdout.startswith("case-1/predictions.json: changed since")


def test_the_report_is_shown_with_every_metric_or_why_not(reports: Path) -> None:
    by = ("--by", "run_spec.adapter_spec.method")
    shown = runner("report", place(reports, "scenario_mean"), *by)
    assert shown.returncode == 0, shown.stderr
    assert "one scenario and one model: no interval" in shown.stdout
    assert "by run_spec.adapter_spec.method" in shown.stdout
