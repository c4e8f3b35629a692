"""The tables of docs/scale.md are made by a script: here of a small batch."""

import subprocess
import sys

import pytest


@pytest.mark.long
def test_a_small_batch_is_measured_and_large_ones_are_simulated() -> None:
    command = [sys.executable, "-m", "benchmarks.scale", "--images", "train_mean"]
    ended = subprocess.run(
        [*command, "--submissions", "2", "30", "--entries", "20"],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert ended.returncode == 0, ended.stderr
    times, costs, summary = ended.stdout.split("\n\n")
    assert [line.split(" | ")[0] for line in times.splitlines()[2:]] == 3 * ["| 2"] + 3 * ["| 30"]
    assert [line.split(" | ")[:2] for line in costs.splitlines()[2:]] == [
        ["| 2", "10"],
        ["| 30", "150"],
    ]
    assert summary.startswith("5 recorded runs of 5 cases: ")
