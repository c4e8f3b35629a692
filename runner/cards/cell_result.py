"""What a cell's container left, read as a stranger's bytes, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from runner.cards.cells import Cell
from runner.cards.in_container.main import RESULT
from runner.cards.verdict import Verdict
from runner.contract.limits import MIB, Limits
from runner.errors import CardError
from runner.output.findings import InvalidOutputError
from runner.output.untrusted_json import has_faults, parse_json
from runner.sandbox.outcome import describe_fault, predictor_fault
from runner.sandbox.sandbox_run import SandboxRun
from runner.suites.division_spec import StrictModel
from runner.untrusted import quote

MOST_BYTES = 8 * MIB
MOST_REASON = 2_000
"""Characters of a card's own message that are shown."""


class _Left(StrictModel):
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True, strict=True)

    stage: Literal["nodes", "no_evidence", "symbols", "fault", "claim", "judged"]
    reason: str = ""
    evidence: dict[str, Any] = Field(default={})
    symbols: dict[str, Any] = Field(default={})
    consumed: list[str] = Field(default=[], max_length=100_000)
    status: Literal["VERIFIED", "FALSIFIED", "INCONCLUSIVE"] | None = None
    output: str = ""


_LEFT = TypeAdapter(_Left)


@dataclass(frozen=True)
class CellResult:
    """How a cell ended.

    Attributes:
        verdict: None if there is no evidence, which says nothing about the claim.
        output: why, in a line.
        symbols: the values that are shown.
        evidence: the row of results of a card with kwdagger.
        consumed: the columns of it that the claim read.
        wall_seconds: of its container.
        timestamp: when it ended.
        log: the end of what its container printed.
    """

    verdict: Verdict | None
    output: str
    symbols: Mapping[str, Any]
    evidence: Mapping[str, Any]
    consumed: tuple[str, ...]
    wall_seconds: float
    timestamp: str
    log: bytes = b""


@dataclass(frozen=True)
class JudgedCell:
    """A cell and how it ended."""

    cell: Cell
    result: CellResult


def read_cell(run: SandboxRun, limits: Limits, timestamp: str) -> CellResult:
    """Return the result of a container's run.

    Raises:
        CardError: a symbol can't be resolved, or a result can't be read: the card is aborted.
    """
    left = _read_left(run)
    fault = predictor_fault(run.end)
    how = "" if fault is None else describe_fault(fault, run.end, limits)
    ended = how or "its process ended without a verdict"
    if left is None:
        reason = how or run.output.reasons.get(RESULT, "it left nothing that can be read")
        raise CardError(f"nothing of it ran to an end: {reason}. {_log_end(run)}")
    if left.stage == "fault":
        raise CardError(quote(left.reason, MOST_REASON)[1:-1])
    if left.stage == "symbols":
        raise CardError(f"its symbols were not resolved: {ended}")
    status = None if left.status is None else Verdict(left.status)
    output = left.output
    if left.stage in ("nodes", "no_evidence"):
        status, output = None, left.reason or ended
    elif status is None:
        status, output = Verdict.INCONCLUSIVE, f"ERROR evaluating claim: {ended}"
    return CellResult(
        verdict=status,
        output=output,
        symbols=left.symbols,
        evidence=left.evidence,
        consumed=tuple(left.consumed),
        wall_seconds=run.end.wall_seconds,
        timestamp=timestamp,
        log=run.log,
    )


def _read_left(run: SandboxRun) -> _Left | None:
    """Return how far the container came, None if it left nothing that can be read."""
    content = run.output.files.get(RESULT)
    if content is None:
        return None
    try:
        fields = parse_json(content, MOST_BYTES)
        if has_faults(fields):
            return None
        return _LEFT.validate_python(fields)
    except (InvalidOutputError, ValidationError):
        return None


def _log_end(run: SandboxRun) -> str:
    """Return the last line that the container printed, in words."""
    lines = run.log.decode(errors="replace").strip().splitlines()
    return f"Its last line was {quote(lines[-1], 400)}." if lines else "It printed nothing."
