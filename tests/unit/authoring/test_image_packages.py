"""Packages from wheels of a folder, of which some are for one machine alone. No network."""

import hashlib
import signal
import time
import zipfile
from pathlib import Path

import pytest

from runner.authoring import image_packages
from runner.authoring.image_packages import run_pip
from runner.errors import BuildError, EngineError

PANDAS = next(pin for pin in image_packages.base_pins() if pin.startswith("pandas==")).partition(
    "=="
)[2]


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
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    write_wheel(folder, "one", "1", "manylinux_2_17_aarch64")
    write_wheel(folder, "one", "1", "manylinux_2_17_x86_64")
    write_wheel(folder, "other", "1", "manylinux_2_17_x86_64")
    write_wheel(folder, "pandas", PANDAS, "manylinux_2_17_aarch64")
    return folder


def write_wheel(folder: Path, name: str, version: str, platform: str) -> None:
    information = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-cp311-cp311-{platform}.whl", "w") as wheel:
        wheel.writestr(f"{name}/machine.txt", platform)
        wheel.writestr(
            f"{information}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        wheel.writestr(f"{information}/WHEEL", f"Wheel-Version: 1.0\nTag: cp311-cp311-{platform}\n")
        wheel.writestr(f"{information}/RECORD", "")


def unpack(wheels: Path, asked: str, *, name: str = "requirements.txt", base: bool = False) -> Path:
    """Return the folder into which the packages for aarch64 were unpacked."""
    requirements, packages = wheels.parent / name, wheels.parent / "packages"
    requirements.write_text(f"--no-index\n--find-links {wheels}\n{asked}\n")
    packages.mkdir()
    image_packages.unpack_packages(requirements, packages, "aarch64", base=base)
    return packages


def names(packages: Path) -> set[str]:
    return {path.name for path in packages.iterdir() if path.suffix != ".dist-info"}


CONDITIONS = {
    'platform_machine == "aarch64"': True,
    'python_full_version == "3.11.0"': True,
    'sys_platform == "linux" and platform_system == "Linux"': True,
    'platform_machine == "x86_64"': False,
    'python_version < "3.11"': False,
    'sys_platform == "darwin"': False,
}


def test_wheels_and_conditions_are_those_of_the_image_not_of_this_python(wheels: Path) -> None:
    for number in range(len(CONDITIONS)):
        write_wheel(wheels, f"when{number}", "1", "manylinux_2_17_aarch64")
    lines = [f"when{number}; {condition}" for number, condition in enumerate(CONDITIONS)]
    packages = unpack(wheels, "\n".join(["one", *lines]))
    met = {f"when{number}" for number, is_met in enumerate(CONDITIONS.values()) if is_met}
    assert names(packages) == {"one", *met}
    assert (packages / "one" / "machine.txt").read_text() == "manylinux_2_17_aarch64"


def test_a_pip_that_goes_by_this_machine_in_spite_of_all_is_told(
    wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = image_packages._PIP_FOR_ANOTHER.replace("markers.default_environment =", "_ =")
    monkeypatch.setattr(image_packages, "_PIP_FOR_ANOTHER", without)
    with pytest.raises(BuildError, match="can't resolve packages for another machine"):
        unpack(wheels, "one")


def test_a_package_without_a_wheel_for_the_machine_is_told_with_the_machine(wheels: Path) -> None:
    with pytest.raises(BuildError, match=r"pip download for aarch64 failed\."):
        unpack(wheels, "other")


@pytest.mark.parametrize("base", [False, True])
def test_only_the_base_image_gets_its_own_packages(wheels: Path, base: bool) -> None:
    found = names(unpack(wheels, f"pandas=={PANDAS}", base=base))
    assert found == ({"pandas"} if base else set())


def lock(wheels: Path, machine: str) -> str:
    (wheel,) = wheels.glob(f"one-*_{machine}.whl")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return f"one==1 \\\n    --hash=sha256:{digest}"


def test_of_a_lock_only_a_file_with_its_hash_is_taken(wheels: Path) -> None:
    with pytest.raises(BuildError, match="DO NOT MATCH THE HASHES"):
        unpack(wheels, lock(wheels, "x86_64"), name="requirements.lock")


def test_control_a_lock_with_the_files_hash_is_taken(wheels: Path) -> None:
    assert names(unpack(wheels, lock(wheels, "aarch64"), name="requirements.lock")) == {"one"}


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
    state = Path("/proc", (tmp_path / "pid").read_text().strip(), "stat")
    until = time.monotonic() + 20  # a killed process ends when it gets a processor
    while not has_ended(state) and time.monotonic() < until:
        time.sleep(0.05)
    assert has_ended(state)


def has_ended(state: Path) -> bool:
    """Return whether a process is gone, or waits for somebody who asks how it ended."""
    try:
        return state.read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
