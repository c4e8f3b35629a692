"""What is killed of the processes that a predictor started."""

import os
import signal
import subprocess

import pytest

from runner.authoring.started_processes import Started

ANOTHER, THIRD = 65534, 65533


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_users_process_is_passed_over() -> None:
    process = subprocess.Popen(["sleep", "20.1875"], user=ANOTHER, start_new_session=True)
    started = Started(process.pid, "NAME=which nobody has")
    try:
        os.seteuid(THIRD)
        try:
            started.kill()
        finally:
            os.seteuid(0)
        assert process.poll() is None
        started.kill()
        assert process.wait(10) == -signal.SIGKILL  # the control
    finally:
        process.kill()
        process.wait()
