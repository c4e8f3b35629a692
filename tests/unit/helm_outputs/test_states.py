"""A large scenario_state.json is read as a small one, and in little memory."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runner.errors import SuiteError
from runner.helm_outputs import states
from runner.helm_outputs.common_types import plain_rows
from runner.helm_outputs.frames import read_run, read_scenario_states
from runner.helm_outputs.runs import RunDirectory, find_runs
from tests.helm_builder import Json, request_state, run_files, write_run

FAILED = {"success": False, "error": "timeout", "completions": [], "cached": False}
TOKENS = [{"text": "A", "logprob": -1, "top_logprobs": {"A": -1, "B": -2.5}}]


def of_many_kinds() -> list[Json]:
    """Return states of which no two have the same keys and types."""
    made = [request_state(f"id{number}") for number in range(8)]
    made[1]["result"] = FAILED
    made[2]["result"]["completions"][0]["tokens"] = TOKENS
    made[3]["annotations"] = {"judge": {"score": 1, "rows": [[1], "a"]}}
    made[4]["annotations"] = {"judge": {"score": 0.5, "rows": ["a"]}}
    made[5]["annotations"] = {"judge": "failed"}
    made[6]["instance"]["references"] = []
    made[7]["result"]["completions"][0] |= {"finish_reason": {"reason": "stop"}, "logprob": None}
    return made


def write(root: Path, request_states: list[Json], indent: int | None = None) -> RunDirectory:
    files = run_files("a:x=1", request_states=request_states)
    state = files.pop("scenario_state.json")
    path = write_run(root, "a:x=1", files)
    text = json.dumps(state | {"annotator_specs": []}, indent=indent)
    (path / "scenario_state.json").write_text(text)
    return find_runs(root)[0]


def rows(run: RunDirectory) -> list[Json]:
    frame = read_run(run).scenario_states
    return [
        {name: value for name, value in row.items() if value is not None}
        for row in plain_rows(frame)
    ]


def let_be_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "LARGE_BYTES", 0)
    monkeypatch.setattr(states, "STATES_AT_ONCE", 1)


def test_a_large_file_has_the_values_of_a_small_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = write(tmp_path, of_many_kinds())
    expected, columns = rows(run), read_run(run).scenario_states.columns
    let_be_large(monkeypatch)
    assert rows(run) == expected
    assert read_run(run).scenario_states.columns == columns


def test_a_large_file_of_states_alike_has_the_frame_of_a_small_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = write(tmp_path, [request_state(f"id{number}") for number in range(4)])
    expected = read_run(run).scenario_states
    let_be_large(monkeypatch)
    assert read_run(run).scenario_states.equals(expected)
    assert read_run(run).scenario_states.schema == expected.schema


def test_some_instances_of_a_large_file_are_as_if_there_were_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_be_large(monkeypatch)
    run = write(tmp_path / "all", of_many_kinds())
    alone = write(tmp_path / "alone", [request_state("id0")])
    assert read_scenario_states([run], [["id0"]])[0].equals(read_run(alone).scenario_states)


def test_a_large_file_that_was_cut_off_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_be_large(monkeypatch)
    run = write(tmp_path, of_many_kinds())
    path = run.path / "scenario_state.json"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(SuiteError, match=r"scenario_state\.json: not what HELM writes"):
        read_run(run)


def test_a_large_file_without_states_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_be_large(monkeypatch)
    run = write(tmp_path, of_many_kinds())
    (run.path / "scenario_state.json").write_text('{"request_states": [], "adapter_spec": {}}')
    with pytest.raises(SuiteError, match=r"scenario_state\.json.* \(it has no request_states\)"):
        read_run(run)


PEAK = """
import sys
from pathlib import Path
from runner.helm_outputs import states
from runner.helm_outputs.frames import read_run
from runner.helm_outputs.runs import find_runs
states.LARGE_BYTES = int(sys.argv[2])
read_run(find_runs(sys.argv[1])[0])
status = Path("/proc/self/status").read_text().splitlines()
print(next(line.split()[1] for line in status if line.startswith("VmHWM:")))
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """Return a run whose states are 8 MB: ``[],`` is 4 bytes of JSON and 64 of Python."""
    many: list[Any] = [[]] * 25_000
    request_states = [{**request_state(f"id{each}"), "annotations": many} for each in range(80)]
    return write(tmp_path_factory.mktemp("large"), request_states)


@pytest.mark.parametrize(
    ("large_bytes", "is_bounded"), [(states.LARGE_BYTES, True), (2**40, False)]
)
def test_a_large_file_takes_at_most_12_times_its_size_and_200_mb(
    large: RunDirectory, large_bytes: int, is_bounded: bool
) -> None:
    """The control reads it as a whole."""
    size = (large.path / "scenario_state.json").stat().st_size
    command = [sys.executable, "-c", PEAK, str(large.path.parent), str(large_bytes)]
    peak_kb = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert (int(peak_kb) * 1024 <= 12 * size + 200 * 2**20) == is_bounded
