"""A folder with a Dockerfile -> the context its image is built from.

Python packages are resolved here on the host, into a wheelhouse, and unpacked into ``packages/``,
so that the build itself needs no network. This also works on hosts behind a proxy whose certificate
authority is unknown to images.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import runner
from runner.errors import BuildError, UsageError
from runner.files.scratch import scratch_directory

DOCKERFILE = "Dockerfile"
REQUIREMENTS = "requirements.txt"
REQUIREMENTS_LOCK = "requirements.lock"
"""With or instead of the file above: complete and with hashes, used unchanged."""
PACKAGES = "packages"

BASE_LOCK = Path(runner.__file__).parent / "contract" / "requirements.lock"
"""The packages of the base image, pinned by version and hash."""

IMAGE_PYTHON = "3.11"
"""The base image's Python version; wheels are chosen for it, not for the host's Python."""

_GLIBC_TAGS = ("manylinux_2_17", "manylinux2014", "manylinux_2_28", "manylinux_2_34")
_NOT_FOR_CONTEXT = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", PACKAGES)

# Parts of pandas and pyarrow that reading Parquet never loads; nearly half of their size.
_UNUSED_IN_BASE = (
    "*/tests",
    "pyarrow/include",
    "pyarrow/*flight*",
    "pyarrow/*_s3*",
    "bin",
)


EXPECTED = "expected_predictions.json"
"""In a predictor's folder: predictions that `runner check --save-expected` saved."""

LARGEST_EXPECTED_BYTES = 64 * 1024  # because it becomes a label of the image


def read_expected(directory: Path) -> str | None:
    """Return the expected predictions that a folder holds, or None if there are none.

    Raises:
        UsageError: they are too large for a label.
    """
    path = directory / EXPECTED
    if not path.is_file():
        return None
    if path.stat().st_size > LARGEST_EXPECTED_BYTES:
        raise UsageError(
            f"{path} has {path.stat().st_size} bytes; the most is {LARGEST_EXPECTED_BYTES}. "
            "Check on a suite with fewer targets, or remove the file."
        )
    return path.read_text(encoding="utf-8")


def from_references(directory: Path, build_args: Mapping[str, str]) -> list[str]:
    """Return the images in the Dockerfile's FROM lines, with ARG defaults filled in.

    Raises:
        UsageError: the folder has no Dockerfile.
    """
    values: dict[str, str] = {}
    stages: set[str] = set()
    references = []
    for line in _dockerfile(directory).read_text(encoding="utf-8").splitlines():
        if match := re.match(r"\s*ARG\s+(\w+)=(\S+)", line, re.IGNORECASE):
            values.setdefault(match[1], build_args.get(match[1], match[2]))
        elif match := re.match(r"\s*FROM\s+(\S+)(?:\s+AS\s+(\S+))?", line, re.IGNORECASE):
            reference = re.sub(r"\$\{?(\w+)\}?", lambda name: values.get(name[1], ""), match[1])
            references += [reference] if reference not in stages | {"scratch"} else []
            stages.add(match[2])
    return references


def context_digest(
    directory: Path, *, base: bool, parents: Sequence[str], build_args: Mapping[str, str]
) -> str:
    """Return a digest of everything that determines the image's content.

    Args:
        base: the folder is that of the base image.
        parents: IDs of the images in its FROM lines.
    """
    digest = hashlib.sha256(f"{base} {list(parents)} {sorted(build_args.items())}".encode())
    # This file counts too: it decides which packages go in, and which parts are left out.
    carried = [_contract(), Path(runner.__file__)] if base else [BASE_LOCK]
    roots = [directory, *carried, Path(__file__)]
    for path in sorted(path for root in roots for path in context_files(root)):
        content = path.read_bytes()
        digest.update(f"{path.name} {path.stat().st_mode & 0o111} {len(content)}\n".encode())
        digest.update(content)
    return "sha256:" + digest.hexdigest()


def write_context(directory: Path, context: Path, *, base: bool, machine: str) -> None:
    """Write a folder's build context: its files, and its Python packages unpacked.

    Args:
        context: an empty directory.
        base: the folder is the base image's, which also gets the contract's code.
        machine: the engine's architecture, e.g. ``x86_64``.

    Raises:
        BuildError: a requirement can't be resolved; the message has pip's output.
    """
    shutil.copytree(directory, context, dirs_exist_ok=True, ignore=_NOT_FOR_CONTEXT)
    packages = context / PACKAGES
    packages.mkdir()
    candidates = [BASE_LOCK] if base else [directory / REQUIREMENTS_LOCK, directory / REQUIREMENTS]
    requirements = next((path for path in candidates if path.is_file()), None)
    if requirements is not None:
        _unpack_packages(requirements, packages, machine, keep_base=base)
    if base:
        _remove_unused(packages)
        package = Path(runner.__file__)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(_contract(), context / "runner" / "contract", ignore=ignored)
        shutil.copy(package, context / "runner" / package.name)


def _dockerfile(directory: Path) -> Path:
    path = directory / DOCKERFILE
    if not path.is_file():
        raise UsageError(
            f"{path}: no such file. A predictor's folder holds a Dockerfile; `runner init DIR` "
            "makes one that works."
        )
    return path


def _contract() -> Path:
    return Path(runner.__file__).parent / "contract"


def context_files(root: Path) -> list[Path]:
    """Return the files of a folder that go into a build's context."""
    if root.is_file():
        return [root]
    found = []
    for folder, folders, names in os.walk(root):
        ignored = _NOT_FOR_CONTEXT(folder, [*folders, *names])
        folders[:] = [name for name in folders if name not in ignored]
        found += [Path(folder, name) for name in names if name not in ignored]
    return found


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
        _pip("download", *options, *_target_options(machine))
        _build_wheels(wheelhouse)
        wheels = [
            wheel
            for wheel in sorted(wheelhouse.glob("*.whl"))
            if keep_base or _pin(wheel) not in base_pins()
        ]
        if wheels:
            target = ["--target", str(packages), "--no-compile", "--no-deps", "--no-index"]
            options = ["--only-binary=:all:", *_target_options(machine)]
            _pip("install", *target, *options, *map(str, wheels))


def _build_wheels(wheelhouse: Path) -> None:
    """Build wheels of locked packages that PyPI has as source only; they must be pure Python."""
    for source in [*wheelhouse.glob("*.tar.gz"), *wheelhouse.glob("*.zip")]:
        before = set(wheelhouse.glob("*.whl"))
        _pip("wheel", "--no-deps", "--wheel-dir", str(wheelhouse), str(source))
        for wheel in set(wheelhouse.glob("*.whl")) - before:
            if not wheel.name.endswith("-none-any.whl"):
                raise BuildError(
                    f"{source.name} has no wheel, and the one built here fits this machine only. "
                    "Choose a version that has a wheel."
                )


def _target_options(machine: str) -> list[str]:
    platforms = [f"--platform={tag}_{machine}" for tag in _GLIBC_TAGS]
    return [f"--python-version={IMAGE_PYTHON}", *platforms]


def _pip(command: str, *arguments: str) -> None:
    run = subprocess.run(  # noqa: S603  (this interpreter, arguments as a list)
        [sys.executable, "-m", "pip", command, "--quiet", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        said = "\n".join(line for line in run.stderr.splitlines() if not line.startswith("WARN"))
        advice = (
            f"A requirement contradicts one of the base image: {', '.join(sorted(base_pins()))}"
            if "(constraint)" in said
            else f"Packages must have wheels for Python {IMAGE_PYTHON} on Linux"
        )
        raise BuildError(
            f"pip {command} failed. {advice}. Check the requirements. pip said:\n{said}"
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
