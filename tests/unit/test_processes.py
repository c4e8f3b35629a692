"""Several processes give what one gives, in order, and say how they ended."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from runner.errors import EngineError, SuiteError
from runner.processes import Processes, map_in_processes
from tests.process_functions import (
    TASK_SECONDS,
    count_frozen,
    end_self,
    loaded_with_an_array,
    print_and_refuse,
    square,
    wait,
)


def test_results_come_in_order_from_other_processes(tmp_path: Path) -> None:
    results = list(map_in_processes(square, range(20), 2, tmp_path))
    assert [result for result, _ in results] == [number * number for number in range(20)]
    processes = {process for _, process in results}
    assert len(processes) == 2
    assert os.getpid() not in processes


def test_what_a_function_raises_is_raised_with_its_own_traceback(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="no such file") as found:
        list(map_in_processes(print_and_refuse, [tmp_path, tmp_path / "none"], 1, tmp_path))
    assert "in print_and_refuse" in found.value.__notes__[0]


def test_pandas_is_not_loaded_for_arrays(tmp_path: Path) -> None:
    assert list(map_in_processes(loaded_with_an_array, [1], 1, tmp_path)) == [False]
    code = "import sys, pyarrow as pa; pa.array([1]); sys.exit('pandas' in sys.modules)"
    control = subprocess.run([sys.executable, "-c", code], check=False)
    assert control.returncode == 1


def test_what_the_first_call_imported_is_not_looked_through_again(tmp_path: Path) -> None:
    first, second = map_in_processes(count_frozen, [1, 2], 1, tmp_path)
    assert first == 0  # control
    assert second > 1000


def test_the_same_processes_call_one_function_after_another(tmp_path: Path) -> None:
    with Processes(1, tmp_path) as processes:
        ((_, first),) = processes.map(square, [1])
        ((_, second),) = processes.map(square, [2])
    assert first == second
    assert not Path("/proc", str(first)).exists()


def test_the_first_items_are_begun_before_anybody_asks_for_results(tmp_path: Path) -> None:
    with Processes(2, tmp_path) as processes:
        processes.map(wait, [tmp_path] * 9)
        deadline = time.monotonic() + 60
        while len(list(tmp_path.iterdir())) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_process_that_is_killed_is_no_bug(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="maybe as memory ran out"):
        list(map_in_processes(end_self, [1], 1, tmp_path))


def test_processes_end_at_once_when_nobody_waits_for_them(tmp_path: Path) -> None:
    began = time.monotonic()
    results = map_in_processes(wait, [tmp_path] * 9, 2, tmp_path)
    with pytest.raises(KeyboardInterrupt), closing(results), interrupted_when(tmp_path, 2):
        next(results)
    assert time.monotonic() - began < TASK_SECONDS
    assert len(list(tmp_path.iterdir())) == 2
    for process in tmp_path.iterdir():
        assert not Path("/proc", process.name).exists()


@contextmanager
def interrupted_when(folder: Path, processes: int) -> Iterator[None]:
    """Press Ctrl-C as soon as this many processes work."""
    code = (
        f"import os, signal, time\nwhile len(os.listdir({str(folder)!r})) < {processes}:\n"
        f"    time.sleep(0.05)\nos.kill({os.getpid()}, signal.SIGINT)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code]):
        yield
