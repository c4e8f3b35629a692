"""Tables for terminals and for Markdown. No cell can break its line or leave its column."""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size

from runner.untrusted import printable

GAP = "  "


def text_table(rows: Iterable[Iterable[str]]) -> list[str]:
    """Return rows of cells as lines with aligned columns; unprintable characters are escaped.

    A letter that is two columns wide on a terminal, e.g. a Chinese one, counts as two.
    """
    table = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*table, strict=True)]
    return [GAP.join(map(_padded, row, widths)).rstrip() for row in table]


def cut(name: str, columns: int) -> str:
    """Return the name cut to this width. Its end stays: names of one registry begin alike."""
    if cell_len(name) <= columns:
        return name
    begin = (columns - 1) // 3
    end = set_cell_size(name[::-1], columns - 1 - begin)[::-1]
    return f"{set_cell_size(name, begin)}…{end}"


def markdown_table(heads: Sequence[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Return the lines of a Markdown table; its cells are Markdown, and stay in their columns.

    The caller escapes other people's text with ``untrusted.markdown_code``.
    """
    table = [heads, ["---"] * len(heads), *rows]
    return [f"| {' | '.join(map(_markdown_cell, row))} |" for row in table]


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - cell_len(cell))


def _markdown_cell(cell: str) -> str:
    return printable(cell).replace("|", "\\|")
