"""Built suites, evaluated by the command on the real engine."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.command import runner, warm_programs
from tests.integration.images import OTHER_QUICK, QUICK
from tests.integration.same_reports import report

pytestmark = pytest.mark.usefixtures("state")


def evaluate(
    suite: Path, out: Path, *options: str, image: str = "train_mean"
) -> subprocess.CompletedProcess[str]:
    return runner("evaluate", image, "--suite", suite, "--out", out, *options)


def test_every_case_of_a_suite_is_run_and_scored(three_cases: Path, tmp_path: Path) -> None:
    ended = evaluate(three_cases, tmp_path / "out", "--json", image=QUICK)
    assert ended.returncode == 0, ended.stderr
    (found,) = json.loads(ended.stdout)
    assert [case["id"] for case in found["cases"]] == ["case-1", "case-2", "case-3"]
    evaluated = [name for case in found["cases"] for name in case["eval_runs"]]
    assert len(set(evaluated)) == len(evaluated) == 6
    for case in found["cases"]:
        assert (case["outcome"], len(case["train_runs"])) == ("scored", 4)
        assert case["limits"]["wall_seconds"] == 120
        assert {target["run_spec_name"] for target in case["targets"]} == set(case["eval_runs"])


def test_a_flipped_byte_stops_an_evaluation_with_exit_code_3_and_the_files_name(
    suite: Path, tmp_path: Path
) -> None:
    path = suite / "public" / "train" / "stats.parts"
    content = path.read_bytes()
    path.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    ended = evaluate(suite, tmp_path / "out")
    assert ended.returncode == 3
    assert f"{path}: changed since the suite was built" in ended.stderr
    assert not (tmp_path / "out").exists()


def test_a_frozen_suite_is_not_divided_again_and_its_limits_can_be_lowered(
    small: Path, tmp_path: Path
) -> None:
    ended = evaluate(small, tmp_path / "out", "--eval-samples", "3", image=QUICK)
    assert ended.returncode == 2
    assert "--eval-samples can't change it" in ended.stderr
    ended = evaluate(small, tmp_path / "out", "--wall-seconds", "60", "--json", image=QUICK)
    (found,) = json.loads(ended.stdout)
    assert {case["limits"]["wall_seconds"] for case in found["cases"]} == {60}


def test_a_change_of_the_seed_or_of_a_limit_is_never_answered_from_what_has_finished(
    small: Path, tmp_path: Path
) -> None:
    evaluate(small, tmp_path / "out", image=QUICK)
    shutil.rmtree(tmp_path / "out" / QUICK)
    same = evaluate(small, tmp_path / "out", image=QUICK)
    assert "1 of 1 cases have finished before" in same.stderr
    for options in (("--seed", "5"), ("--memory-mib", "1024"), ("--rerun",)):
        other = evaluate(small, tmp_path / "out", *options, image=QUICK)
        assert other.returncode == 0, other.stderr
        assert "finished before" not in other.stderr


def test_two_runners_on_one_results_directory_both_score_and_leave_one_report(
    three_cases: Path, tmp_path: Path
) -> None:
    options = ("--suite", str(three_cases), "--out", str(tmp_path / "out"))
    command = [str(warm_programs() / "runner"), "evaluate", QUICK, *options]
    started = [subprocess.Popen(command, env=os.environ) for _ in range(2)]
    assert [process.wait(timeout=200) for process in started] == [0, 0]
    found = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert found == ["finished_cases", QUICK]
    assert report(tmp_path / "out", QUICK)["cases"][2]["outcome"] == "scored"


@pytest.mark.parametrize(
    ("option", "what"),
    [
        (("--runtime", "no-such-runtime"), "the engine has no such runtime. It has "),
        (("--gpus", "64"), "--gpus 0 does without"),
    ],
)
def test_a_runtime_or_a_gpu_that_the_engine_lacks_is_told_before_anything_runs(
    suite: Path, tmp_path: Path, option: tuple[str, str], what: str
) -> None:
    ended = evaluate(suite, tmp_path / "out", *option)
    assert ended.returncode == 2
    assert what in ended.stderr
    assert not (tmp_path / "out" / "train_mean").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of 64 KiB, as only root can, and as the engine's own set-up needs."""
    with _mounted(tmp_path / "disk", "size=64k") as place:
        yield place


@contextmanager
def _mounted(place: Path, options: str) -> Iterator[Path]:
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def test_a_full_results_disk_is_told_before_anything_runs(small: Path, small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(bytes(60 * 1024))
    ended = evaluate(small, small_disk / "out", image=QUICK)
    assert ended.returncode == 2
    assert "Free space, or name another place with --out" in ended.stderr
    assert "running" not in ended.stderr
    assert not (small_disk / "out").exists()


@pytest.mark.parametrize(
    ("files", "what", "kept"),
    [(3, "the finished case can't be stored", 0), (8, "the report can't be written", 1)],
)
def test_a_results_disk_that_fills_up_leaves_no_partial_report_and_is_told(
    small: Path, tmp_path: Path, files: int, what: str, kept: int
) -> None:
    with _mounted(tmp_path / "disk", f"size=1m,nr_inodes={files}") as disk:
        ended = evaluate(small, disk / "out", image=QUICK)
        assert ended.returncode == 2
        assert what in ended.stderr
        assert "Free space or name another place with --out" in ended.stderr
        left = [path.parent.name for path in (disk / "out").rglob("*") if path.is_file()]
        assert left == ["finished_cases"] * kept


def test_a_full_disk_of_temporary_files_is_named_and_not_the_folder_that_is_written_to(
    small_disk: Path, tmp_path: Path
) -> None:
    cache = str(tmp_path / "cache")  # where the demo's runs are not unpacked yet
    command = ["evaluate", "train_mean", "--suite", "demo", "--out", tmp_path / "out"]
    ended = runner(*command, TMPDIR=str(small_disk), XDG_CACHE_HOME=cache)
    assert ended.returncode == 2, ended.stderr
    told = f"Error: {small_disk}: no space is left there for temporary files. Free some, or name"
    assert told in ended.stderr


def test_a_list_of_submissions_is_one_batch_within_a_budget_and_the_leaderboard_has_their_names(
    three_cases: Path, tmp_path: Path
) -> None:
    listed = [
        {"submitter": "Team <A>", "image": QUICK},
        {"submitter": "B", "image": OTHER_QUICK},
    ]
    (tmp_path / "submissions.yaml").write_text(json.dumps(listed))  # which is YAML too
    batch = ["evaluate", "--submissions", tmp_path / "submissions.yaml", "--suite", three_cases]
    batch += ["--out", tmp_path / "out", "--jobs", "2"]
    refused = runner(*batch, "--budget", "cpus=0.5")
    assert refused.returncode == 2
    assert "One case may use 1 CPUs" in refused.stderr
    ended = runner(*batch, "--budget", "cpus=2,memory-mib=4096", "--json")
    assert ended.returncode == 0, ended.stderr
    assert [len(report["cases"]) for report in json.loads(ended.stdout)] == [3, 3]
    board = json.loads(runner("leaderboard", tmp_path / "out", "--json").stdout)
    assert {entry["submitter"] for entry in board["entries"]} == {"Team <A>", "B"}
