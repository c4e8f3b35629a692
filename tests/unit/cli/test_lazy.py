import gc
import subprocess
import sys

import pytest

from runner.cli.lazy import load


def frozen_after(code: str) -> int:
    """Return how many objects the collector passes over at the end of a program."""
    program = f"import gc\n{code}\nassert gc.isenabled()\nprint(gc.get_freeze_count())"
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return int(ended.stdout)


def test_the_collector_never_goes_through_what_a_commands_imports_made() -> None:
    assert frozen_after("from runner.cli.lazy import load; load('runner.cli.keys:make')") > 10_000


def test_control_it_does_after_a_plain_import() -> None:
    assert frozen_after("import runner.cli.keys") == 0


def test_the_collector_goes_through_what_is_made_after_the_imports() -> None:
    load("runner.cli.keys:make")
    before = gc.get_freeze_count()
    load("runner.cli.keys:make")
    assert gc.get_freeze_count() <= before  # some may be gone meanwhile


def test_the_collector_works_again_after_an_import_that_failed() -> None:
    with pytest.raises(ModuleNotFoundError):
        load("runner.cli.no_such_command:run")
    assert gc.isenabled()
