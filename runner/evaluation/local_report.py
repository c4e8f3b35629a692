"""The report of predictions that no container made: of a process, or of this one."""

from collections.abc import Sequence
from datetime import UTC, datetime

from runner.code_version import own_version
from runner.evaluation.records import eval_run_specs, suite_record
from runner.reports.report import NO_IMAGE, CaseRecord, ImageRecord, Report
from runner.reports.scoring import with_scores
from runner.suites.suite import Suite


def local_report(suite: Suite, name: str, records: Sequence[CaseRecord]) -> Report:
    """Return the report, with scores.

    Args:
        name: the predictor's.
        records: of every case of the suite.
    """
    report = Report(
        runner_version=own_version(),
        engine_version=NO_IMAGE,
        host=(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seed=suite.manifest.choices["seed"],
        runtime=None,
        suite=suite_record(suite),
        image=ImageRecord(reference=name, id=NO_IMAGE, digests=()),
        eval_run_specs=eval_run_specs(suite),
        cases=tuple(records),
        scoring=suite.scoring,
    )
    return with_scores(report)
