"""Warnings about a predictor's folder, before an image is built from it."""

import ast
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path

from runner.authoring.context_files import context_names
from runner.authoring.dockerfile import (
    WEIGHTS,
    Instruction,
    divide,
    divide_at_weights,
    read_instructions,
)
from runner.authoring.image_packages import names_packages

MIB = 1024 * 1024
LARGE_CONTEXT_BYTES = 200 * MIB
SEARCHED_BYTES = MIB
"""How much of each file is searched for secrets."""

_SECRET_NAMES = (
    ".env",
    ".env.*",
    ".git-credentials",
    ".htpasswd",
    ".netrc",
    ".npmrc",
    ".pypirc",
    "*.kdbx",
    "*.key",
    "*.p12",
    "*.pem",
    "*.pfx",
    "credentials",
    "credentials.json",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "id_rsa",
    "kaggle.json",
)

_SECRETS: Mapping[str, re.Pattern[bytes]] = {
    "a private key": re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an AWS key": re.compile(rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a GitHub token": re.compile(rb"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{22,})"),
    "a Hugging Face token": re.compile(rb"\bhf_[A-Za-z0-9]{30,}\b"),
    "an API key": re.compile(rb"\bsk-[A-Za-z0-9_-]{32,}"),
    "a Slack token": re.compile(rb"\bxox[abposr]-[A-Za-z0-9-]{10,}"),
}

_SYSTEM_FOLDERS = ("/bin/", "/dev/", "/etc/", "/lib", "/opt/", "/proc/", "/sbin/", "/tmp/", "/usr/")  # noqa: S108

_USES_NETWORK = {
    r"\bpip3?\s+(?:install|download|wheel)\b": "Name the packages in requirements.txt: the runner "
    "resolves them on this machine, and COPY packages/ puts them in.",
    r"\b(?:apt-get|apt|apk|dnf|yum)\s+(?:-\S+\s+)*(?:install|update|add|upgrade)\b": "Name the "
    "packages in apt.txt: the runner fetches and installs them.",
    r"\b(?:curl|wget|git\s+clone|conda|mamba|npm|install\.packages)\b": "Fetch the files into the "
    "folder, and COPY them.",
}


def find_build_warnings(
    directory: Path, files: Iterable[Path], base_pins: Iterable[str]
) -> list[str]:
    """Return a line for each thing that is probably a mistake.

    Args:
        directory: the predictor's folder.
        files: the files of it that go into the build's context.
        base_pins: ``name==version`` of the packages that the base image has.
    """
    found = list(files)
    return [
        *_secrets(directory, found),
        *_large(directory, found),
        *_network_steps(directory / "Dockerfile"),
        *_packages_made_again(directory),
        *_contradictions(directory / "requirements.txt", base_pins),
        *_copying(directory, found),
        *_links_out(directory),
        *_windows_lines(directory, found),
    ]


def _secrets(directory: Path, files: Iterable[Path]) -> Iterator[str]:
    advice = "An image shows its files to everyone who has it: take it out of the folder."
    for path in files:
        name = path.relative_to(directory)
        if any(fnmatch(path.name, pattern) for pattern in _SECRET_NAMES):
            yield f"{name} may hold a secret, by its name. {advice}"
            continue
        with path.open("rb") as file:
            content = file.read(SEARCHED_BYTES)
        for what in (what for what, pattern in _SECRETS.items() if pattern.search(content)):
            yield f"{name} seems to hold {what}. {advice}"


def _windows_lines(directory: Path, files: Iterable[Path]) -> Iterator[str]:
    """Yield the scripts whose lines end as on Windows: a shell takes that for a part of a word."""
    for path in files:
        with path.open("rb") as file:
            content = file.read(SEARCHED_BYTES)
        if (path.suffix == ".sh" or content.startswith(b"#!")) and b"\r\n" in content:
            yield (
                f"{path.relative_to(directory)}: its lines end as on Windows (CRLF), and no shell "
                "reads that. Save it with the line ends of Unix (LF)."
            )


def _large(directory: Path, files: Iterable[Path]) -> Iterator[str]:
    """Yield that each build sends much; weights are sent once if they are an image of their own."""
    text = (directory / "Dockerfile").read_text(encoding="utf-8", errors="replace")
    if divide_at_weights(text) is not None:
        files = [path for path in files if path.relative_to(directory).parts[0] != WEIGHTS]
    sizes = sorted(((path.stat().st_size, path) for path in files), reverse=True)
    total = sum(size for size, _ in sizes)
    if total > LARGE_CONTEXT_BYTES:
        largest = ", ".join(
            f"{path.relative_to(directory)} ({size / MIB:.0f} MiB)" for size, path in sizes[:3]
        )
        yield (
            f"the folder has {total / MIB:.0f} MiB, all of which goes to the engine. The largest: "
            f"{largest}. Move out what the image does not need. A model's files below "
            f"{WEIGHTS}/, with a line COPY {WEIGHTS}/ of their own, are sent once."
        )


def _links_out(directory: Path) -> Iterator[str]:
    """Yield that links lead out of the folder, unless it is to where an image may have it too."""
    found = []
    for name in context_names(directory):
        if (directory / name).is_symlink():
            target = str((directory / name).readlink())
            place = os.path.normpath(Path("/folder", name).parent / target)
            if not f"{place}/".startswith(("/folder/", *_SYSTEM_FOLDERS)):
                found.append(f"{name} is a link to {target}")
    if found:
        others = f" ({len(found) - 1} more are like it)" if len(found) > 1 else ""
        yield (
            f"{found[0]}, out of the folder{others}: the image gets the link, and not the files. "
            "Move them here, and put a link to them in their old place."
        )


def _network_steps(dockerfile: Path) -> Iterator[str]:
    # A step may have several lines; all but the last end in a backslash.
    text = re.sub(r"\\\n", " ", dockerfile.read_text(encoding="utf-8", errors="replace"))
    for line in text.splitlines():
        if re.match(r"\s*RUN\s", line, re.IGNORECASE):
            for pattern, advice in _USES_NETWORK.items():
                if match := re.search(pattern, line):
                    yield f"Dockerfile: RUN {match[0]} will fail, a build has no network. {advice}"


def _packages_made_again(directory: Path) -> Iterator[str]:
    requirements = next(
        (path for path in map(directory.joinpath, _REQUIREMENTS) if path.is_file()), None
    )
    if requirements is None or not names_packages(requirements):
        return
    division = divide((directory / "Dockerfile").read_text(encoding="utf-8", errors="replace"))
    if division is not None and division.takes_files:
        yield (
            "Dockerfile: files of your own are copied above packages/, so each edit makes the "
            "packages again. Put COPY packages/ above all other COPY lines."
        )
    elif division is None:
        yield (
            "Dockerfile: no line of its last stage copies packages/ by name, so the packages are "
            "made again at each build. Put COPY packages/ DESTINATION above the COPY of your code."
        )


_REQUIREMENTS = ("requirements.lock", "requirements.txt")


def _contradictions(requirements: Path, base_pins: Iterable[str]) -> Iterator[str]:
    if not requirements.is_file():
        return
    base = dict(pin.split("==") for pin in base_pins)
    lines = requirements.read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, start=1):
        match = re.match(r"\s*([\w.-]+)\s*==\s*([\w.]+)", line)
        if match is None:
            continue
        held = base.get(re.sub(r"[-_.]+", "-", match[1]).lower())
        if held is not None and held != match[2]:
            yield (
                f"requirements.txt, line {number}: {match[0].strip()}, but the base image holds "
                f"{match[1]} {held}, and it can't have both. Write {match[1]} without a version."
            )


def _copying(directory: Path, files: Sequence[Path]) -> Iterator[str]:
    """Yield what the Dockerfile copies though it can't be used, and what it should copy as well."""
    text = (directory / "Dockerfile").read_text(encoding="utf-8", errors="replace")
    instructions = read_instructions(text)
    names = [path.relative_to(directory).as_posix() for path in files]
    copied = {name for name in names if any(_takes(one, name) for one in instructions)}
    if not any("$" in source for one in instructions for source in one.copied()):
        yield from _left_out(directory, names, copied)
    if not re.search(r"\bch(?:mod|own)\b", text):
        yield from _unreadable(directory, copied)


def _takes(instruction: Instruction, name: str) -> bool:
    """Return whether an instruction copies a file."""
    return any(
        source in ("", ".")
        or fnmatch(name, source)
        or f"{name}/".startswith(f"{source.strip('/')}/")
        for source in instruction.copied()
    )


def _left_out(directory: Path, names: Iterable[str], copied: Iterable[str]) -> Iterator[str]:
    """Yield the modules of the folder that a copied file imports, and no line copies."""
    left_out = {
        name.removesuffix(".py").split("/")[0]: name for name in names if name[-3:] == ".py"
    }
    for name in copied:
        left_out.pop(name.removesuffix(".py").split("/")[0], None)
    for name in sorted(name for name in copied if name[-3:] == ".py" and "/" not in name):
        try:
            tree = ast.parse((directory / name).read_bytes())
        except (SyntaxError, ValueError) as error:  # ValueError: it holds a null byte
            line = getattr(error, "lineno", None) or 1
            yield f"{name}, line {line}: Python can't read it ({getattr(error, 'msg', error)})."
            continue
        for line, module in _imports(tree):
            if module in left_out:
                found = left_out.pop(module)
                source, target = (f"{module}/",) * 2 if "/" in found else (found, "")
                yield (
                    f"{name}, line {line} imports {source}, which no line of the Dockerfile copies "
                    f"into the image. Write COPY {source} /opt/predictor/{target}"
                )


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line and the first name of each module that is imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.lineno, node.module.split(".")[0]


def _unreadable(directory: Path, copied: Iterable[str]) -> Iterator[str]:
    unreadable = sorted(name for name in copied if not (directory / name).stat().st_mode & 0o004)
    if unreadable:
        more = f" and {len(unreadable) - 1} more" if unreadable[1:] else ""
        yield (
            f"{unreadable[0]}{more}: only you may read it, and the predictor runs as a user of its "
            "own. Run chmod -R a+rX on the folder."
        )
