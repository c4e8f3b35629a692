"""The page of typical mistakes is whole; `make check-messages` really makes them."""

import re
from typing import Any

import pytest

from tests.docs_scripts import DOCS, load_script

PAGE = (DOCS / "faq.md").read_text(encoding="utf-8")
LEAST = 40

SCRIPT = load_script("mistakes")
GROUPS = SCRIPT.read_groups()
MISTAKES = [mistake for group in GROUPS.values() for mistake in group]


def test_the_page_has_every_mistake_and_no_other() -> None:
    assert len(MISTAKES) >= LEAST
    titles = [mistake.title for mistake in MISTAKES]
    assert list(SCRIPT.sections(PAGE)) == titles
    assert list(SCRIPT.sections(PAGE.replace(f"### {titles[2]}\n", ""))) != titles  # the control


def test_the_page_is_what_the_script_writes_of_its_sections() -> None:
    assert SCRIPT.page(GROUPS, SCRIPT.sections(PAGE)) == PAGE


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: str(mistake.title))
def test_a_section_shows_the_mistake_and_what_a_command_prints_about_it(mistake: Any) -> None:
    section = SCRIPT.sections(PAGE)[mistake.title]
    assert mistake.says in " ".join(section.split())
    assert all(block in section for block in SCRIPT.shown_code(mistake))
    assert re.search(r"^`runner .+, exit code \d:\n\n```text\n.+", section, re.MULTILINE)


def test_what_is_said_of_many_places_is_shown_of_one_and_counted() -> None:
    shown = load_script("made_mistakes").without_repetition
    alike = ["2 findings", "stat 1: is given twice, as stat 0", "stat 3: is given twice, as stat 2"]
    assert list(shown([*alike, "Do this."])) == [*alike[:2], "... (1 lines more)", "Do this."]
    others = ["stat 1: is missing", "stat 1: is no number", "Do this.", "Do this."]
    assert list(shown(others)) == others  # the control
