"""What a bundle's page shows of a card that others may have written."""

from pathlib import Path

import pytest

from runner.cards.shown_card import read_bundle
from runner.view.card_contents import card_on_page
from tests.view_builder import write_bundle


@pytest.mark.parametrize("links", ["5", "a text", "{a: 1}", "[1]"])
def test_links_that_are_none_are_left_out(links: str, tmp_path: Path) -> None:
    write_bundle(tmp_path)
    (tmp_path / "card.yaml").write_text(f"name: a\nlinks: {links}\n")
    assert card_on_page(read_bundle(tmp_path)).facts == {"name": "a"}


def test_control_a_link_is_a_fact(tmp_path: Path) -> None:
    write_bundle(tmp_path)
    (tmp_path / "card.yaml").write_text("links: [{type: paper, title: t, url: u}]\n")
    assert card_on_page(read_bundle(tmp_path)).facts == {"paper": "t: u"}
