"""The live view of ``runner evaluate`` as a user sees it: on a terminal, with real containers."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import docker
import pytest

from runner.view.batches import RUNS, read_batch
from tests.helm_builder import run_files, stat, write_run
from tests.integration.command import RUNNER
from tests.integration.conftest import wait_for_container
from tests.suite_builder import build
from tests.terminal import Terminal

CASES = 3
ASKED = "+wall-seconds-60"
"""What the reports' folders have after the image: an option differs from the suite's setting."""


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("suite")
    names = [f"run-{number}" for number in range(CASES)]
    for name in ("train", *names):
        write_run(directory / "runs", name, run_files(name, stats=[stat("exact_match", 0.5)]))
    cases = [{"train": ["train"], "eval": [name]} for name in names]
    build(directory / "runs", directory / "v1", division={"method": "explicit", "cases": cases})
    return directory / "v1"


def evaluate(*images: str, suite: Path, out: Path) -> Terminal:
    command = [str(RUNNER), "evaluate", *images, "--suite", str(suite), "--out", str(out)]
    # Wider than the path of any report.
    return Terminal([*command, "--jobs", "2", "--wall-seconds", "60"], columns=200)


def shows(count: str) -> Callable[[str], object]:
    return lambda screen: re.search(rf"^all +{count}", screen, re.MULTILINE)


def test_a_batch_has_one_view_and_leaves_whole_tables_and_what_failed(
    misbehaving: Callable[[str], str], suite: Path, tmp_path: Path
) -> None:
    failing = misbehaving("exit_one")
    with evaluate("train_mean", failing, suite=suite, out=tmp_path) as terminal:
        terminal.wait_for(shows(r"0 of 6 done +[12] running"))
        terminal.wait_for(shows(r"\d of 6 done +\d running.* left"))
        terminal.wait_for(shows(r"\d of 6 done .*[1-3] failed"))
        assert terminal.wait() == 4
        lines, screens = terminal.lines, "\n".join(terminal.screens)
        assert terminal.has_cursor
    assert re.search(r"^train_mean +\d of 3 done", screens, re.MULTILINE)
    assert re.search(rf"^{failing} +\d of 3 done", screens, re.MULTILINE)
    assert re.search(r"^train_mean +3 of 3 done +MAE 0\.\d{4}$", screens, re.MULTILINE)
    assert not [line for line in lines if "running" in line or " done" in line]
    assert sum(f"{failing} on v1, case-" in line for line in lines) == CASES
    place = lines.index(f"report: {tmp_path}/train_mean{ASKED}/report.json")
    table = lines[lines.index("run-0") : place]
    assert [line for line in table if re.fullmatch(r"run-\d", line)] == [
        f"run-{number}" for number in range(CASES)
    ]
    assert any(": MAE 0" in line for line in table)
    assert f"report: {tmp_path}/{failing}{ASKED}/report.json" in lines


def test_ctrl_c_in_mid_run_leaves_a_clean_terminal_and_no_file_of_the_batch(
    client: docker.DockerClient,
    misbehaving: Callable[[str], str],
    suite: Path,
    tmp_path: Path,
) -> None:
    with evaluate(misbehaving("sleep"), suite=suite, out=tmp_path) as terminal:
        wait_for_container(client, "predictor")
        terminal.wait_for(lambda screen: "0 of 3 done  2 running" in screen)
        assert not terminal.has_cursor
        wait_for(lambda: read_state(tmp_path) == (RUNS, 2))
        terminal.type(b"\x03")
        assert terminal.wait() == 130
        assert terminal.has_cursor
        assert terminal.lines[-1] == "Interrupted. What was running has been removed."
        assert not any("running" in line for line in terminal.lines[:-1])
    assert not list(tmp_path.glob(".batch-*"))


def read_state(place: Path) -> tuple[str, int] | None:
    """Return how the batch is that reports to a place, and how many of its cases run."""
    for path in place.glob(".batch-*.json"):
        batch, state = read_batch(place, path)
        if batch is not None:
            return state, sum(row.running for row in batch.rows)
    return None


def wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)
