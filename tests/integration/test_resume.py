"""A batch taken up again: what is reported stays as it is, what has finished is not run again."""

import json
import shutil
from pathlib import Path
from typing import Any

import docker
import pytest

from benchmarks.batch import JOBS, measure_killed, measure_resumed
from tests.helm_builder import stat, write_suite
from tests.integration.command import runner
from tests.integration.images import OTHER_QUICK, OWN, QUICK
from tests.integration.started import started
from tests.suite_builder import build

pytestmark = pytest.mark.usefixtures("state")

States = dict[str, tuple[int, int, int]]


def states(out: Path) -> States:
    """Return the inode, the size and the time of the last change of every file and directory."""
    found = {path.relative_to(out).as_posix(): path.stat() for path in out.rglob("*")}
    return {name: (each.st_ino, each.st_size, each.st_mtime_ns) for name, each in found.items()}


def test_a_batch_that_is_reported_is_told_again_and_nothing_is_run_scored_or_written(
    client: docker.DockerClient, small: Path, misbehaving: Any, tmp_path: Path
) -> None:
    images = [QUICK, OTHER_QUICK, misbehaving("exit_one")]
    out, junit = tmp_path / "out", tmp_path / "junit.xml"
    command = ["evaluate", *images, "--suite", small, "--out", out, "--jobs", "2"]
    command += ["--json", "--shuffle", "--junit", junit, "--min-score", "mae=1"]
    first = runner(*command)
    assert first.returncode == 4, first.stderr
    before, panel = states(out), junit.read_text()
    junit.unlink()
    with started(client, images) as ran:
        again = runner(*command)
    assert ran == []
    assert states(out) == before
    assert (again.returncode, again.stdout) == (4, first.stdout)
    assert junit.read_text() == panel
    assert "3 of 3 reports are up to date" in again.stderr
    assert "running" not in again.stderr


CHANGES: dict[tuple[str, ...], str] = {
    ("--seed", "5"): f"{QUICK}+seed-5",
    ("--memory-mib", "1024"): f"{QUICK}+memory-mib-1024",
    ("--repeat", "1"): f"{QUICK}+repeat-1",
    ("--shuffle",): f"{QUICK}+shuffle",
    ("--probe",): f"{QUICK}+probe",
    ("--submitter", "team-b"): f"{QUICK}+by-team-b",
}


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory, quick: None) -> Path:
    """Return a folder with runs, a suite of one case of them, and the report of an evaluation."""
    root = tmp_path_factory.mktemp("evaluated")
    suite = build(write_suite(root), root / "small").root
    command = ["evaluate", QUICK, "--suite", suite, "--out", root / "out"]
    assert runner(*command, XDG_STATE_HOME=str(root / "state")).returncode == 0
    return root


@pytest.fixture
def reported(evaluated: Path, tmp_path: Path) -> list[object]:
    """Return a command whose report is in place; with its suite and runs it is the test's own."""
    shutil.copytree(evaluated, tmp_path, dirs_exist_ok=True)
    return ["evaluate", QUICK, "--suite", tmp_path / "small", "--out", tmp_path / "out"]


def test_a_change_of_one_option_is_never_answered_by_the_old_report_nor_replaces_it(
    reported: list[object], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    before = {QUICK: (out / QUICK / "report.json").read_bytes()}
    for options, name in CHANGES.items():
        ended = runner(*reported, *options)
        assert ended.returncode == 0, ended.stderr
        assert "up to date" not in ended.stderr
        assert {each.parent.name for each in out.glob("*/report.json")} == {*before, name}
        before[name] = (out / name / "report.json").read_bytes()
    for name, content in before.items():
        assert (out / name / "report.json").read_bytes() == content


def test_control_the_same_evaluation_run_again_replaces_its_report(
    reported: list[object], tmp_path: Path
) -> None:
    path = tmp_path / "out" / QUICK / "report.json"
    before = path.read_bytes()
    assert runner(*reported, "--rerun").returncode == 0
    assert path.read_bytes() != before
    assert len(list((tmp_path / "out").glob("*/report.json"))) == 1


def submitters(out: Path) -> list[str]:
    board = runner("leaderboard", out, "--json")
    assert board.returncode == 0, board.stderr
    return sorted(entry["submitter"] for entry in json.loads(board.stdout)["entries"])


def test_the_report_of_a_submitter_stays_when_another_or_nobody_submits_its_image(
    reported: list[object], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.rmtree(out / QUICK)
    for options in (("--submitter", "Team A"), ("--submitter", "Team B"), ()):
        assert runner(*reported, *options).returncode == 0
    assert submitters(out) == ["Team A", "Team B", QUICK]
    assert runner(*reported, "--submitter", "Team A", "--rerun").returncode == 0
    assert submitters(out) == ["Team A", "Team B", QUICK]  # control: the same is one entry


def correct(source: Path, run_name: str) -> None:
    """Give a run another mean."""
    stats = [stat("exact_match", 0.95), stat("num_references", 2.0)]
    path = source / run_name.replace("/", "_") / "stats.json"
    path.write_text(json.dumps(stats))


@pytest.mark.parametrize(("side", "ran_again"), [("eval", []), ("train", [QUICK])])
def test_after_a_correction_only_the_cases_whose_containers_see_it_run_again(
    client: docker.DockerClient,
    reported: list[object],
    tmp_path: Path,
    side: str,
    ran_again: list[str],
) -> None:
    """Of an eval run, which no case trains on, only the scores follow; a train run is seen."""
    out, source = tmp_path / "out", tmp_path / "benchmark_output" / "runs" / "v1"
    before = json.loads((out / QUICK / "report.json").read_bytes())
    (case,) = before["cases"]
    correct(source, case[f"{side}_runs"][0])
    suite = build(source, tmp_path / "small").root
    with started(client, [QUICK]) as ran:
        ended = runner(*reported)
    assert ended.returncode == 0, ended.stderr
    assert ran == ran_again
    after = json.loads((out / QUICK / "report.json").read_bytes())
    assert after["suite"]["digest"] != before["suite"]["digest"]
    assert after["scores"] != before["scores"]
    assert runner("verify", out / QUICK, "--suite", suite).returncode == 0


def test_a_report_that_was_set_aside_for_one_on_a_new_version_does_not_stop_the_leaderboard(
    reported: list[object], tmp_path: Path
) -> None:
    new = build(write_suite(tmp_path / "new"), tmp_path / "new_suite", version="2", seed=2)
    moved = [new.root if each == tmp_path / "small" else each for each in reported]
    ended = runner(*moved)
    assert "it is kept as" in ended.stderr
    shown = runner("leaderboard", tmp_path / "out")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("v1 2 sha256:")
    assert "not shown: evaluations on v1 1 sha256:" in shown.stdout
    old = runner("leaderboard", tmp_path / "out", "--suite", "1")
    assert old.stdout.startswith("v1 1 sha256:")


def test_an_image_and_a_submitter_with_long_names_are_reported_beside_others(
    client: docker.DockerClient, small: Path, tmp_path: Path
) -> None:
    long = f"{OWN.name('a' * 150)}:{'b' * 120}"
    assert len(long) > 255
    client.images.get(OTHER_QUICK).tag(long)
    command = ["evaluate", long, QUICK, "--suite", small, "--out", tmp_path / "out"]
    ended = runner(*command, "--submitter", "\N{SNOWMAN}" * 80)
    assert ended.returncode == 0, ended.stderr
    assert len(list((tmp_path / "out").glob("*/report.json"))) == 2
    assert "2 of 2 reports are up to date" in runner(*command, *ended.args[6:]).stderr


def test_another_image_under_the_same_name_is_never_answered_by_the_old_report(
    client: docker.DockerClient, small: Path, tmp_path: Path
) -> None:
    moved = OWN.name("my-predictor")
    command = ["evaluate", moved, "--suite", small, "--out", tmp_path / "out"]
    for name in (QUICK, OTHER_QUICK):
        client.images.get(name).tag(moved)
        ended = runner(*command)
        assert "up to date" not in ended.stderr
        found = json.loads((tmp_path / "out" / moved / "report.json").read_bytes())
        assert found["image"]["id"] == client.images.get(name).id


def test_a_report_that_was_changed_is_made_again_from_what_has_finished(
    client: docker.DockerClient, reported: list[object], tmp_path: Path
) -> None:
    path = tmp_path / "out" / QUICK / "report.json"
    right = json.loads(path.read_bytes())["scores"]
    path.write_text(path.read_text().replace(f"{right[0]['value']}", "0.0"))
    with started(client, [QUICK]) as ran:
        ended = runner(*reported)
    assert ran == []
    assert "was changed since it was written; it is kept as" in ended.stderr
    assert json.loads(path.read_bytes())["scores"] == right
    board = json.loads(runner("leaderboard", tmp_path / "out", "--json").stdout)
    assert len(board["entries"]) == 1


@pytest.mark.long
def test_a_batch_killed_twice_gives_the_same_reports_and_runs_again_only_what_was_in_flight() -> (
    None
):
    killed = measure_killed("train_mean", images=2)
    assert killed.cases == 10
    assert killed.runs == killed.cases + killed.in_flight
    # Of each kill: what runs, and as many whose output is read meanwhile.
    assert killed.in_flight <= 2 * 2 * int(JOBS)
    assert killed.differing == []


@pytest.mark.long
def test_the_benchmark_of_a_resumed_batch_tells_shares_of_the_cases_run_time() -> None:
    cases, scored, resumed = measure_resumed("train_mean", images=2)
    assert cases.what == "run time of 10 cases"
    assert scored.ratio == pytest.approx(scored.seconds / cases.seconds)
    assert resumed.ratio == pytest.approx(resumed.seconds / cases.seconds)
