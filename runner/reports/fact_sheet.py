"""A predictor's fact sheet: what its author says of it, in a file of its folder, then in a label.

The text is hostile: its length is bounded, it is one printable line, and links lead to https only.
"""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from runner.untrusted import BLANKS, quote

FACT_SHEET = "predictor.yaml"
"""The file's name in a predictor's folder."""

FACTS_LABEL = "runner.predictor"
"""The label of an image that has the same as JSON."""

MOST_FACT_SHEET_BYTES = 16 * 1024
MOST_AUTHORS = 50
LONGEST_LINE, LONGEST_TEXT = 200, 2_000
"""In characters."""


def _one_line(text: str) -> str:
    line = " ".join(text.split())  # a folded text of YAML ends in a line break
    if not line:
        raise ValueError("is empty; leave the field out, or say something")
    if not line.isprintable() or not BLANKS.isdisjoint(line):
        raise ValueError(f"{quote(text)} has a character that can't be shown")
    return line


_LINK = re.compile(
    r"https://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?(?:[/?#][!#-;=?-\[\]_a-z~]*)?"
)
"""Of the characters that an address may have without being escaped; no user before the host."""


def _is_link(text: str) -> str:
    if not _LINK.fullmatch(text):
        raise ValueError(f"{quote(text)} is no link; write e.g. https://arxiv.org/abs/2402.14992")
    return text


Line = Annotated[
    str, Strict(), StringConstraints(max_length=LONGEST_LINE), AfterValidator(_one_line)
]
Text = Annotated[
    str, Strict(), StringConstraints(max_length=LONGEST_TEXT), AfterValidator(_one_line)
]
Link = Annotated[Line, AfterValidator(_is_link)]


class FactSheet(BaseModel):
    """What an author says of a predictor.

    Attributes:
        method: how it predicts.
        paper, code: links.
        license: of the predictor.
        data_used: what it was made from besides what a suite gives it.
    """

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)

    title: Line
    authors: Annotated[tuple[Line, ...], Field(max_length=MOST_AUTHORS)] = ()
    method: Text | None = None
    paper: Link | None = None
    code: Link | None = None
    license: Line | None = None
    data_used: Text | None = None


_SHEET = TypeAdapter(FactSheet)


def facts_label(sheet: FactSheet) -> str:
    """Return the label that holds a fact sheet."""
    return sheet.model_dump_json(exclude_defaults=True)


def label_fault(labels: Mapping[str, str]) -> str | None:
    """Return why an image's fact sheet can't be shown, or None if it can, or if there is none."""
    text = labels.get(FACTS_LABEL)
    if text is not None and len(text) > MOST_FACT_SHEET_BYTES:
        return f"it has over {MOST_FACT_SHEET_BYTES} characters"
    try:
        _ = text is not None and _SHEET.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))
        return quote(f"{place}: {first['msg']}" if place else first["msg"])
    return None


def read_facts(labels: Mapping[str, str]) -> FactSheet | None:
    """Return the fact sheet of an image, by its labels; None if there is none, or a wrong one."""
    text = labels.get(FACTS_LABEL)
    return None if text is None or label_fault(labels) else _SHEET.validate_json(text)
