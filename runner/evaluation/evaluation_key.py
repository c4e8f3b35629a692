"""What determines a report, as a value that is compared before anything is run."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.code_version import scoring_versions
from runner.evaluation.passes import Pass
from runner.evaluation.task import CaseKey
from runner.reports.report import SCHEMA_VERSION


@dataclass(frozen=True)
class EvaluationKey:
    """Everything that determines a report; if any part changes, it is another report.

    What the engine's host provides is not part of it: the report records the state at the time when
    the cases ran.

    Attributes:
        suite_digest: of both halves of the suite: the actuals too.
        cases: the keys of all runs, in order, including those with changed inputs.
        image: what the report says about the image besides its ID.
        submitter: who submitted the image, as the organizer says.
        code: the version of everything that computes, by name.
        schema_version: of the report.
    """

    suite_digest: str
    cases: tuple[CaseKey, ...]
    image: Mapping[str, Any]
    submitter: str | None
    code: Mapping[str, str] = field(default_factory=scoring_versions)
    schema_version: int = SCHEMA_VERSION

    @classmethod
    def of(cls, first: Pass, submitter: str | None) -> "EvaluationKey":
        """Return the key of the evaluation that begins with this pass."""
        keys = [task.key for one in (first, *first.further()) for task in one.tasks()]
        image = {"reference": first.image.reference, "digests": list(first.image.digests)}
        return cls(first.suite.digest, tuple(keys), image, submitter)

    @property
    def digest(self) -> str:
        """Return a digest of all parts."""
        parts = {**vars(self), "cases": [vars(key) for key in self.cases]}
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
