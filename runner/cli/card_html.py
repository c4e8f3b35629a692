"""Writes the page of a card, which needs the html extra."""

from pathlib import Path

from runner.cards.shown_card import ShownCard
from runner.code_version import code_versions
from runner.pages.card_page import card_page
from runner.pages.page import write_page
from runner.view.card_contents import card_on_page


def write_card_page(path: Path, shown: ShownCard) -> None:
    """Write the page of what a run of a card found, readable by its owner alone."""
    write_page(path, card_page(card_on_page(shown), code_versions()["runner"]), is_private=True)
