import signal
from pathlib import Path

import pytest

from runner.authoring import image_packages
from runner.authoring.image_packages import run_pip
from runner.errors import BuildError, EngineError


def test_the_base_lock_pins_every_package_with_a_hash() -> None:
    lines = image_packages.BASE_LOCK.read_text().splitlines()
    pins = [line for line in lines if "==" in line and not line.strip().startswith("#")]
    assert pins
    assert all(line.endswith("\\") for line in pins)
    assert len([line for line in lines if "--hash=sha256:" in line]) >= len(pins)


@pytest.fixture
def requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "predictor"
    (folder / "own").mkdir(parents=True)
    (folder / "own" / "setup.py").write_text("1")
    (folder / "more.txt").write_text("numpy\n")
    (folder / "requirements.txt").write_text("# why\n-r more.txt\n./predictor/own\nscipy==1.0\n")
    return folder / "requirements.txt"


@pytest.mark.parametrize("changed", ["requirements.txt", "more.txt", "own/setup.py"])
def test_the_digest_of_requirements_changes_with_each_file_that_they_name(
    requirements: Path, changed: str
) -> None:
    before = image_packages.requirements_digest(requirements)
    assert image_packages.requirements_digest(requirements) == before
    with (requirements.parent / changed).open("a") as file:
        file.write("x")
    assert image_packages.requirements_digest(requirements) != before


def test_control_a_file_that_requirements_do_not_name_changes_no_digest(requirements: Path) -> None:
    before = image_packages.requirements_digest(requirements)
    (requirements.parent / "predictor.py").write_text("1")
    assert image_packages.requirements_digest(requirements) == before


@pytest.fixture
def pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a script that runs in the place of pip."""
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(script))
    return script


def test_a_full_disk_is_not_the_predictors_fault(pip: Path) -> None:
    told = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"
    pip.write_text(f"#!/bin/sh\necho '{told}' >&2\nexit 1\n")
    with pytest.raises(EngineError, match=r"disk is full: \[Errno 28\] No space left on device\."):
        run_pip("It failed.", "install")
    pip.write_text("#!/bin/sh\necho 'ERROR: No matching distribution' >&2\nexit 1\n")
    with pytest.raises(BuildError, match="No matching distribution"):  # the control
        run_pip("It failed.", "install")


def test_an_interrupt_ends_pip_and_what_it_has_started(pip: Path, tmp_path: Path) -> None:
    pip.write_text(f"#!/bin/sh\nsleep 60 &\necho $! > {tmp_path}/pid\nwait\n")

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 1.0)
    try:
        with pytest.raises(KeyboardInterrupt):
            run_pip("It failed.", "install")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    pid = int((tmp_path / "pid").read_text())
    state = Path(f"/proc/{pid}/stat")
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"
