"""A card's verdict as lines of text."""

from collections.abc import Iterator

from runner.cards.shown_card import ShownCard
from runner.cards.verdict import Figure, Verdict
from runner.untrusted import printable

MOST_CELLS = 40
"""How many cells are listed; the bundle has all."""

MOST_CHARACTERS = 300


def card_lines(shown: ShownCard) -> Iterator[str]:
    """Yield what was found, cell by cell, and the verdict at the end."""
    yield _cut(str(shown.card.get("title", "")))
    for cell in shown.cells[:MOST_CELLS]:
        yield f"  {cell.status}  {_cut(cell.title)}: {_cut(cell.output)}"
    if len(shown.cells) > MOST_CELLS:
        yield f"  and {len(shown.cells) - MOST_CELLS} cells more"
    for lacking in shown.without_evidence[:MOST_CELLS]:
        title = ", ".join(f"{name}={value}" for name, value in lacking.swept.items())
        yield f"  no evidence  {_cut(title)}: {_cut(lacking.reason)}"
    verdicts = [cell.status for cell in shown.cells]
    counts = ", ".join(f"{verdicts.count(v)} {v.lower()}" for v in Verdict)
    yield f"cells: {counts}"
    if shown.share is not None and len(verdicts) > 1:
        yield _figure_line("verified share", shown.share)
    for name, figure in shown.metrics.items():
        yield _figure_line(_cut(name), figure)
    yield str(shown.verdict)


def _figure_line(name: str, figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return f"{name}: {figure.value:.4g}"
    return f"{name}: {figure.value:.4g}, 95 % interval {figure.low:.4g} to {figure.high:.4g}"


def _cut(text: str) -> str:
    one_line = " ".join(text.split())
    is_short = len(one_line) <= MOST_CHARACTERS
    return printable(one_line if is_short else f"{one_line[:MOST_CHARACTERS]}...")
