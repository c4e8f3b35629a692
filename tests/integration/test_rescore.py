"""Corrected actuals: predictions of real containers are scored on them, and none runs."""

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import docker
import pytest

from runner.reports.found_reports import find_reports
from runner.reports.report import Report, read_report
from runner.reports.report_directory import write_evaluation
from runner.reports.verification import verify_report
from runner.suites.opening import open_suite
from tests.evaluation_builder import evaluate_function, off_by
from tests.integration.command import RUNNER, runner
from tests.integration.images import OTHER_QUICK, QUICK
from tests.integration.started import started
from tests.versions_builder import Versions, build_versions

pytestmark = pytest.mark.usefixtures("state")

IMAGES = [QUICK, OTHER_QUICK]
MANY = 12


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory, quick: None) -> Versions:
    return build_versions(tmp_path_factory.mktemp("versions"), cases=2)


def scores(out: Path, *options: object) -> dict[str, Any]:
    board = runner("leaderboard", out, "--json", *options)
    assert board.returncode == 0, board.stderr
    found = json.loads(board.stdout)
    entries = {each["image"]: (each["rank"], each["value"]) for each in found["entries"]}
    return {found["version"]: entries}


def test_rescored_reports_are_those_of_containers_run_on_the_new_version(
    client: docker.DockerClient, versions: Versions, tmp_path: Path
) -> None:
    first, new = versions.first.root, versions.corrected.root
    assert runner("evaluate", *IMAGES, "--suite", first, "--out", tmp_path / "a").returncode == 0
    before = scores(tmp_path / "a")
    with started(client, IMAGES) as ran:
        ended = runner("rescore", tmp_path / "a", "--suite", new)
    assert ended.returncode == 0, ended.stderr
    assert ran == []
    with started(client, IMAGES) as ran:  # control: an evaluation runs containers
        assert runner("evaluate", *IMAGES, "--suite", new, "--out", tmp_path / "b").returncode == 0
    assert ran
    assert scores(tmp_path / "a") == scores(tmp_path / "b")
    assert scores(tmp_path / "a", "--suite", "1") == before
    assert scores(tmp_path / "a")["2"] != before["1"]
    for image in IMAGES:
        verified = runner("verify", tmp_path / "a" / image, "--suite", new)
        assert verified.returncode == 0, verified.stdout


def test_an_evaluation_on_the_new_version_replaces_the_rescored_report_alone(
    versions: Versions, tmp_path: Path
) -> None:
    command = ["evaluate", QUICK, "--out", tmp_path, "--suite"]
    assert runner(*command, versions.first.root).returncode == 0
    assert runner("rescore", tmp_path, "--suite", versions.corrected.root).returncode == 0
    assert runner(*command, versions.corrected.root).returncode == 0
    reports = [read_report(path) for path in find_reports(tmp_path)]
    assert sorted(report.suite.version for report in reports) == ["1", "2"]
    assert [report.rescored_from for report in reports] == [None, None]


def test_a_case_with_other_inputs_is_named_and_nothing_is_scored(
    versions: Versions, tmp_path: Path
) -> None:
    command = ["evaluate", QUICK, "--out", tmp_path, "--suite", versions.first.root]
    assert runner(*command).returncode == 0
    ended = runner("rescore", tmp_path, "--suite", versions.other_inputs.root)
    assert ended.returncode == 3
    assert "case-2: its inputs have changed" in ended.stderr
    assert "case-1" not in ended.stderr
    assert "2 of" not in ended.stdout
    assert "1 of 1 reports are up to date" in runner(*command).stderr


def on_version(out: Path, digest: str) -> dict[str, Path]:
    """Return the whole reports on a version, by image."""
    found: dict[str, Path] = {}
    for path in find_reports(out):
        report: Report = read_report(path)
        if report.suite.digest == digest and verify_report(path, None) == []:
            found[report.image.reference] = path
    return found


@pytest.mark.parametrize("made", [1, pytest.param(MANY // 2, marks=pytest.mark.long)])
def test_a_rescoring_that_is_killed_loses_nothing_and_goes_on(
    versions: Versions, tmp_path: Path, made: int
) -> None:
    old, new = versions.first, versions.corrected
    images = {f"image{number}" for number in range(MANY)}
    for number, image in enumerate(sorted(images)):
        write_evaluation(evaluate_function(old, off_by(number / 100), image), tmp_path / image)
    command = [str(RUNNER), "rescore", str(tmp_path), "--suite", str(new.root)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while len(list(tmp_path.glob("*T*/report.json"))) < made:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert set(on_version(tmp_path, old.digest)) == images
    assert len(on_version(tmp_path, new.digest)) < MANY  # control: it was killed midway
    again = runner("rescore", tmp_path, "--suite", new.root)
    assert again.returncode == 0, again.stderr
    for suite in (old, new):
        found = on_version(tmp_path, suite.digest)
        assert set(found) == images
        opened = open_suite(suite.root)
        assert all(verify_report(path, opened) == [] for path in found.values())
    assert {path.name for path in on_version(tmp_path, new.digest).values()} == images
