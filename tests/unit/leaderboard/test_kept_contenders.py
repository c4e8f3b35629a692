"""What is kept of reports between two leaderboards: it may save time, and change nothing."""

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from runner.cli.main import cli
from runner.errors import BugError
from runner.files import file_stamps
from runner.files.user_directories import AT_WORK_SECONDS
from runner.leaderboard import kept_contenders, reduced_reports
from runner.leaderboard.kept_contenders import read_contenders
from runner.leaderboard.reduced_reports import make_contender
from runner.reports.found_reports import ReportFile
from runner.reports.report import Report, parse_report
from runner.reports.report_directory import write_evaluation
from runner.reports.scored_report import parse_scored
from runner.scores.clusters import Replicates
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function, off_by
from tests.suite_builder import shared_suite

SPLIT = {"targets": ["exact_match"], "division": {"method": "leave_one_out", "by": "run"}}


@pytest.fixture(scope="module")
def suite() -> Suite:
    return shared_suite(runs=8, **SPLIT)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the leaderboard keeps what it knows: it is empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "runner" / "leaderboard"


@pytest.fixture(autouse=True)
def just_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every file count as written a moment ago, however slow the machine is."""
    monkeypatch.setattr(file_stamps, "RECENT_NS", 10**18)


@pytest.fixture
def long_ago(just_now: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every file count as written long ago."""
    assert just_now is None
    monkeypatch.setattr(file_stamps, "RECENT_NS", 0)


@pytest.fixture(scope="module")
def written(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return four reports, which no test may change."""
    folder = tmp_path_factory.mktemp("written")
    for name, error in {"good": 0.1, "middle": 0.3, "bad": 0.6}.items():
        write_evaluation(evaluate_function(suite, off_by(error), name), folder / name)
    write_evaluation(evaluate_function(suite, off_by(0.0), "broken", 1), folder / "broken")
    return folder


@pytest.fixture
def results(written: Path, tmp_path: Path) -> Path:
    """Return a folder of the test's own with the four reports, as new as if written for it."""
    copied: Path = shutil.copytree(written, tmp_path / "r", copy_function=shutil.copy)
    return copied


def board(results: Path) -> str:
    shown = CliRunner().invoke(cli, ["leaderboard", str(results), "--json"], catch_exceptions=False)
    return shown.stdout


def kept_files(cache: Path) -> list[Path]:
    return sorted(path for path in cache.rglob("*") if path.is_file())


def parse_nothing(path: Path, content: bytes) -> Report:
    raise AssertionError(f"{path} is read whole, {len(content)} bytes")


def test_a_board_is_the_same_with_and_without_what_is_kept(
    cache: Path, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = board(results)
    assert len(kept_files(cache)) == 4
    with monkeypatch.context() as patched:
        patched.setattr(kept_contenders, "parse_scored", parse_nothing)
        assert board(results) == first
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    assert board(results) == first


def read_nothing(file: ReportFile) -> bytes:
    raise AssertionError(f"{file.path} is read")


@pytest.mark.usefixtures("long_ago")
def test_a_report_that_has_not_changed_is_not_read_again(
    cache: Path, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = board(results)
    assert len(kept_files(cache)) == 8
    monkeypatch.setattr(ReportFile, "read", read_nothing)
    assert board(results) == first


@pytest.mark.usefixtures("cache", "long_ago")
def test_a_report_may_lie_in_a_folder_whose_name_is_no_text(results: Path) -> None:
    (results / "good").rename(os.fsdecode(bytes(results) + b"/go\xffd"))
    assert json.loads(board(results))["entries"][0]["report"].endswith("/go\udcffd")


@pytest.mark.usefixtures("cache")
def test_control_one_that_was_written_a_moment_ago_is_read_again(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    board(results)
    monkeypatch.setattr(ReportFile, "read", read_nothing)
    with pytest.raises(BugError):
        board(results)


@pytest.mark.usefixtures("cache", "long_ago")
def test_a_report_that_takes_the_place_of_one_as_long_and_as_old_is_seen(
    results: Path,
) -> None:
    path = results / "good" / "report.json"
    before, text = path.stat(), path.read_bytes()
    assert b'"good"' in board(results).encode()
    time.sleep(0.02)  # longer than the kernel's clock stands still
    path.write_bytes(text.replace(b'"reference": "good"', b'"reference": "evil"'))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert '"evil"' in board(results)


def test_control_without_what_is_kept_every_report_is_read_whole(
    cache: Path, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(kept_contenders, "parse_scored", parse_nothing)
    with pytest.raises(BugError):
        board(results)
    assert kept_files(cache) == []


def test_a_changed_report_is_seen(cache: Path, results: Path, suite: Suite) -> None:
    before = json.loads(board(results))
    assert before["entries"][0]["image"] == "good"
    assert len(kept_files(cache)) == 4
    path = results / "good" / "report.json"
    worse = evaluate_function(suite, off_by(0.9), "good").report
    status = path.stat()
    path.write_text(worse.model_dump_json(indent=2) + "\n")
    after = json.loads(board(results))
    assert [each["image"] for each in after["entries"]][:3] == ["middle", "bad", "good"]
    assert status.st_ino == path.stat().st_ino  # the very same file: only its content tells


def cut(path: Path, other: Path) -> None:
    assert other
    path.write_bytes(path.read_bytes()[:-9])


def take_another(path: Path, other: Path) -> None:
    path.write_bytes(other.read_bytes())


def edit(path: Path, other: Path) -> None:
    assert other
    path.write_bytes(path.read_bytes()[:-3] + b"7.0")


def empty(path: Path, other: Path) -> None:
    assert other
    path.write_bytes(b"")


def no_text(path: Path, other: Path) -> None:
    assert other
    path.write_bytes(b"\xff\n\xff")


@pytest.mark.usefixtures("long_ago")
@pytest.mark.parametrize("spoil", [cut, take_another, edit, empty, no_text])
def test_a_kept_file_that_is_not_what_was_written_is_not_believed(
    cache: Path, results: Path, spoil: Callable[[Path, Path], None]
) -> None:
    first = board(results)
    files = kept_files(cache)
    contents = [path.read_bytes() for path in files]
    for number, path in enumerate(files):
        spoil(path, files[number - 1])
    assert [path.read_bytes() for path in files] != contents  # control
    assert board(results) == first
    assert [path.read_bytes() for path in kept_files(cache)] == contents


def test_what_is_kept_can_be_removed_at_any_time(cache: Path, results: Path) -> None:
    first = board(results)
    for path in kept_files(cache):
        path.unlink()
    assert board(results) == first


def test_what_is_kept_only_the_user_can_read(cache: Path, results: Path) -> None:
    board(results)
    files = kept_files(cache)
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {path.parent.stat().st_mode & 0o777 for path in files} == {0o700}


def test_what_other_code_has_kept_is_removed(cache: Path, results: Path) -> None:
    (cache / "other code").mkdir(parents=True)
    long_ago = time.time() - 2 * AT_WORK_SECONDS
    os.utime(cache / "other code", (long_ago, long_ago))
    board(results)
    assert not (cache / "other code").exists()
    assert len(kept_files(cache)) == 4


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(cache: Path, results: Path) -> None:
    first = board(results)
    for path in kept_files(cache):
        path.unlink()
    (folder,) = cache.iterdir()
    folder.rmdir()
    cache.rmdir()
    cache.write_text("in the way")
    assert board(results) == first


def test_a_bug_is_not_kept(
    cache: Path, results: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with monkeypatch.context() as patched:
        patched.setattr(reduced_reports, "name_runs", None)
        assert "a bug of the runner" in board(results)
    assert len(kept_files(cache)) == 1  # of the one that was not scored
    assert "a bug of the runner" not in board(results)


def test_a_contender_is_read_as_it_was_kept_also_where_it_has_no_value(
    cache: Path, results: Path, suite: Suite
) -> None:
    made, again = (read_contenders(results).reports[results / "good"] for _ in range(2))
    assert kept_files(cache)
    assert again.model_dump_json() == made.model_dump_json()
    nan = Replicates(0.1, np.array([np.nan, 0.2]), np.array([]), np.array([0.1 + 0.2]))
    one = make_contender(evaluate_function(suite, off_by(0.1)).report)
    one = one.model_copy(update={"replicates": nan})
    found = type(one).model_validate_json(one.model_dump_json()).replicates
    assert found is not None
    for name in ("scenarios", "models", "pairs"):
        assert np.array_equal(getattr(found, name), getattr(nan, name), equal_nan=True)


def test_many_reports_are_scored_in_other_processes_with_the_same_board(
    cache: Path, results: Path, suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (results / "good" / "report.json").write_text("{}")
    in_this_one = board(results)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    monkeypatch.setattr(kept_contenders, "LEAST_BYTES", 1)
    monkeypatch.setattr(kept_contenders, "make_contender", None)  # of this process
    assert board(results) == in_this_one
    kept = kept_files(tmp_path / "other" / "runner" / "leaderboard")
    of_reports = [path.read_bytes() for path in kept if b"{" in path.read_bytes()]
    assert of_reports == [path.read_bytes() for path in kept_files(cache)]
    write_evaluation(evaluate_function(suite, off_by(0.2), "good"), results / "good")
    with_another = board(results)  # the others are kept
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "none"))
    assert board(results) == with_another
    assert json.loads(with_another)["entries"][0]["image"] == "good"


def test_control_few_reports_are_scored_in_this_process(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    monkeypatch.setattr(kept_contenders, "make_contender", None)
    with pytest.raises(BugError):
        board(results)


def test_nothing_is_lost_for_a_leaderboard_where_the_rest_of_a_report_is_not_kept(
    results: Path,
) -> None:
    for path in results.glob("*/report.json"):
        content = path.read_bytes()
        whole, scored = parse_report(path, content), parse_scored(path, content)
        assert make_contender(scored).model_dump() == make_contender(whole).model_dump()
        assert len(str(scored)) < len(str(whole))
