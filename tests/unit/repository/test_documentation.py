"""What the pages of docs/ say of the code is what the code says."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml
from pydantic import ValidationError

from runner.cli.main import cli
from runner.suites.spec import SuiteSpec
from tests.docs_scripts import DOCS, load_script

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    module = load_script("generated")
    before = dict(os.environ)
    try:
        made: dict[str, str] = module.pages()
    finally:
        os.environ.clear()
        os.environ.update(before)
    return made


@pytest.mark.parametrize("name", ["contract.md", "inputs.md"])
def test_a_page_shows_what_the_code_gives_today(name: str, pages: dict[str, str]) -> None:
    assert (DOCS / name).read_text() == pages[name], "run docs/generated.py and look at the change"


def test_every_page_is_in_the_sites_menu() -> None:
    menu = set(re.findall(r"^  - (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE))
    assert {path.name for path in DOCS.glob("*.md")} == menu


def unlinked(index: str) -> set[str]:
    return {path.name for path in DOCS.glob("*.md")} - set(re.findall(r"\((\w+\.md)\)", index))


def test_the_first_page_leads_to_every_other() -> None:
    index = (DOCS / "index.md").read_text()
    assert unlinked(index) == {"index.md"}
    assert unlinked(index.replace("(podman.md)", "")) == {"index.md", "podman.md"}  # the control


def test_the_readme_and_the_tutorial_name_only_commands_that_there_are() -> None:
    text = (ROOT / "README.md").read_text() + (DOCS / "tutorial.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    named = set(re.findall(r"^(?:\.venv/bin/)?runner (\w+)", "\n".join(blocks), re.MULTILINE))
    assert {"init", "try", "build", "check", "evaluate"} <= named <= set(cli.commands)


def calls(document: str) -> list[list[str]]:
    """Return the words of each call of ``runner`` in a document's blocks of commands."""
    blocks = re.findall(r"^```sh\n(.*?)^```", document, re.DOTALL | re.MULTILINE)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    found = [re.match(r"(?:\S*/)?runner (.*)", line) for line in lines]
    return [shlex.split(call[1], comments=True) for call in found if call is not None]


def unknown_words(words: list[str]) -> list[str]:
    """Return the options, or the name of a command, that there are not."""
    command: click.Command = cli
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        named = command.get_command(click.Context(command), words[0])
        if named is None:
            return words[:1]
        command, words = named, words[1:]
    known = {name for each in command.params for name in each.opts} | {"--help", "--version"}
    ends = [at for at, word in enumerate(words) if word in {"|", "||", "&&", ";", ">"}]
    asked = [word.partition("=")[0] for word in words[: min(ends, default=len(words))]]
    return [word for word in asked if word.startswith("--") and word not in known]


DOCUMENTS = [*sorted(DOCS.glob("*.md")), ROOT / "README.md"]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_calls_only_commands_and_options_that_there_are(path: Path) -> None:
    assert [unknown_words(words) for words in calls(path.read_text()) if unknown_words(words)] == []


def test_control_a_command_or_an_option_that_there_is_not_is_told() -> None:
    block = "```sh\nrunner suite mend x\nrunner evaluate a \\\n  --suit demo | head\n```\n"
    assert [unknown_words(words) for words in calls(block)] == [["mend"], ["--suit"]]
    assert len([call for path in DOCUMENTS for call in calls(path.read_text())]) > 50


REST_OF_SPEC = {
    "name": "a",
    "version": "1",
    "helm_runs": ["runs"],
    "targets": [{"stat": "exact_match"}],
}


def yaml_blocks() -> list[str]:
    texts = [path.read_text() for path in (*DOCS.glob("*.md"), ROOT / "README.md")]
    return re.findall(r"^```yaml\n(.*?)^```", "\n".join(texts), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("block", yaml_blocks())
def test_a_block_of_yaml_is_yaml_and_as_part_of_a_suites_spec_is_accepted(block: str) -> None:
    found = yaml.safe_load(block)
    if isinstance(found, dict) and set(found) <= set(SuiteSpec.model_fields):
        SuiteSpec.model_validate(REST_OF_SPEC | found)
        with pytest.raises(ValidationError):  # the control
            SuiteSpec.model_validate(REST_OF_SPEC | found | {"no_such_key": 1})


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_there_for_every_shell(shell: str) -> None:
    ended = subprocess.run(
        [Path(sys.executable).with_name("runner")],
        env={**os.environ, "_RUNNER_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        check=False,
    )
    # Completion needs a bash of version 4.4; where there is none, click says so.
    assert "_RUNNER_COMPLETE" in ended.stdout


def test_completion_completes_commands() -> None:
    ended = subprocess.run(
        [Path(sys.executable).with_name("runner")],
        env={
            **os.environ,
            "_RUNNER_COMPLETE": "bash_complete",
            "COMP_WORDS": "runner ev",
            "COMP_CWORD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout == "plain,evaluate\n"
