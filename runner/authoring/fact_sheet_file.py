"""The file of a fact sheet, in a predictor's folder."""

from pydantic import TypeAdapter

from runner.errors import UsageError
from runner.files.yaml_files import YamlForm, parse_yaml
from runner.reports.fact_sheet import MOST_FACT_SHEET_BYTES, FactSheet

_FORM = YamlForm(
    TypeAdapter(FactSheet),
    "`title:`, and what else you say of it",
    UsageError,
    MOST_FACT_SHEET_BYTES,
)


def parse_fact_sheet(content: bytes, origin: str) -> FactSheet | None:
    """Return what a file says, or None if it has comments alone, as a template's has.

    Raises:
        UsageError: a field is wrong; the message names it.
    """
    lines = [line.strip() for line in content.splitlines()]
    is_whole = len(content) <= MOST_FACT_SHEET_BYTES
    if is_whole and all(not line or line.startswith(b"#") for line in lines):
        return None
    return parse_yaml(content, origin, _FORM)
