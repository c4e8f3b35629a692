"""The part of a page that a script measures, between two marks; the script has the page's name."""

from pathlib import Path

_END = "<!-- end -->\n"


def measured_part(page: Path) -> str:
    """Return what stands between the marks."""
    return page.read_text(encoding="utf-8").partition(_begin(page))[2].partition(_END)[0]


def write_measured_part(page: Path, text: str) -> None:
    """Put a text between the marks; the rest of the page stays as it is."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(_begin(page))
    page.write_text(before + begin + text + _END + rest.partition(_END)[2], encoding="utf-8")


def _begin(page: Path) -> str:
    return f"<!-- made by {page.stem}.py -->\n"
