"""A leak that the audit found: where it is and what to do."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal["value", "twins", "derivable"]


class Leak(BaseModel):
    """One finding of the audit.

    Attributes:
        kind: ``value``, which nothing excuses, or what a spec can accept.
        case: the case's id, or the run that all cases take it from.
        file: the file below ``/input``.
        column: the column in it, where it is in one.
        what: what was found.
        advice: what to do.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    kind: Kind
    case: str
    file: str
    column: str = ""
    what: str
    advice: str

    def __str__(self) -> str:
        """Return e.g. ``case-1: eval/targets.parquet, stats.mean: ...``."""
        place = f"{self.file}, {self.column}" if self.column else self.file
        return f"{self.case}: {place}: {self.what}. {self.advice}"
