"""Checks a report again."""

from pathlib import Path

from runner.api.checked import LocalPlace, Place, checked
from runner.api.opened_reports import OpenedReport
from runner.api.opened_suites import OpenedSuite, open_suite
from runner.files.signatures import read_public_key
from runner.files.stores import open_store
from runner.reports import verification


@checked
def verify_report(
    report: Place | OpenedReport,
    suite: Place | OpenedSuite | None = None,
    *,
    key: LocalPlace | None = None,
) -> list[str]:
    """Return the faults of a report, one line each; empty if nothing has changed in it.

    Its files are compared with their checksums, and the frozen predictions are scored again,
    without a container.

    Args:
        suite: its actuals are used; without it, those in the report are trusted. An open suite,
            e.g. one with its private half elsewhere, or its name or path as ``runner.open_suite``
            takes it.
        key: the file of the public key that must have signed the report. Without it, whoever has
            changed everything in agreement is not found.

    Raises:
        SuiteError: the suite can't be used.
        UsageError: the key can't be used.
    """
    signer = None if key is None else read_public_key(Path(key))
    place = report.directory if isinstance(report, OpenedReport) else open_store(report)
    if suite is None or isinstance(suite, OpenedSuite):
        return verification.verify_report(place, None if suite is None else suite.suite, signer)
    with open_suite(suite) as opened:
        return verification.verify_report(place, opened.suite, signer)
