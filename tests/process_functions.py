"""What tests call in other processes; each imports this module, which therefore imports little."""

import gc
import os
import signal
import sys
import time
from pathlib import Path

from runner.errors import SuiteError

TASK_SECONDS = 60


def square(number: int) -> tuple[int, int]:
    time.sleep(0.05 / (number + 1))  # the first takes longest
    return number * number, os.getpid()


def print_and_refuse(path: Path) -> None:
    os.write(1, b"a library's text")
    if not path.exists():
        raise SuiteError(f"{path}: no such file")


def loaded_with_an_array(_item: int) -> bool:
    import pyarrow as pa  # noqa: PLC0415  (the others have no use for it)

    pa.array([1])
    return "pandas" in sys.modules


def end_self(_item: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def wait(path: Path) -> None:
    (path / str(os.getpid())).touch()
    time.sleep(TASK_SECONDS)


def count_frozen(_item: int) -> int:
    return gc.get_freeze_count()
