"""A report checked against its own files and its suite: rescored without a container."""

import hashlib
import io
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from runner.contract.stat import InstanceTarget, MetricName, Stat, Target
from runner.errors import SuiteError
from runner.files.signatures import PublicKey
from runner.files.stores import read_file
from runner.output.findings import InvalidOutputError
from runner.output.predictions import read_outputs
from runner.reports.baselines import Baselines, find_baselines
from runner.reports.receipt import check_receipt
from runner.reports.record_files import RECORDS_JSONL, RECORDS_PARQUET, record_files
from runner.reports.records import report_records
from runner.reports.report import REPORT_FILE, CaseRecord, Report, TargetRecord, read_report
from runner.reports.scoring import OF_AN_INSTANCE, target_record, with_scores
from runner.sandbox.outcome import Outcome
from runner.scores.score import Score
from runner.suites.actuals import Actuals, Basis
from runner.suites.suite import Suite

TOLERANCE = 1e-9
"""Numbers may differ by this share: libraries of another version add up in another order."""


def verify_report(directory: Path, suite: Suite | None, key: PublicKey | None = None) -> list[str]:
    """Return what is wrong with a report, one line each; a line begins with the file's name.

    Every file is compared with the receipt. Then the frozen predictions are read again, paired
    with the actuals and scored, and all that follows is compared with the report and the records.

    Args:
        suite: its actuals and train means count; without it, the report's own are believed.
        key: must have signed the report; without it, whoever changes everything is believed.
    """
    found = check_receipt(directory, key)
    try:
        report = read_report(directory)
    except SuiteError as error:
        return [*found, str(error)]
    if suite is not None and suite.digest != report.suite.digest:
        what = f"is of the suite {report.suite.name} with the digest {report.suite.digest}"
        return [*found, f"{REPORT_FILE}: {what}; this suite has {suite.digest}"]
    for case in report.cases:
        found += _verify_case(directory, report, case, suite)
    found += _verify_scores(report)
    found += _verify_records(directory, report)
    return list(dict.fromkeys(found))


def _verify_case(
    directory: Path, report: Report, case: CaseRecord, suite: Suite | None
) -> Iterator[str]:
    files = {}
    for name, digest in case.output_files.items():
        path = directory / case.id / name
        place = path.relative_to(directory).as_posix()
        try:
            files[name] = read_file(path)
        except OSError as error:
            yield f"{place}: can't be read ({error.strerror})"
            return
        if hashlib.sha256(files[name]).hexdigest() != digest:
            yield f"{place}: not what the container wrote: {REPORT_FILE} has another sha256"
    if suite is None:
        try:
            actuals, baselines = _reported(case)
        except (TypeError, KeyError, AttributeError) as error:
            yield f"{REPORT_FILE}: {case.id}: an actual is no stat ({error})"
            return
    else:
        of_suite = next((each for each in suite.cases if each.id == case.id), None)
        if of_suite is None:
            yield f"{REPORT_FILE}: {case.id}: not a case of the suite"
            return
        actuals = suite.actuals(of_suite)
        baselines = find_baselines(suite, of_suite, actuals.targets)
    yield from _verify_targets(report, case, files, actuals, baselines)


def _reported(case: CaseRecord) -> tuple[Actuals, Baselines]:
    """Return the actuals and train means that the report itself has."""
    stats, instance_stats, bases = {}, {}, {}
    baselines: dict[Target | InstanceTarget, float | None] = {}
    for each in case.targets:
        target = Target(each.run_spec_name, MetricName.from_json(each.name))
        stats[target] = _actual(each)
        baselines[target] = each.baseline
        bases[target] = Basis(each.instances, each.sample_mean)
    for each in case.instance_targets:
        place = (each.run_spec_name, str(each.instance_id), each.train_trial_index or 0)
        of_instance = InstanceTarget(*place, MetricName.from_json(each.name))
        instance_stats[of_instance] = _actual(each)
        baselines[of_instance] = each.baseline
    return Actuals(stats, instance_stats, bases), baselines


def _actual(record: TargetRecord) -> Stat:
    if record.actual["name"] != record.name:
        raise TypeError("it has another name than its target")
    return Stat.from_json(record.actual)


def _verify_targets(
    report: Report,
    case: CaseRecord,
    files: Mapping[str, bytes],
    actuals: Actuals,
    baselines: Baselines,
) -> Iterator[str]:
    """Read a case's outputs again and compare the results with its record."""
    place = f"{REPORT_FILE}: {case.id}"
    predicted: dict[Target | InstanceTarget, Stat] = {}
    if case.outcome is Outcome.SCORED:
        try:
            stats, instance_stats = read_outputs(files, actuals.targets, report.scoring)
        except (InvalidOutputError, KeyError) as error:
            yield f"{place}: is scored, but its output is invalid ({error})"
            return
        predicted.update(dict(stats.stats.items()))
        predicted.update(dict(instance_stats.stats.items()))
    bases: dict[Target | InstanceTarget, Basis] = dict(actuals.bases.items())
    sides = ((case.targets, actuals.stats), (case.instance_targets, actuals.instance_stats))
    for recorded, actual in sides:
        expected = [
            target_record(
                target,
                stat,
                predicted.get(target),
                baselines[target],
                bases.get(target, OF_AN_INSTANCE),
            )
            for target, stat in actual.items()
        ]
        if len(recorded) != len(expected):
            yield f"{place}: has {len(recorded)} targets, expected {len(expected)}"
        for found, again in zip(recorded, expected, strict=False):
            if not _is_same_target(found, again):
                name = f"{found.run_spec_name}: {MetricName.from_json(found.name)}"
                yield f"{place}: {name}: not what the predictions and the actuals give"


def _is_same_target(one: TargetRecord, other: TargetRecord) -> bool:
    alone = {"baseline": None}
    same = one.model_copy(update=alone) == other.model_copy(update=alone)
    return same and _is_close(one.baseline, other.baseline)


def _verify_scores(report: Report) -> Iterator[str]:
    scored = with_scores(report)
    recorded = (*report.scores, *report.budget_scores)
    again = (*scored.scores, *scored.budget_scores)
    if len(again) != len(recorded):
        yield f"{REPORT_FILE}: has {len(recorded)} scores, expected {len(again)}"
    for found, expected in zip(recorded, again, strict=False):
        if not _is_same_score(found, expected):
            at = "" if found.group is None else f" at a budget of {found.group}"
            yield (
                f"{REPORT_FILE}: {found.metric}{at}: is {found.value}, but the targets give "
                f"{expected.value}"
            )


def _is_same_score(one: Score, other: Score) -> bool:
    numbers = all(
        _is_close(getattr(one, name), getattr(other, name)) for name in ("value", "low", "high")
    )
    others = ("category", "group", "metric", "reason", "note", "targets", "missing", "runs")
    return numbers and all(getattr(one, name) == getattr(other, name) for name in others)


def _verify_records(directory: Path, report: Report) -> Iterator[str]:
    expected = record_files(report_records(report))
    for name, read in ((RECORDS_JSONL, pl.read_ndjson), (RECORDS_PARQUET, pl.read_parquet)):
        try:
            found = read_file(directory / name)
            if found != expected[name] and not read(io.BytesIO(found)).equals(
                read(io.BytesIO(expected[name]))
            ):
                yield f"{name}: not the records of {REPORT_FILE}"
        except (OSError, pl.exceptions.PolarsError) as error:
            yield f"{name}: can't be read ({error})"


def _is_close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
