"""The record of one evaluation: ``report.json``, the frozen predictions, the organizer's log."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from runner.contract.layout import CONTRACT_VERSION
from runner.contract.limits import GIB
from runner.errors import SuiteError
from runner.files.stores import is_remote, read_file
from runner.reports.case_fields import CaseLimits, CaseUse, FileName, Place
from runner.reports.fact_sheet import FactSheet
from runner.reports.helm_fields import RunSpecColumns, StatFields, StatName, Whole
from runner.sandbox.attestation import Attestation
from runner.sandbox.engine.host import HostFinding
from runner.sandbox.outcome import Outcome
from runner.scores.policy import ScoringPolicy
from runner.scores.score import Score
from runner.scores.stability import Repetition, Sensitivity, meets

if TYPE_CHECKING:
    import polars as pl

SCHEMA_VERSION: Literal[2] = 2
NO_IMAGE = "in this process"
"""Stands in place of an image's id and of the engine's version if no container ran."""

REPORT_FILE = "report.json"

MOST_BYTES = GIB
"""A target takes 2 kB. No more is read at a time of a folder that others write to."""


class _Record(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True, allow_inf_nan=False)


class TargetRecord(_Record):
    """One target of a case: HELM's JSON of the actual stat, and of the predicted one if any.

    ``instance_id`` and ``train_trial_index`` are null but for per-instance targets. ``baseline`` is
    the train runs' mean of the same stat, ``sample_mean`` that of the revealed instances; null if
    they have none. ``instances`` is how many a run's stat is over, what it weighs; 0 if HELM writes
    it twice and another target is the same.
    """

    run_spec_name: str
    instance_id: str | None = None
    train_trial_index: Whole | None = None
    name: StatName
    actual: StatFields
    predicted: StatFields | None
    baseline: float | None = None
    sample_mean: float | None = None
    instances: Whole = 1


class CaseRecord(_Record):
    """One case: how it ended and, per target, predicted and actual.

    ``budget`` is how many instances of each eval run are revealed, null if all are; ``replicate``
    is the draw that the case is of, from 1.

    ``cause`` names one of a closed set of faults in the output (see ``predictions.Cause``), only
    for the outcome ``invalid_output``. ``wall_seconds`` is the container's own time.
    ``forecast`` has a line for each limit that it came near. ``sandbox`` has the settings that the
    engine was asked for, and those it said it had before the start; null if nothing was started.
    ``output_files`` has the sha256 of each file that was read from /output; they stand, like the
    log, in the folder of the case's id beside the report. ``inputs_sha256`` is of what the
    container saw; see ``DescribedSuite.inputs_digests``.
    """

    id: FileName
    budget: Whole | None
    replicate: Whole
    train_runs: tuple[str, ...]
    eval_runs: tuple[str, ...]
    outcome: Outcome
    cause: str | None
    message: str | None
    exit_code: int
    wall_seconds: float
    limits: CaseLimits
    targets: tuple[TargetRecord, ...]
    instance_targets: tuple[TargetRecord, ...]
    extra_predictions: tuple[str, ...]
    output_files: Mapping[FileName, str]
    log_file: Place
    inputs_sha256: str | None = None
    resources: CaseUse
    forecast: tuple[str, ...]
    sandbox: Attestation | None


class SuiteRecord(_Record):
    """The suite evaluated on; the digest covers the data and the choices of its cases.

    ``shared_run`` says which run cases share, in words; null if they share none. ``description``
    and ``license`` are the organizer's texts.
    """

    name: str
    version: str
    description: str = ""
    license: str = ""
    digest: str
    choices: Mapping[str, Any]
    shared_run: str | None = None


class ImageRecord(_Record):
    """The image: what it was called, the ID that ran, its registry digests, its fact sheet."""

    reference: str
    id: str
    digests: tuple[str, ...]
    facts: FactSheet | None = None


class RescoredFrom(_Record):
    """The report whose predictions were scored again on another version of the suite."""

    suite: SuiteRecord
    created: str


class Report(_Record):
    """One evaluation. ``scores`` are empty unless every case was scored. ``budget_scores`` are the
    same at each budget, if the suite has several.

    ``host`` is what the engine gave the sandbox, and what it lacked. ``eval_run_specs`` has, by
    run, the revealed columns of its run spec: scenario, model and all else that scores may be
    grouped by. ``scoring`` is the suite's policy. ``repetitions`` are further runs of every case,
    compared with the first; ``sensitivity`` is a run without what is revealed of the eval runs.
    ``input_changes`` names the further runs that were asked for, also where none was made because
    a case was not scored.
    ``submitter`` is the image's owner, as the organizer named it; null if nobody did.
    ``evaluation_key`` is the digest of an ``EvaluationKey``: a report with the same key as another
    need not be made again. ``rescored_from`` is null unless the predictions are those of a report
    on an earlier version of the suite.
    """

    schema_version: Literal[2] = SCHEMA_VERSION
    contract_version: int = CONTRACT_VERSION
    runner_version: str
    engine_version: str
    host: tuple[HostFinding, ...]
    created: str
    seed: int
    runtime: str | None
    suite: SuiteRecord
    image: ImageRecord
    submitter: str | None = None
    evaluation_key: str | None = None
    input_changes: tuple[str, ...] = ()
    rescored_from: RescoredFrom | None = None
    eval_run_specs: Mapping[str, RunSpecColumns]
    cases: tuple[CaseRecord, ...]
    scoring: ScoringPolicy = Field(default_factory=ScoringPolicy)
    scores: tuple[Score, ...] = ()
    budget_scores: tuple[Score, ...] = ()
    repetitions: tuple[Repetition, ...] = ()
    sensitivity: Sensitivity | None = None

    @property
    def is_scored(self) -> bool:
        """Return whether every case was scored."""
        return all(case.outcome is Outcome.SCORED for case in self.cases)

    @property
    def meets_policy(self) -> bool:
        """Return whether every case was scored, as deterministically as the suite requires."""
        return self.is_scored and meets(self.scoring.determinism, self.repetitions) is None

    def score(self, metric: str) -> Score | None:
        """Return the score over the suite by the metric's name, if the report has it."""
        return next((score for score in self.scores if score.metric == metric), None)

    def budget_curve(self, metric: str) -> tuple[Score, ...]:
        """Return a metric's score at each budget, the smallest first; none for one budget."""
        return tuple(score for score in self.budget_scores if score.metric == metric)

    @property
    def run_identity(self) -> tuple[Any, ...]:
        """Return what is equal in two reports if one evaluation was run twice."""
        return (self.scored_identity, self.input_changes)

    @property
    def scored_identity(self) -> tuple[Any, ...]:
        """Return what is equal in two reports if they score the same runs of the same containers.

        They may still differ in the further runs, with which those were compared.
        """
        limits = tuple(json.dumps(dict(case.limits), sort_keys=True) for case in self.cases)
        sandbox = (limits, self.runtime)
        image = (self.image.reference, self.image.id, self.submitter)
        return (self.contract_version, *image, self.suite.digest, self.seed, sandbox)


Kind = TypeVar("Kind", bound=Report)


@dataclass(frozen=True)
class Evaluation:
    """A report, the files that stand beside it, by their path below its directory, and its records.

    Attributes:
        records: the frame that it is scored by; see ``report_records``.
    """

    report: Report
    files: Mapping[str, bytes]
    records: "pl.DataFrame"


def read_report(directory: Path) -> Report:
    """Return the report in a directory.

    Raises:
        SuiteError: there is none, or it is not of this schema version.
        UsageError: the store of its URL can't be reached.
    """
    return parse_report(directory / REPORT_FILE, read_content(directory))


def read_content(directory: Path) -> bytes:
    """Return the bytes of the report in a directory.

    Raises:
        SuiteError: there is none, or it can't be read.
        UsageError: the store of its URL can't be reached.
    """
    path = directory / REPORT_FILE
    try:
        size = 0 if is_remote(path) else path.stat().st_size
        if size > MOST_BYTES:
            raise SuiteError(f"{path}: no report, it has {size / GIB:.1f} GiB")
        return read_file(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SuiteError(
            f"{path}: no such file. Name the directory of one report, as `runner evaluate` prints "
            "it: results/SUITE/IMAGE."
        ) from error
    except OSError as error:
        raise SuiteError(f"{path}: can't be read ({error.strerror})") from error


def parse_report(path: Path, content: bytes) -> Report:
    """Return the report that a file holds.

    Raises:
        SuiteError: it is not of this schema version.
    """
    return parse_as(Report, path, content)


def parse_as(kind: type[Kind], path: Path, content: bytes) -> Kind:
    """Return the report that a file holds, with all of it or only with what the kind keeps.

    Raises:
        SuiteError: it is not of this schema version.
    """
    try:
        return kind.model_validate_json(content)
    except ValueError as error:
        raise SuiteError(f"{path}: not a report of schema version {SCHEMA_VERSION}") from error


def why_unranked(report: Report) -> str | None:
    """Return why a report can't be ranked, or None if it can."""
    unfinished = [case for case in report.cases if case.outcome is not Outcome.SCORED]
    if unfinished:
        first = unfinished[0]
        return f"{len(unfinished)} of {len(report.cases)} cases not scored ({first.outcome})"
    return meets(report.scoring.determinism, report.repetitions)
