import pytest

from runner.authoring.carried_folders import TEMPLATES, template_folder
from runner.authoring.dockerfile import (
    PACKAGES,
    WEIGHTS,
    divide,
    from_references,
    read_instructions,
    stand_on,
    without_runs,
)

TEMPLATE = """\
# A comment.
ARG BASE=runner-base
FROM ${BASE}
ARG LEVEL=1
COPY packages/ /opt/predictor/packages/
# Another.
RUN prepare \\
    # within
    /opt/predictor
COPY predictor.py /opt/predictor/
RUN finish
"""


@pytest.mark.parametrize(
    ("dockerfile", "references"),
    [
        ("FROM python:3.11-slim\n", ["python:3.11-slim"]),
        ("ARG A=x\nFROM $A\n", ["x"]),
        ("ARG A=x\nfrom ${A} as one\nFROM one\nFROM scratch\n", ["x"]),
        ("ARG BASE=x\nFROM ${BASE}\n", ["given"]),
        ("FROM --platform=linux/amd64 x AS y\n", ["x"]),
        ("# caf\udce9\nFROM x\n", ["x"]),
    ],
)
def test_the_images_a_dockerfile_stands_on_are_found(
    dockerfile: str, references: list[str]
) -> None:
    assert from_references(dockerfile, {"BASE": "given"}) == references


def test_an_instruction_may_have_several_lines_and_comments_between_them() -> None:
    run = read_instructions(TEMPLATE)[4]
    assert (run.keyword, run.arguments, run.line, run.lines) == (
        "RUN",
        "prepare /opt/predictor",
        6,
        3,
    )


def test_a_backtick_continues_a_line_if_the_file_says_so() -> None:
    (one, two) = read_instructions("# escape=`\nRUN a `\n  b\nRUN c\\\n")
    assert (one.arguments, two.arguments) == ("a b", "c\\")


@pytest.mark.parametrize(
    ("line", "takes"),
    [
        ("COPY packages/ /x/", True),
        ("copy --chown=1:1 ./packages/one /x/", True),
        ('COPY ["packages", "/x/"]', True),
        ("ADD a packages/b /x/", True),
        ("COPY . /x/", False),
        ("COPY packages.txt /x/", False),
        ("COPY a packages/", False),
        ("COPY --from=other packages/ /x/", False),
        ("RUN ls packages/", False),
    ],
)
def test_a_line_takes_packages_if_a_source_is_of_them(line: str, takes: bool) -> None:
    (instruction,) = read_instructions(line)
    assert instruction.takes(PACKAGES) is takes


def test_the_packages_end_with_the_commands_that_prepare_them() -> None:
    division = divide(TEMPLATE)
    assert division is not None
    assert division.kept == "".join(TEMPLATE.splitlines(keepends=True)[:9])
    assert not division.takes_files


def test_the_code_stands_on_the_image_with_its_arguments_and_its_line_numbers() -> None:
    division = divide(TEMPLATE)
    assert division is not None
    lines = division.code("sha256:1").splitlines()
    assert lines[:2] == ["FROM sha256:1", "ARG LEVEL=1"]
    assert lines[9:] == TEMPLATE.splitlines()[9:]
    assert not any(lines[2:9])


def test_a_directive_stays_on_top_of_both_parts() -> None:
    division = divide("# escape=`\nFROM x\nCOPY packages/ /x/\nCOPY a /a\n")
    assert division is not None
    assert division.kept.startswith("# escape=`\n")
    assert division.code("y").splitlines() == ["# escape=`", "FROM y", "", "COPY a /a"]


def test_own_files_below_the_packages_are_told() -> None:
    division = divide("FROM x\nCOPY model /m\nCOPY packages/ /x/\n")
    assert division is not None
    assert division.takes_files


@pytest.mark.parametrize(
    "dockerfile",
    [
        "FROM x\nCOPY . /x/\n",
        "FROM x AS one\nCOPY packages/ /x/\nFROM x\nCOPY --from=one /x /x\n",
        "FROM x AS one\nRUN a\nFROM x\nCOPY packages/ /x/\nCOPY --from=one /x /x\n",
        "FROM x\nONBUILD RUN a\nCOPY packages/ /x/\nCOPY a /a\n",
    ],
)
def test_a_dockerfile_that_can_not_be_cut_stays_whole(dockerfile: str) -> None:
    assert divide(dockerfile) is None


def test_the_last_stage_can_stand_on_another_image() -> None:
    dockerfile = "FROM a AS one\nFROM --platform=x \\\n  b AS two\nRUN c\n"
    moved = "FROM a AS one\nFROM sha256:1 AS two\n\nRUN c\n"
    assert stand_on(dockerfile, "sha256:1") == moved


def test_what_is_left_of_a_dockerfile_is_cut_again_at_the_weights() -> None:
    packages = divide("FROM x\nCOPY packages/ /x/\nCOPY weights/ /w/\nRUN a\nCOPY b /b\n")
    assert packages is not None
    division = divide(packages.code("one"), WEIGHTS)
    assert division is not None
    assert division.kept == "FROM one\n\nCOPY weights/ /w/\nRUN a\n"
    assert division.code("two") == "FROM two\n\n\n\nCOPY b /b\n"
    assert not division.takes_files


@pytest.mark.parametrize(
    ("source", "may"),
    [("weights/a", True), (".", True), ("w*", True), ("$ALL", True), ("*.py", False), ("w", False)],
)
def test_a_line_may_take_weights_by_name_pattern_or_as_a_whole(source: str, may: bool) -> None:
    (instruction,) = read_instructions(f"COPY {source} /x/")
    assert instruction.may_take(WEIGHTS) is may


COMPILING = """\
FROM a
COPY packages/ /p/
# why
RUN python3 -m compileall -q -j 0 \\
    --invalidation-mode unchecked-hash /p || true
RUN python3 -m compileall /p && touch /done
"""


def test_byte_compiling_alone_is_left_out_and_every_line_keeps_its_number() -> None:
    left = without_runs(COMPILING, byte_compiling_only=True)
    assert left == "FROM a\nCOPY packages/ /p/\n# why\n\n\n" + COMPILING.splitlines()[-1] + "\n"


def test_the_templates_run_nothing_but_byte_compiling() -> None:
    for language in TEMPLATES:
        dockerfile = (template_folder(language) / "Dockerfile").read_text()
        assert "\nRUN" not in without_runs(dockerfile, byte_compiling_only=True)


def test_all_runs_can_be_left_out() -> None:
    assert "RUN" not in without_runs(COMPILING, byte_compiling_only=False)
