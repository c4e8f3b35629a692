"""Frozen predictions of reports, scored on another version of their suite. No container runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from runner.code_version import own_version
from runner.errors import RunnerError, UsageError
from runner.evaluation.records import (
    eval_run_specs,
    instance_target_records,
    suite_record,
    target_records,
)
from runner.files.bug_log import attempt
from runner.files.signatures import PublicKey, SigningKey
from runner.files.stores import files_below, read_file
from runner.output.findings import InvalidOutputError
from runner.output.predictions import NO_INSTANCE_PREDICTIONS, NO_PREDICTIONS, read_outputs
from runner.progress import Progress
from runner.reports.baselines import find_baselines
from runner.reports.found_reports import read_reports
from runner.reports.receipt import RECEIPT, SIGNATURE, check_receipt
from runner.reports.record_files import RECORDS_JSONL, RECORDS_PARQUET
from runner.reports.records import report_records
from runner.reports.report import (
    REPORT_FILE,
    CaseRecord,
    Evaluation,
    Report,
    RescoredFrom,
    parse_report,
)
from runner.reports.report_directory import place_of, write_evaluation
from runner.reports.scoring import with_scores
from runner.sandbox.outcome import Outcome
from runner.suites.suite import Suite

MADE_AGAIN = {REPORT_FILE, RECEIPT, SIGNATURE, RECORDS_JSONL, RECORDS_PARQUET}
"""The files of a report that follow from the others."""


@dataclass(frozen=True)
class RescoredReport:
    """A report before and now.

    Attributes:
        kept: where the earlier report is.
        directory: where the new one is.
    """

    before: Report
    kept: Path
    now: Report
    directory: Path


@dataclass
class Rescoring:
    """What was scored again.

    Attributes:
        current: how many reports were on the suite already.
        refused: why others were not, by their directories: a line for each case or file.
    """

    current: int
    rescored: list[RescoredReport] = field(default_factory=list)
    refused: dict[Path, list[str]] = field(default_factory=dict)


def rescore_results(
    place: Path, suite: Suite, progress: Progress, signing_key: SigningKey | None = None
) -> Rescoring:
    """Score the predictions of all reports below a place on a new version of their suite.

    Of each evaluation the latest report counts. Each new report is written whole, and the earlier
    one is kept beside it. After an interruption the same call continues.

    Args:
        signing_key: signs the new reports; a report that it has not signed is refused.

    Raises:
        UsageError: no report there is of a suite with this name, or one can't be written.
    """
    found = read_reports(place, parse_report, progress).reports
    reports = {path: each for path, each in found.items() if each.suite.name == suite.name}
    if not reports:
        names = ", ".join(sorted({each.suite.name for each in found.values()}))
        raise UsageError(
            f"{place}: no report is of a suite with the name {suite.name}, but of: {names}. Name "
            "with --suite the new version of that suite."
        )
    chosen = _choose(reports, suite)
    done = Rescoring(sum(each.suite.digest == suite.digest for each in reports.values()))
    moved: dict[Path, Path] = {}
    with progress.task("scoring again", len(chosen)) as task:
        for path, report in chosen.items():
            _rescore_one(moved.get(path, path), report, suite, done, moved, signing_key)
            task.advance()
    return done


def _rescore_one(
    directory: Path,
    report: Report,
    suite: Suite,
    done: Rescoring,
    moved: dict[Path, Path],
    signing_key: SigningKey | None,
) -> None:
    """Add a report to what is rescored or refused.

    Args:
        moved: where earlier reports are kept now, by where they were.
    """
    signer = None if signing_key is None else signing_key.public
    made = attempt(partial(rescore_report, directory, report, suite, signer))
    if not isinstance(made, Evaluation):
        done.refused[directory] = [str(made)] if isinstance(made, RunnerError) else made
        return
    place = place_of(directory, report)
    kept = write_evaluation(made, place, signing_key)
    if kept is not None:
        moved[place] = kept
        done.rescored = [
            replace(one, directory=kept) if one.directory == place else one for one in done.rescored
        ]
    done.rescored.append(
        RescoredReport(report, moved.get(directory, directory), made.report, place)
    )


def _choose(reports: Mapping[Path, Report], suite: Suite) -> dict[Path, Report]:
    """Return the latest report of each evaluation that has none on the suite; the latest last."""
    there = suite_record(suite)

    def on_suite(path: Path) -> tuple[Any, ...]:
        return reports[path].model_copy(update={"suite": there}).run_identity

    def age(path: Path) -> tuple[str, bool]:
        return reports[path].created, path == place_of(path, reports[path])

    current = {on_suite(path) for path in reports if reports[path].suite.digest == suite.digest}
    latest = {on_suite(path): path for path in sorted(reports, key=age)}
    chosen = [path for identity, path in latest.items() if identity not in current]
    return {path: reports[path] for path in sorted(chosen, key=age)}


def find_changes(
    directory: Path, report: Report, suite: Suite, signer: PublicKey | None = None
) -> list[str]:
    """Return why a report can't be scored on a suite, a line for each case or file.

    A file of it has changed, or a container would see other inputs today.

    Args:
        signer: must have signed it.
    """
    cases = {case.id: case for case in suite.cases}
    lines = check_receipt(directory, signer)
    for record in report.cases:
        case = cases.pop(record.id, None)
        if case is None:
            lines.append(f"{record.id}: the suite has no such case")
        elif record.inputs_sha256 is None:
            lines.append(f"{record.id}: the report does not say which inputs its container saw")
        elif record.inputs_sha256 != suite.inputs_digests[case.id]:
            lines.append(f"{record.id}: its inputs have changed")
    return [*lines, *(f"{case}: the report has no such case" for case in cases)]


def rescore_report(
    directory: Path, report: Report, suite: Suite, signer: PublicKey | None = None
) -> Evaluation | list[str]:
    """Return the evaluation with the predictions of a report and the actuals of a suite.

    If it can't be scored, return why, as ``find_changes`` does. Further runs keep how closely they
    repeated the first; their scores are left out.

    Raises:
        SuiteError: the private half can't be read.
    """
    changes = find_changes(directory, report, suite, signer)
    if changes:
        return changes
    files = {
        name: read_file(path)
        for path in files_below(directory)
        if (name := path.relative_to(directory).as_posix()) not in MADE_AGAIN
    }
    outputs = (f"{one.id}/{name}" for one in report.cases for name in one.output_files)
    missing = [
        f"{name}: missing; {REPORT_FILE} has its digest" for name in outputs if name not in files
    ]
    if missing:
        return missing
    again = [replace(each, score=None, score_change=None) for each in report.repetitions]
    said = {
        "runner_version": own_version(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "suite": suite_record(suite),
        "rescored_from": RescoredFrom(suite=report.suite, created=report.created),
        "evaluation_key": None,
        "eval_run_specs": eval_run_specs(suite),
        "cases": tuple(_rescore_case(each, files, suite) for each in report.cases),
        "scoring": suite.scoring,
        "repetitions": tuple(again),
    }
    made = report.model_copy(update=said)
    records = report_records(made)
    return Evaluation(with_scores(made, records), files, records)


def _rescore_case(record: CaseRecord, files: Mapping[str, bytes], suite: Suite) -> CaseRecord:
    """Return a case's record with its outputs read again for the targets of a suite."""
    case = suite.case(record.id)
    actuals = suite.actuals(case)
    outputs = {name: files[f"{record.id}/{name}"] for name in record.output_files}
    predictions, instance_predictions = NO_PREDICTIONS, NO_INSTANCE_PREDICTIONS
    said: dict[str, Any] = {}
    if record.outcome in READ_AGAIN and all(name in outputs for name in case.wanted_files):
        said = {"outcome": Outcome.SCORED, "cause": None, "message": None}
        try:
            predictions, instance_predictions = read_outputs(
                outputs, actuals.targets, suite.scoring
            )
        except InvalidOutputError as error:
            said = {"outcome": Outcome.INVALID_OUTPUT, "cause": error.cause, "message": str(error)}
    baselines = find_baselines(suite, case, actuals.targets)
    said |= {
        "targets": target_records(actuals, predictions.stats, baselines),
        "instance_targets": instance_target_records(actuals, instance_predictions.stats, baselines),
        "extra_predictions": (*predictions.extra, *instance_predictions.extra),
    }
    return record.model_copy(update=said)


READ_AGAIN = (Outcome.SCORED, Outcome.INVALID_OUTPUT)
"""The outcomes that follow from the output; the others from how the container ended."""
