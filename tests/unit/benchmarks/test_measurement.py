import time
from pathlib import Path

import pytest

from benchmarks.measurement import compare_in_turns, run_measured


def test_a_command_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="ended with 3: no such suite"):
        run_measured(["sh", "-c", "echo no such suite; exit 3"], tmp_path / "log")


def test_a_command_is_measured_with_its_peak_of_memory(tmp_path: Path) -> None:
    allocate = "import time; b = bytearray(300_000_000); time.sleep(0.1)"
    seconds, peak_mb = run_measured(["python3", "-c", allocate], tmp_path / "log")
    assert seconds > 0.1
    assert 286 < peak_mb < 400


def test_a_command_is_measured_with_its_own_processes(tmp_path: Path) -> None:
    allocate = "import time; b = bytearray(300_000_000); time.sleep(0.3)"
    start = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {allocate!r}])"
    _, peak_mb = run_measured(["python3", "-c", start], tmp_path / "log")
    assert 286 < peak_mb < 400


def test_contenders_take_turns() -> None:
    turns: list[str] = []
    compare_in_turns(
        {"one": lambda: turns.append("one"), "other": lambda: turns.append("other")}, 2
    )
    assert turns == ["one", "other"] * 3


def test_a_ratio_is_the_median_over_rounds_without_the_first() -> None:
    pauses = iter([0.3, 0.0, 0.1, 0.3, 0.1, 0.3, 0.3, 0.3])  # long beside a busy machine's delays
    rows = compare_in_turns(
        {"one": lambda: time.sleep(next(pauses)), "other": lambda: time.sleep(next(pauses))}, 3
    )
    assert [row.ratio for row in rows] == [1, pytest.approx(3, rel=0.5)]
