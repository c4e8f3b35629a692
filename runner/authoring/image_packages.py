"""The Python packages of an image, resolved on this machine and unpacked into a directory.

So the build itself needs no network. This also works on hosts behind a proxy whose certificate
authority is unknown to images.
"""

import errno
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import runner
from runner.errors import BuildError, EngineError
from runner.files.scratch import scratch_directory

BASE_LOCK = Path(runner.__file__).parent / "contract" / "requirements.lock"
"""The packages of the base image, pinned by version and hash."""

IMAGE_PYTHON = "3.11"
"""The base image's Python version; wheels are chosen for it, not for the host's Python."""

# pip decides by the machine and the Python that run it what a condition such as
# `platform_machine == "x86_64"` says, and has no option for others. Drop when it has.
_PIP_FOR_ANOTHER = """\
import json, sys
from pip._internal.cli.main import main
from pip._vendor.packaging import markers

wanted = json.loads(sys.argv[1])
markers.default_environment = lambda: dict(wanted)
for name, value in wanted.items():
    if not markers.Marker(f"{name} == '{value}'").evaluate():
        sys.exit("This version of pip can't resolve packages for another machine.")
sys.exit(main(sys.argv[2:]))
"""

_GLIBC_TAGS = ("manylinux_2_17", "manylinux2014", "manylinux_2_28", "manylinux_2_34")

# Parts of pandas and pyarrow that reading Parquet never loads; nearly half of their size.
_UNUSED_IN_BASE = (
    "*/tests",
    "pyarrow/include",
    "pyarrow/*flight*",
    "pyarrow/*_s3*",
    "bin",
)


def names_packages(requirements: Path) -> bool:
    """Return whether a requirements file has a line that is no comment."""
    lines = requirements.read_text(encoding="utf-8", errors="replace").splitlines()
    return any(line.strip() and not line.strip().startswith("#") for line in lines)


def requirements_digest(requirements: Path) -> str:
    """Return a digest of all that decides which packages are unpacked, as far as files say it.

    That is the file, what its lines name on this machine, and the pins of the base image.
    """
    digest = hashlib.sha256(BASE_LOCK.read_bytes())
    pending, seen = [requirements], set()
    while pending:
        path = pending.pop()
        if path not in seen:
            seen.add(path)
            content = path.read_bytes()
            digest.update(hashlib.sha256(content).digest())
            pending += _named_files(path) if path.suffix in _OF_REQUIREMENTS else []
    return digest.hexdigest()


_OF_REQUIREMENTS = (".txt", ".in", ".lock")


def _named_files(requirements: Path) -> list[Path]:
    """Return the files that the lines of a file name, e.g. ``-r more.txt`` or ``./package``."""
    text = requirements.read_text(encoding="utf-8", errors="replace")
    words = re.findall(r"[^\s=]*[./][^\s=]*", re.sub(r"(?m)(?:^|\s)#.*$", "", text))
    found: list[Path] = []
    # pip takes the files of -r from the file's folder, others from where the command runs.
    for place in (folder / word for word in words for folder in (requirements.parent, Path.cwd())):
        within = sorted(place.rglob("*")) if place.is_dir() else [place]
        found += [path for path in within if path.is_file()]
    return found


def unpack_packages(requirements: Path, packages: Path, machine: str, *, base: bool) -> None:
    """Unpack the packages that a requirements file asks for; the same files each time.

    Args:
        packages: an empty directory.
        machine: the engine's architecture, e.g. ``x86_64``.
        base: they are for the base image; other images get only what that does not have.

    Raises:
        BuildError: a requirement can't be resolved; the message has pip's output.
    """
    _unpack_packages(requirements, packages, machine, keep_base=base)
    if base:
        _remove_unused(packages)


def _unpack_packages(requirements: Path, packages: Path, machine: str, *, keep_base: bool) -> None:
    with scratch_directory() as folder:
        wheelhouse = Path(folder, "wheelhouse")
        wheelhouse.mkdir()
        options = ["--requirement", str(requirements), "--dest", str(wheelhouse)]
        if requirements.suffix == ".lock":
            options += ["--no-deps", "--require-hashes"]
        else:
            options += ["--only-binary=:all:"]
            constraints = Path(folder, "constraints.txt")
            constraints.write_text("\n".join(base_pins()) + "\n", encoding="utf-8")
            options += ["--constraint", str(constraints)]
        _pip_for(machine, "download", *options)
        _build_wheels(wheelhouse)
        wheels = [
            wheel
            for wheel in sorted(wheelhouse.glob("*.whl"))
            if keep_base or _pin(wheel) not in base_pins()
        ]
        if wheels:
            target = ["--target", str(packages), "--no-compile", "--no-deps", "--no-index"]
            # By name: pip would note the path of a file, another one at each build.
            options = ["--only-binary=:all:", "--find-links", str(wheelhouse)]
            _pip_for(machine, "install", *target, *options, *map(_pin, wheels))


def _build_wheels(wheelhouse: Path) -> None:
    """Build wheels of locked packages that PyPI has as source only; they must be pure Python."""
    for source in [*wheelhouse.glob("*.tar.gz"), *wheelhouse.glob("*.zip")]:
        before = set(wheelhouse.glob("*.whl"))
        options = ["--quiet", "--no-deps", "--wheel-dir", str(wheelhouse)]
        run_pip("pip wheel failed.", "wheel", *options, str(source))
        for wheel in set(wheelhouse.glob("*.whl")) - before:
            if not wheel.name.endswith("-none-any.whl"):
                raise BuildError(
                    f"{source.name} has no wheel, and the one built here fits this machine only. "
                    "Choose a version that has a wheel."
                )


def _pip_for(machine: str, command: str, *arguments: str) -> None:
    """Run pip as the image's Python would on a machine: its wheels, and its lines' conditions."""
    tags = [f"--platform={tag}_{machine}" for tag in _GLIBC_TAGS]
    target = [f"--python-version={IMAGE_PYTHON}", *tags]
    program = ["-c", _PIP_FOR_ANOTHER, json.dumps(_marker_values(machine))]
    what = f"pip {command} for {machine} failed."
    run_pip(what, command, "--quiet", *target, *arguments, program=program)


def _marker_values(machine: str) -> dict[str, str]:
    """Return what a requirement's conditions are compared with, by PEP 508's names."""
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{IMAGE_PYTHON}.0",
        "os_name": "posix",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{IMAGE_PYTHON}.0",
        "python_version": IMAGE_PYTHON,
        "sys_platform": "linux",
    }


def run_pip(what: str, *arguments: str, program: Sequence[str] = ("-m", "pip")) -> None:
    """Run this Python's pip; it and what it starts end with this process's work.

    Args:
        what: what an error says first.
        program: how Python runs pip.

    Raises:
        BuildError: the requirements can't be met; has what pip said.
        EngineError: this machine's disk is full.
    """
    process = subprocess.Popen(  # noqa: S603  (this interpreter, arguments as a list)
        [sys.executable, *program, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        _, stderr = process.communicate()
    except BaseException:  # Ctrl-C, which a session of its own does not hear
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    if process.returncode == 0:
        return
    full = _FULL_DISK.search(stderr)
    if full is not None:
        raise EngineError(
            f"{what} This machine's disk is full: {full[0]}. Free space where TMPDIR and "
            "XDG_CACHE_HOME are, then run the same command again."
        )
    raise _requirements_error(what, stderr)


_FULL_DISK = re.compile(rf"\[Errno (?:{errno.ENOSPC}|{errno.EDQUOT})\][^\n]*")


def _requirements_error(what: str, stderr: str) -> BuildError:
    said = "\n".join(line for line in stderr.splitlines() if not line.startswith("WARN"))
    return BuildError(
        f"{what} Check the requirements: packages must have wheels for Python {IMAGE_PYTHON} on "
        "Linux, and may not contradict those of the base image, which are "
        f"{', '.join(sorted(base_pins()))}. pip said:\n{said}"
    )


def base_pins() -> set[str]:
    """Return ``name==version`` of the base image's packages, so that no image gets one twice."""
    lines = BASE_LOCK.read_text(encoding="utf-8").splitlines()
    return {match[0] for line in lines if (match := re.match(r"[\w.-]+==[\w.]+", line))}


def _pin(wheel: Path) -> str:
    name, version, *_ = wheel.name.split("-")
    return f"{name.lower().replace('_', '-')}=={version}"


def _remove_unused(packages: Path) -> None:
    for pattern in _UNUSED_IN_BASE:
        for path in packages.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
