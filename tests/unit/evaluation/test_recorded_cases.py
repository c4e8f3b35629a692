"""What a batch tells of itself while it runs, and that nothing of it is left."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runner.errors import EngineError
from runner.evaluation.passes import SilentCases
from runner.evaluation.recorded_cases import RecordedCases, record_batch
from runner.evaluation.running_batch import RunningBatch
from runner.files.locks import is_held
from runner.suites.suite import Suite
from tests.helm_builder import write_suite
from tests.suite_builder import build_unaudited
from tests.view_builder import batch, passes


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    root = tmp_path_factory.mktemp("suite")
    return build_unaudited(write_suite(root, runs=4), root / "suite")


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob(".batch-*"))


def read(folder: Path) -> RunningBatch:
    (path,) = files(folder)
    return RunningBatch.model_validate_json(path.read_bytes())


def test_the_file_counts_what_runs_failed_and_finished_before(suite: Suite, tmp_path: Path) -> None:
    with batch(suite, tmp_path, "a", "b") as recorded:
        first, second = passes(suite, tmp_path, "a", "b").values()
        case = suite.cases[0].id
        recorded.find(second, len(suite.cases))
        recorded.begin(first.task(case))
        recorded.write()
        row = read(tmp_path).rows[0]
        assert (row.image, row.report, row.running, row.over) == ("a", "a", 1, 0)
        assert read(tmp_path).rows[1].over == len(suite.cases)
        recorded.end(first, case, EngineError("gone"))
        recorded.write()
        row = read(tmp_path).rows[0]
        assert (row.running, row.over, row.failed, row.cases) == (0, 1, 1, len(suite.cases))
    assert files(tmp_path) == []


def test_it_is_written_again_by_itself(suite: Suite, tmp_path: Path) -> None:
    with batch(suite, tmp_path, "a") as recorded:
        (one,) = passes(suite, tmp_path, "a").values()
        recorded.find(one, 1)
        deadline = time.monotonic() + 20
        while read(tmp_path).rows[0].over == 0:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_only_the_user_may_read_it_and_it_is_held_while_the_batch_runs(
    suite: Suite, tmp_path: Path
) -> None:
    with batch(suite, tmp_path, "a"):
        (path,) = files(tmp_path)
        assert path.stat().st_mode & 0o777 == 0o600
        with path.open("rb") as file:
            assert is_held(file)
    path.write_bytes(b"")  # the control: nobody holds one that was left
    with path.open("rb") as file:
        assert not is_held(file)


def test_what_a_killed_batch_left_goes_with_the_next_and_what_another_holds_stays(
    suite: Suite, tmp_path: Path
) -> None:
    killed = tmp_path / ".batch-00000000.json"
    killed.write_bytes(b"{}")
    with batch(suite, tmp_path, "a"), batch(suite, tmp_path, "b"):
        assert killed not in files(tmp_path)
        assert len(files(tmp_path)) == 2
    assert files(tmp_path) == []


def test_a_shorter_text_leaves_nothing_of_a_longer_one(suite: Suite, tmp_path: Path) -> None:
    with batch(suite, tmp_path, "a") as recorded:
        (path,) = files(tmp_path)
        before = path.stat().st_size
        (one,) = passes(suite, tmp_path, "a").values()
        for each in suite.cases:
            recorded.begin(one.task(each.id))
            recorded.end(one, each.id, EngineError("gone"))
        recorded.write()
        assert json.loads(path.read_bytes())["rows"][0]["over"] == len(suite.cases)
        assert path.stat().st_size >= before


def test_a_place_that_cannot_be_written_costs_only_the_view(suite: Suite, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file in the folder's place")
    planned = passes(suite, tmp_path / "out", "a")
    with record_batch(planned, SilentCases()) as recorded:
        recorded.expect(list(planned.values()))
        assert isinstance(recorded, RecordedCases)
        recorded.write()
    assert (tmp_path / "out").is_file()


KILLED = """
import os, sys
from pathlib import Path
from runner.files.locks import new_held_file
with new_held_file(Path(sys.argv[1])):
    os.kill(os.getpid(), 9)
"""


def test_the_file_of_a_killed_process_is_held_by_nobody(tmp_path: Path) -> None:
    path = tmp_path / "held"
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    with path.open("rb") as file:
        assert not is_held(file)


def test_of_a_batch_without_a_report_no_folder_is_left(suite: Suite, tmp_path: Path) -> None:
    place = tmp_path / "results" / "suite"
    with batch(suite, place, "a") as recorded:
        recorded.write()
        assert len(files(place)) == 1
    assert list(tmp_path.iterdir()) == []


def test_control_folders_with_a_report_or_from_before_stay(suite: Suite, tmp_path: Path) -> None:
    place = tmp_path / "results" / "suite"
    (tmp_path / "before").mkdir()
    for one in (place, tmp_path / "before"):
        with batch(suite, one, "a") as recorded:
            recorded.write()
            (place / "a").mkdir(exist_ok=True)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "before", "results", "suite"]
