"""A predictor as a plain process that has what a container has."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from runner.authoring.trial import require_program, run_here, run_trial
from runner.authoring.trial_case import TrialCase, staged
from runner.authoring.trial_start import is_possible
from runner.contract.limits import MIB, Limits
from runner.errors import UsageError
from runner.sandbox.container_end import CUT_MARK
from runner.sandbox.outcome import Outcome, predictor_fault
from runner.sandbox.sandbox_run import SandboxRun
from tests.suite_builder import shared_suite

ENVIRONMENT = Path(sys.prefix)


@pytest.fixture(scope="module")
def case() -> Iterator[TrialCase]:
    """Yield a case of a small suite."""
    suite = shared_suite()
    with staged(suite, suite.cases[0]) as made:
        yield made


USUAL = Limits(wall_seconds=20)


def trial(folder: Path, case: TrialCase, *command: str, limits: Limits = USUAL) -> SandboxRun:
    """Return the run of a command in a folder; its log goes nowhere else."""
    limited = replace(case, limits=limits)
    return run_trial(folder, command, limited, ENVIRONMENT, lambda _line: None)


def run_python(folder: Path, case: TrialCase, code: str) -> str:
    return trial(folder, case, "python3", "-c", code).log.decode()


def test_the_folder_is_a_copy_that_can_not_be_written_to(tmp_path: Path, case: TrialCase) -> None:
    assert "Errno 30" in run_python(tmp_path, case, "open('mine', 'w')")
    assert "Errno 30" in run_python(tmp_path, case, "import os; os.mkdir('mine')")


def test_the_inputs_cannot_be_written_to(tmp_path: Path, case: TrialCase) -> None:
    code = "import os; open(os.environ['RUNNER_INPUT_DIR'] + '/mine', 'w')"
    assert "Errno 30" in run_python(tmp_path, case, code)


SCRIPT = """
import os, subprocess, tempfile
path = os.path.join(tempfile.gettempdir(), 'tool')
open(path, 'w').write('#!/bin/sh\\n')
os.chmod(path, 0o755)
"""
LARGE = "import tempfile; tempfile.TemporaryFile(buffering=0).write(bytes({size}))"
SHARED = """
from multiprocessing.shared_memory import SharedMemory
made = SharedMemory(create=True, size={size})
made.buf[:] = bytes(made.size)
made.close()
made.unlink()
"""


def test_what_is_in_tmp_is_not_executed(tmp_path: Path, case: TrialCase) -> None:
    log = run_python(tmp_path, case, f"{SCRIPT}subprocess.run([path])")
    assert "PermissionError: [Errno 13]" in log
    assert run_python(tmp_path, case, f"{SCRIPT}subprocess.run(['sh', path])") == ""  # the control


def test_tmp_and_shm_hold_what_a_containers_do(tmp_path: Path, case: TrialCase) -> None:
    over, within = 2 * Limits().shm_bytes, Limits().shm_bytes // 2
    for code in (LARGE, SHARED):
        assert trial(tmp_path, case, "python3", "-c", code.format(size=within)).end.exit_code == 0
    assert trial(tmp_path, case, "python3", "-c", SHARED.format(size=over)).end.exit_code == 135
    over = 2 * Limits().tmp_bytes
    code = LARGE.format(size=over) + f" - {over} and exit(1)"  # a part may have been written
    assert trial(tmp_path, case, "python3", "-c", code).end.exit_code == 1


def test_what_the_system_refuses_half_done_is_not_begun() -> None:
    def refused() -> None:
        raise PermissionError

    assert not is_possible(refused)
    assert is_possible(lambda: None)  # the control


def test_where_the_system_keeps_its_mounts_it_is_said_and_the_program_runs(tmp_path: Path) -> None:
    start = Path(sys.modules["runner.authoring.trial"].__file__ or "").with_name("trial_start.py")
    absent = str(tmp_path / "absent")
    command = [sys.executable, str(start), absent, absent, "size=1m", "size=1m", "echo", "ran"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.stdout == "ran\n"
    assert "lets no process leave its files" in ended.stderr


def test_control_files_for_a_time_and_outputs_can_be_written(
    tmp_path: Path, case: TrialCase
) -> None:
    code = "import os, tempfile; tempfile.NamedTemporaryFile(); "
    code += "open(os.environ['RUNNER_OUTPUT_DIR'] + '/predictions.json', 'w').write('{}')"
    run = trial(tmp_path, case, "python3", "-c", code)
    assert run.end.exit_code == 0
    assert run.output.files == {"predictions.json": b"{}"}
    assert list(tmp_path.iterdir()) == []


def test_the_copy_holds_what_goes_to_the_engine_and_nothing_else(
    tmp_path: Path, case: TrialCase
) -> None:
    (tmp_path / ".dockerignore").write_text("secret\n")
    (tmp_path / "secret").touch()
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "part.py").write_text("print('part')")
    (tmp_path / "link").symlink_to("own/part.py")
    (tmp_path / "tool").write_text("#!/bin/sh\necho from the tool\n")
    (tmp_path / "tool").chmod(0o755)
    log = trial(tmp_path, case, "sh", "-c", "ls; python3 link; ./tool").log.decode()
    assert log.split() == ["link", "own", "tool", "part", "from", "the", "tool"]


def test_a_file_that_others_cannot_read_cannot_be_read_as_in_a_container(
    tmp_path: Path, case: TrialCase
) -> None:
    (tmp_path / "weights").touch(mode=0o640)
    assert "Errno 13" in run_python(tmp_path, case, "open('weights')")
    (tmp_path / "weights").chmod(0o644)
    assert run_python(tmp_path, case, "open('weights')") == ""  # the control


def test_there_is_no_network_but_its_own_loopback(tmp_path: Path, case: TrialCase) -> None:
    code = "import socket; socket.create_connection(('192.0.2.1', 9), 5)"
    assert "Network is unreachable" in run_python(tmp_path, case, code)
    code = "import socket; s = socket.create_server(('127.0.0.1', 0)); "
    code += "socket.create_connection(s.getsockname(), 5); print('reached')"
    assert run_python(tmp_path, case, code) == "reached\n"


def test_a_predictor_that_goes_on_is_killed_at_the_wall_time(
    tmp_path: Path, case: TrialCase
) -> None:
    run = trial(tmp_path, case, "sh", "-c", "echo began; sleep 60", limits=Limits(wall_seconds=0.5))
    assert run.end.past_deadline
    assert run.end.wall_seconds < 10
    assert run.log == b"began\n"


FILLED = "import time; kept = b'x' * 2**20 * {mib}; "
FORKED = "import os; [os.fork() for _ in range(2)]; "
AWAY = "import os; os.fork() and os.wait(); os.setsid(); "


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(FILLED.format(mib=160) + "time.sleep(60)", id="one process"),
        pytest.param(FORKED + FILLED.format(mib=40) + "time.sleep(60)", id="four processes"),
        pytest.param(
            AWAY + FILLED.format(mib=160) + "time.sleep(60)", id="in a session of its own"
        ),
    ],
)
def test_a_predictor_that_takes_too_much_memory_is_killed(
    tmp_path: Path, case: TrialCase, code: str
) -> None:
    run = trial(tmp_path, case, "python3", "-c", code, limits=Limits(memory_bytes=128 * MIB))
    assert predictor_fault(run.end) is Outcome.OUT_OF_MEMORY
    assert run.end.wall_seconds < 30


def test_control_what_processes_share_counts_once_and_what_is_within_the_limit_is_run(
    tmp_path: Path, case: TrialCase
) -> None:
    code = f"{FILLED.format(mib=60)}{FORKED}time.sleep(1)"
    run = trial(tmp_path, case, "python3", "-c", code, limits=Limits(memory_bytes=128 * MIB))
    assert predictor_fault(run.end) is None


def test_what_it_leaves_running_ends_with_it(tmp_path: Path, case: TrialCase) -> None:
    run = trial(tmp_path, case, "sh", "-c", "sleep 60 & echo done")
    assert (run.end.exit_code, run.log) == (0, b"done\n")
    assert not run.end.past_deadline


def test_what_has_left_its_session_ends_with_it_too(tmp_path: Path, case: TrialCase) -> None:
    began = time.monotonic()
    run = trial(tmp_path, case, "sh", "-c", "setsid sleep 20.0625 & echo done; sleep 0.5")
    assert (run.end.exit_code, run.log) == (0, b"done\n")
    assert time.monotonic() - began < 15
    assert "sleep 20.0625" not in programs()


def test_what_can_not_be_found_is_not_waited_for(tmp_path: Path, case: TrialCase) -> None:
    began = time.monotonic()
    hidden = "env -i setsid sleep 20.125"
    run = trial(tmp_path, case, "sh", "-c", f"{hidden} & echo done; sleep 0.5")
    assert (run.end.exit_code, run.log) == (0, b"done\n")
    assert time.monotonic() - began < 15
    assert "sleep 20.125" in programs()


def test_an_output_deeper_than_pythons_stack_is_the_predictors_fault(
    tmp_path: Path, case: TrialCase
) -> None:
    code = "import os; os.chdir(os.environ['RUNNER_OUTPUT_DIR'])\nfor _ in range(1200):\n"
    run = trial(tmp_path, case, "python3", "-c", f"{code} os.mkdir('d'); os.chdir('d')")
    assert run.output.full


def test_a_machine_that_has_no_thread_left_is_told(
    tmp_path: Path, case: TrialCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_thread: Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Thread, "start", refuse)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        trial(tmp_path, case, "sh", "-c", "sleep 20.25")
    assert "sleep 20.25" not in programs()


def programs() -> list[str]:
    """Return the commands of all processes."""
    commands = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended
            commands.append(path.read_text(errors="replace").rstrip("\0").replace("\0", " "))
    return commands


def test_of_what_is_printed_the_end_is_kept_as_of_a_container(
    tmp_path: Path, case: TrialCase
) -> None:
    code = "for n in range(100_000): print('a line', n)\nprint('x' * 200_000)"
    shown: list[str] = []
    run = run_trial(tmp_path, ["python3", "-c", code], case, ENVIRONMENT, shown.append)
    assert len(shown) == 100_004  # the long line in four parts
    assert len(run.log) < case.limits.log_bytes + 100
    assert run.log.startswith(CUT_MARK)
    assert run.log.endswith(b"x\n")


def test_variables_of_this_process_are_not_passed_on(
    tmp_path: Path, case: TrialCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_TOKEN", "secret")
    assert "MY_TOKEN" not in trial(tmp_path, case, "env").log.decode()
    out = tmp_path / "seen"
    run_here(tmp_path, ["sh", "-c", f"env > {out}"], case)  # the control
    assert "MY_TOKEN=secret" in out.read_text()


def test_of_the_runner_only_the_contract_is_there(tmp_path: Path, case: TrialCase) -> None:
    assert run_python(tmp_path, case, "import runner.contract; print('there')") == "there\n"
    assert "No module named 'runner.scores'" in run_python(tmp_path, case, "import runner.scores")


def test_a_signal_has_the_exit_code_that_a_container_has(tmp_path: Path, case: TrialCase) -> None:
    assert trial(tmp_path, case, "sh", "-c", "kill -SEGV $$").end.exit_code == 139


@pytest.mark.parametrize(
    ("write", "said"),
    [
        ("ln -s /etc/passwd predictions.json", "is not a regular file"),
        ("mkfifo predictions.json", "is not a regular file"),
        ("truncate -s 2G predictions.json", "holds more than its limit"),
        ("mkdir deep; touch deep/predictions.json", "what it wrote is '/output/deep/"),
        ("true", "wrote no /output/predictions.json"),
        ("rm -rf $RUNNER_OUTPUT_DIR", "wrote no /output/predictions.json"),
        (
            "cd /; rmdir $RUNNER_OUTPUT_DIR; ln -s /etc $RUNNER_OUTPUT_DIR",
            "wrote no /output/predictions.json",
        ),
    ],
)
def test_an_output_is_read_as_a_containers_is(
    tmp_path: Path, case: TrialCase, write: str, said: str
) -> None:
    run = trial(tmp_path, case, "sh", "-c", f"cd $RUNNER_OUTPUT_DIR; {write}")
    assert said in run.output.reasons["predictions.json"]


def test_a_program_that_is_not_there_is_named(tmp_path: Path, case: TrialCase) -> None:
    with pytest.raises(
        UsageError, match=r"no-such-program: can't be started.*`runner check IMAGE`"
    ):
        trial(tmp_path, case, "no-such-program")


def test_a_program_that_no_package_brings_is_missed_before_packages_are_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"Rscript: can't be started.*build '/.* a' -t IMAGE"):
        require_program(tmp_path / "in a", ["Rscript", "predict.R"])
    require_program(tmp_path, ["duckdb"])  # the control: a package may bring it


def test_nothing_stays_of_the_read_only_copy_for_a_user_without_roots_rights(
    tmp_path: Path,
) -> None:
    code = """
import os, sys
from runner.files.scratch import scratch_directory
with scratch_directory() as made:
    (made / "copy" / "deep").mkdir(parents=True)
    (made / "copy" / "deep" / "file").touch()
    for name in ("copy/deep", "copy"):
        (made / name).chmod(0o555)
    if "left" in sys.argv:
        os.remove(made / "copy" / "deep" / "file")
print(made.exists())
"""
    start = Path(sys.modules["runner.authoring.trial"].__file__ or "").with_name("trial_start.py")
    folders = [str(tmp_path)] * 2
    command = [
        sys.executable,
        str(start),
        *folders,
        "size=1m",
        "size=1m",
        sys.executable,
        "-c",
        code,
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.stdout == "False\n", ended.stderr
    control = subprocess.run([*command, "left"], capture_output=True, text=True, check=False)
    assert "Permission denied" in control.stderr
