"""Which suite a leaderboard is of, where reports of several versions of it lie side by side."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from runner.errors import UsageError
from runner.leaderboard.contenders import ChosenReports, Contender, SuiteVersion
from runner.leaderboard.reduced_reports import make_contender
from runner.reports.found_reports import FoundReports
from runner.reports.report import Report


def choose_all(reports: Mapping[Path, Report]) -> ChosenReports:
    """Return reports of one suite that are in memory."""
    contenders = {path: make_contender(report) for path, report in reports.items()}
    return ChosenReports(contenders, read=reports.__getitem__)


def choose_reports(
    found: FoundReports[Contender], place: Path, wanted: str | None = None
) -> ChosenReports:
    """Return the reports of the newest version of the suite, or of the one that is wanted.

    The newest is the one whose first report was made last: to evaluate an image on an older version
    once more does not bring it back.

    Args:
        found: at least one report.
        place: where they are, for messages.
        wanted: a suite's name, version or digest, or the beginning of the digest.

    Raises:
        UsageError: none is meant, or suites with several names are.
    """
    versions = _versions(found.reports)
    meant = [each for each in versions if wanted is None or each.is_meant(wanted)]
    listed = "; ".join(map(str, versions))
    if not meant:
        raise UsageError(f"{place}: no report is of the suite {wanted}. It has: {listed}.")
    names = sorted({each.name for each in meant})
    if len(names) > 1:
        raise UsageError(
            f"{place}: its reports are of several suites: {listed}. Evaluations are compared on "
            f"one suite only: name it with --suite, e.g. --suite {names[0]}."
        )
    newest = meant[0]
    others = tuple(each for each in versions if each.name == newest.name and each is not newest)
    _check_scoring(newest.reports)
    return ChosenReports(each_once(newest.reports), others, found.faults)


def _versions(reports: Mapping[Path, Contender]) -> list[SuiteVersion]:
    """Return the suites of the reports, the newest first."""
    by_digest: dict[str, dict[Path, Contender]] = {}
    for path, report in reports.items():
        by_digest.setdefault(report.digest, {})[path] = report
    versions = [_version(digest, found) for digest, found in by_digest.items()]
    return sorted(versions, key=lambda each: (each.first, each.version), reverse=True)


def _version(digest: str, reports: Mapping[Path, Contender]) -> SuiteVersion:
    one = next(iter(reports.values()))
    first = min(report.created for report in reports.values())
    return SuiteVersion(one.suite, one.version, digest, first, reports)


def _check_scoring(reports: Mapping[Path, Contender]) -> None:
    (first_path, first), *others = reports.items()
    for path, report in others:
        if report.scoring != first.scoring:
            raise UsageError(f"{path} is scored by another policy than {first_path}.")


def each_once(reports: Mapping[Path, Contender]) -> dict[Path, Contender]:
    """Return the reports without those whose evaluation another one has too.

    Of reports that only differ in further runs (``--repeat``), one with the most is kept; of
    several such, the latest.
    """
    best: dict[str, Path] = {}
    for path in _by_worth(reports):
        best[reports[path].identity] = path
    kept = set(best.values())
    return {path: report for path, report in reports.items() if path in kept}


def _by_worth(reports: Mapping[Path, Contender]) -> Iterable[Path]:
    def worth(path: Path) -> tuple[int, str]:
        return reports[path].changes, reports[path].created

    return sorted(reports, key=worth)
