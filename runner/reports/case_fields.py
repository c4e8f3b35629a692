"""The fields of a case in a report that pages and files are made of: one that has been edited is
refused where it is read.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator

from runner.reports.helm_fields import LARGEST
from runner.sandbox.resources import ResourceUse

SHOWN_LIMITS = ("wall_seconds", "memory_bytes", "output_bytes")
"""What a case used is shown as a share of these."""


def _check_file_name(name: str) -> str:
    if not name or "/" in name or "\0" in name or name in {".", ".."}:
        raise ValueError("not the name of a file")
    return name


def _check_place(place: str) -> str:
    if place:  # empty if there is no such file
        for name in place.split("/"):
            _check_file_name(name)
    return place


def _check_limits(limits: Mapping[str, float]) -> Mapping[str, float]:
    if not all(limits.get(name, 0) > 0 for name in SHOWN_LIMITS):
        raise ValueError(f"{', '.join(SHOWN_LIMITS)} should be above 0")
    return limits


def _check_use(use: ResourceUse) -> ResourceUse:
    if max(use.output_bytes, use.output_files, use.peak_memory_bytes or 0) >= LARGEST:
        raise ValueError("more than any machine has")
    return use


FileName = Annotated[str, AfterValidator(_check_file_name)]
Place = Annotated[str, AfterValidator(_check_place)]
"""Names below a report's directory. Whoever edits a report names no file outside it."""

CaseLimits = Annotated[Mapping[str, float], AfterValidator(_check_limits)]
CaseUse = Annotated[ResourceUse, AfterValidator(_check_use)]
