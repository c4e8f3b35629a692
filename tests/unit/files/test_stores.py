"""Reports and finished cases at a URL, as on a disk. Real services: integration/test_stores.py."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from upath import UPath

from runner.errors import UsageError
from runner.evaluation.finished_cases import FinishedCases
from runner.files.stores import (
    check_store,
    files_below,
    is_remote,
    listed_states,
    open_store,
    read_file,
    read_files,
    write_files,
    writing,
)
from runner.reports.found_reports import find_reports
from runner.reports.report import Evaluation
from runner.reports.report_directory import find_report, write_evaluation
from runner.reports.verification import verify_report
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function, off_by, oracle
from tests.suite_builder import shared_suite
from tests.unit.evaluation.builder import RUN, TASK


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    """Return a place that only this process sees."""
    place = open_store(f"memory://{tmp_path.name}/results")
    yield place
    UPath("memory://").fs.store.clear()


@pytest.fixture(scope="module")
def suite() -> Suite:
    return shared_suite()


def evaluation(suite: Suite, evaluation_key: str = "this", seed: int = 1) -> Evaluation:
    made = evaluate_function(suite, oracle)
    said = {"evaluation_key": evaluation_key, "seed": seed}
    return replace(made, report=made.report.model_copy(update=said))


def names(place: Path) -> set[str]:
    return {path.relative_to(place).as_posix() for path in files_below(place)}


@pytest.mark.parametrize("text", ["results/a", "/results", "file:///results", "a:b", "."])
def test_a_path_is_a_path(text: str) -> None:
    place = open_store(text)
    assert not is_remote(place)
    assert place == Path(text.removeprefix("file://"))


def test_a_url_without_the_packages_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "upath", None)
    with pytest.raises(UsageError, match=r"pip install 'helm-predictor-runner\[remote\]'"):
        open_store("memory://results")
    assert open_store("results") == Path("results")


@pytest.mark.parametrize(("url", "why"), [("xyz://a/b", "xyz"), ("smb://a/b", "smbprotocol")])
def test_a_url_that_nothing_reads_is_refused_by_name(url: str, why: str) -> None:
    with pytest.raises(UsageError, match=rf"{url}: this place can't be used .*{why}"):
        open_store(url)


def test_trying_a_place_leaves_nothing_there(store: Path) -> None:
    check_store(store)
    assert names(store) == set()


def test_a_place_that_cannot_be_written_is_refused(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(UPath("memory://").fs), "_open", refuse)
    with pytest.raises(UsageError, match=r"results: this place can't be used .*no credentials"):
        check_store(store)


def refuse(*_: object, **__: object) -> None:
    raise LookupError("no credentials")  # as drivers do: no error of the operating system's


def test_a_finished_case_is_found_again_and_its_time(store: Path) -> None:
    finished = FinishedCases(store / "finished_cases")
    assert finished.find(TASK.key) is None
    assert finished.seconds() == {}
    finished.keep(TASK.key, RUN)
    assert finished.find(TASK.key) == RUN
    assert finished.find(replace(TASK, seed=2).key) is None
    assert finished.seconds() == {TASK.inputs_digest: 1.5}


def write_half(path: Path) -> None:
    with writing(path) as file:
        file.write(b"1")
        raise LookupError("lost")


def test_a_file_that_is_not_written_to_its_end_is_not_there(store: Path, tmp_path: Path) -> None:
    errors: dict[Path, type[Exception]] = {store / "a": UsageError, tmp_path / "a": LookupError}
    for path, error in errors.items():
        with pytest.raises(error, match="lost"):
            write_half(path)
        assert names(path.parent) == set()
        with pytest.raises(FileNotFoundError, match="No such file"):
            read_file(path)


def test_a_report_is_written_found_and_verified(suite: Suite, store: Path, tmp_path: Path) -> None:
    assert write_evaluation(evaluation(suite), store / "image") is None
    write_evaluation(evaluation(suite), tmp_path / "image")
    assert names(store / "image") == names(tmp_path / "image")
    assert find_report(store / "image", "this") == find_report(tmp_path / "image", "this")
    assert verify_report(store / "image", suite) == []
    assert find_reports(store) == [store / "image"]


def test_a_report_of_another_evaluation_is_kept_and_one_of_the_same_replaced(
    suite: Suite, store: Path
) -> None:
    write_evaluation(evaluation(suite), store / "image")
    assert write_evaluation(evaluation(suite, "that"), store / "image") is None
    assert find_reports(store) == [store / "image"]
    kept = write_evaluation(evaluation(suite, seed=2), store / "image")
    assert kept == store / "image.2026-01-02T030405+0000"
    assert verify_report(kept, suite) == verify_report(store / "image", suite) == []
    assert find_reports(store) == [store / "image", kept]


@pytest.mark.parametrize("name", ["SHA256SUMS", "report.json", "case-1/predictions.json"])
def test_half_a_report_is_made_again_and_what_was_there_kept_hidden(
    suite: Suite, store: Path, name: str
) -> None:
    write_evaluation(evaluation(suite), store / "image")
    (store / "image" / name).unlink()
    (store / "image" / "stranger").write_bytes(b"")
    assert find_report(store / "image", "this") is None
    kept = write_evaluation(evaluation(suite), store / "image")
    assert kept == store / ".image.changed"
    assert "stranger" in names(kept)
    assert verify_report(store / "image", suite) == []
    assert find_reports(store) == [store / "image"]


def test_a_report_that_is_not_whole_yet_is_not_found(suite: Suite, store: Path) -> None:
    write_evaluation(evaluation(suite), store / "image")
    assert find_reports(store) == [store / "image"]
    (store / "image" / "SHA256SUMS").unlink()
    assert find_reports(store) == []


def write_another_between(
    suite: Suite, store: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """Have another runner write a report of the same name before each receipt is written."""
    left = [times]

    def write(files: Mapping[Path, bytes]) -> None:
        *first, receipt = files
        write_files({path: files[path] for path in first})
        if left[0]:
            left[0] -= 1
            write_files({store / "image" / "report.json": b"another's", store / "image" / "x": b""})
        write_files({receipt: files[receipt]})

    monkeypatch.setattr("runner.reports.report_directory.write_files", write)


def test_two_runners_that_write_the_same_report_leave_a_whole_one(
    suite: Suite, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_another_between(suite, store, monkeypatch, times=2)
    write_evaluation(evaluation(suite), store / "image")
    assert verify_report(store / "image", suite) == []


def test_control_without_an_end_of_the_others_writes_it_is_an_error(
    suite: Suite, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_another_between(suite, store, monkeypatch, times=100)
    with pytest.raises(UsageError, match="other runners write the same report"):
        write_evaluation(evaluation(suite), store / "image")


def test_files_are_read_together_and_names_are_no_patterns(store: Path) -> None:
    files = {store / "a[1]" / name: name.encode() for name in "xyz"}
    write_files(files)
    assert read_files(list(files)) == files
    with pytest.raises(FileNotFoundError):
        read_files([*files, store / "none"])


def test_what_is_listed_of_a_file_changes_when_it_is_written(store: Path) -> None:
    write_files({store / "a": b"1", store / "b": b"1"})
    before = listed_states(store)
    write_files({store / "a": b"12"})
    changed = [path.name for path, state in listed_states(store).items() if before[path] != state]
    assert changed == ["a"]


def test_a_place_that_its_driver_lists_as_a_folder_has_no_files(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So does S3's driver where another runner writes a file between its two requests."""
    file_system = UPath("memory://").fs
    root = cast("UPath", store).path.rstrip("/")
    write_files({store / "a": b"1"})
    assert files_below(store) == [store / "a"]  # the control
    itself = {root: {"name": root, "type": "directory"}}
    monkeypatch.setattr(type(file_system), "find", lambda *_, **__: itself)
    assert files_below(store) == []


def test_a_change_at_a_url_is_named(suite: Suite, store: Path) -> None:
    write_evaluation(evaluate_function(suite, off_by(0.1)), store / "image")
    (store / "image" / "case-1" / "predictions.json").write_bytes(b"{}")
    found = verify_report(store / "image", None)
    assert "case-1/predictions.json: changed since the report was written" in found


@pytest.mark.parametrize("text", ["", " ", "file://"])
def test_an_empty_place_is_not_the_current_directory(text: str) -> None:
    with pytest.raises(UsageError, match="names no place"):
        open_store(text)
    assert open_store(".") == Path()  # the control
