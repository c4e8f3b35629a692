"""What a leaderboard needs to know of each report, and of the reports of one suite."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator

from runner.errors import RunnerError
from runner.reports.report import ImageRecord, Report, read_report
from runner.scores.clusters import Replicates
from runner.scores.policy import ScoringPolicy
from runner.scores.score import Score

SHORT_DIGEST = 19
"""``sha256:`` and twelve digits, as Docker shows an image."""


def _replicates(given: Any) -> Replicates:
    if isinstance(given, Replicates):
        return given
    factors = (given[name] for name in ("scenarios", "models", "pairs"))
    return Replicates(float(given["point"]), *(np.array(each, np.float64) for each in factors))


def _lists(replicates: Replicates) -> dict[str, Any]:
    factors = {name: getattr(replicates, name) for name in ("scenarios", "models", "pairs")}
    return {"point": replicates.point, **{name: each.tolist() for name, each in factors.items()}}


class Contender(BaseModel):
    """A report as a leaderboard sees it.

    Attributes:
        identity: equal in two reports if their ``scored_identity`` is.
        changes: how many further runs it has.
        targets: equal in two reports if their cases have as many targets of each run.
        adds: what the primary metric adds up, in words.
        outcomes: how many cases ended in which way.
        score: the primary metric over the suite, if there is one.
        curve: the primary metric at each budget, if the suite has several.
        replicates: those of the primary metric; None if it can't be ranked, and ``unranked`` says
            why.
        fault: the error that it met, if that is why.
    """

    model_config = ConfigDict(
        defer_build=True,
        extra="forbid",
        frozen=True,
        arbitrary_types_allowed=True,
        ser_json_inf_nan="constants",
    )

    suite: str
    version: str
    digest: str
    scoring: ScoringPolicy
    runner_version: str
    created: str
    image: ImageRecord
    submitter: str | None
    identity: str
    changes: int
    targets: str
    adds: str
    outcomes: Mapping[str, int]
    score: Score | None
    curve: tuple[Score, ...]
    replicates: (
        Annotated[Replicates, PlainValidator(_replicates), PlainSerializer(_lists)] | None
    ) = None
    unranked: str | None = None
    fault: RunnerError | None = Field(default=None, exclude=True)


@dataclass(frozen=True)
class SuiteVersion:
    """A suite, told apart by its digest, and its reports by their directories.

    Attributes:
        first: when the first of the reports was made.
    """

    name: str
    version: str
    digest: str
    first: str
    reports: Mapping[Path, Contender]

    def __str__(self) -> str:
        """Return e.g. ``mmlu 2 sha256:0123456789ab (3 reports)``."""
        count = "1 report" if len(self.reports) == 1 else f"{len(self.reports)} reports"
        return f"{self.name} {self.version} {self.digest[:SHORT_DIGEST]} ({count})"

    def to_json(self) -> dict[str, Any]:
        """Return it for programs: plain values."""
        suite = {"suite": self.name, "version": self.version, "digest": self.digest}
        return {**suite, "reports": len(self.reports)}

    def is_meant(self, text: str) -> bool:
        """Return whether a text is its name, its version, or the beginning of its digest."""
        digest = self.digest.removeprefix("sha256:")
        start = text.removeprefix("sha256:")
        is_start = len(start) >= FEWEST_DIGITS and digest.startswith(start)
        return text in {self.name, self.version, f"{self.name} {self.version}"} or is_start


FEWEST_DIGITS = 6
"""Fewer digits of a digest are no choice: they may be a version."""


@dataclass(frozen=True)
class ChosenReports:
    """The reports of one suite, each evaluation once, and what else was there.

    Attributes:
        others: the other versions of the suite, the newest first.
        passed_over: why some are not ranked, although they are scored.
        faults: why further reports are left out, one for each.
        read: returns all of the report in a directory, e.g. for its page.
    """

    reports: Mapping[Path, Contender]
    others: tuple[SuiteVersion, ...] = ()
    faults: tuple[RunnerError, ...] = ()
    read: Callable[[Path], Report] = read_report
    passed_over: Mapping[Path, str] = field(default_factory=dict)
