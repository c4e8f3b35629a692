"""The Dockerfiles of this repository."""

from pathlib import Path

import pytest

from runner.authoring.dockerfile import divide, read_instructions

ROOT = Path(__file__).parents[3]
DOCKERFILES = [
    ROOT / "Dockerfile",
    *sorted((ROOT / "images").glob("*/Dockerfile")),
    *sorted((ROOT / "predictor_template").glob("*/Dockerfile")),
]


def may_fail(dockerfile: str) -> list[str]:
    """Return the commands that fail if a file can't be byte-compiled."""
    commands = [one.arguments for one in read_instructions(dockerfile) if one.keyword == "RUN"]
    return [
        part
        for command in commands
        for part in command.replace("}", "").split("&&")
        if "compileall" in part and not part.rstrip("; ").endswith("|| true")
    ]


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_byte_compiling_fails_no_build(path: Path) -> None:
    assert may_fail(path.read_text()) == []


def test_control_a_command_that_fails_is_told() -> None:
    assert may_fail("FROM x\nRUN a && \\\n  python3 -m compileall /x\nRUN b || true\n")


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_packages_are_a_part_of_their_own(path: Path) -> None:
    dockerfile = path.read_text()
    if "COPY packages/" in dockerfile:
        division = divide(dockerfile)
        assert division is not None
        assert not division.takes_files
