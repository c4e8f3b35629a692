"""``runner leaderboard``."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from runner.cli.echo import echo, echo_json
from runner.cli.live.display import Display
from runner.cli.live.terminal import open_display
from runner.cli.options import refuse_several
from runner.cli.told import print_told
from runner.errors import ExitCode, RunnerError, UsageError
from runner.files.bug_log import attempt
from runner.files.stores import is_remote
from runner.leaderboard.board import Leaderboard, leaderboard_rows
from runner.leaderboard.contenders import ChosenReports, Contender
from runner.leaderboard.kept_contenders import read_contenders
from runner.leaderboard.ranking import make_leaderboard
from runner.leaderboard.reduced_reports import make_contender
from runner.leaderboard.submitters import Submitters
from runner.leaderboard.suite_choice import choose_reports
from runner.leaderboard.tables import to_csv, to_markdown, to_table
from runner.pages.site import Site, report_changes
from runner.progress import say_first
from runner.reports.report import Report, read_report
from runner.submissions.entries import Entry, is_disqualified
from runner.submissions.final_choice import Candidate, find_candidate, find_passed_over
from runner.submissions.ledger import Ledger
from runner.submissions.organizer_files import read_submitters
from runner.submissions.rules import Rules
from runner.submissions.split import private_report
from runner.submissions.told import refuse_without_ledger


def leaderboard(
    directory: Path,
    suite: str | None,
    submitters_file: Path | None,
    as_json: bool,
    style: str | None,
    html: bool,
    output: Path | None,
    ledger_file: Path | None,
    with_actuals: bool,
    watch: bool,
) -> int:
    """Print the ranking, or write its pages; return the exit code."""
    html = html or output is not None
    refuse_several(**{"json": as_json, style or "csv": style, "html": html or watch})
    if with_actuals and not (html or watch):
        raise UsageError("--with-actuals is for the reports' pages: add --html.")
    display = open_display()
    if ledger_file is not None and Ledger(ledger_file).is_open:
        if watch or with_actuals:
            raise UsageError(
                f"{ledger_file} is open: only what it has told is shown, without --watch and "
                "--with-actuals."
            )
        found = choose_reports(read_contenders(directory, display), directory, suite)
        report = next(iter(found.reports.values()))
        place = output or (Path() if is_remote(directory) else directory) / "site"
        shown = "json" if as_json else style
        print_told(Ledger(ledger_file), report, shown, place if html else None)
        return 0
    read = partial(_read, directory, suite, submitters_file, display, ledger_file)
    if html or watch:
        output = output or (Path() if is_remote(directory) else directory) / "site"
        site = Site(read, output, with_actuals)
        if watch:
            others = [] if submitters_file is None else [submitters_file]
            site.keep(report_changes(directory, others), display, _print_page)
        pages = site.write(display)
        _print_page(pages.index)
        return _exit_code(pages.faults)
    chosen, submitters = read()
    board = make_leaderboard(chosen, submitters, display)
    if style == "csv" and board.others_note is not None:  # a line in CSV would be a row
        display.say(board.others_note)
    _print(board, "json" if as_json else style, chosen.faults)
    return _exit_code((*chosen.faults, *board.faults))


def _exit_code(faults: Sequence[RunnerError]) -> ExitCode:
    """Return the least code of the reports that are left out or not ranked, 0 if all are."""
    return min((fault.exit_code for fault in faults), default=ExitCode.SCORED)


def _read(
    directory: Path,
    suite: str | None,
    submitters_file: Path | None,
    display: Display,
    ledger_file: Path | None,
) -> tuple[ChosenReports, Submitters | None]:
    chosen = choose_reports(read_contenders(directory, display), directory, suite)
    refuse_without_ledger(chosen.reports, ledger_file)
    if ledger_file is not None:
        rules, entries = Ledger(ledger_file).read()
        chosen = _on_private_split(_admitted(chosen, entries), rules, display)
    return chosen, None if submitters_file is None else read_submitters(submitters_file)


def _admitted(chosen: ChosenReports, entries: Sequence[Entry]) -> ChosenReports:
    """Return the reports without those of submitters that are disqualified."""
    reports = {
        path: report
        for path, report in chosen.reports.items()
        if report.submitter is None or not is_disqualified(entries, report.submitter)
    }
    if not reports:
        raise UsageError("Every submitter with a report is disqualified.")
    return replace(chosen, reports=reports)


def _on_private_split(chosen: ChosenReports, rules: Rules, display: Display) -> ChosenReports:
    """Return the reports on their private splits, where one of each submitter counts.

    One that meets an error is told, and left out.
    """

    def read(path: Path) -> Report:
        return private_report(read_report(path), rules)

    def contend(path: Path) -> tuple[Contender, Candidate | None]:
        report = read_report(path)
        return make_contender(private_report(report, rules)), find_candidate(path, report, rules)

    reports: dict[Path, Contender] = {}
    candidates: list[Candidate] = []
    faults, lines = [], []
    for path in chosen.reports:
        one = attempt(partial(contend, path))
        if isinstance(one, RunnerError):
            faults.append(one)
            lines.append(f"left out: {path}: {one}")
        else:
            reports[path], candidate = one
            candidates += [] if candidate is None else [candidate]
    say_first(display.say, lines, "reports are left out")
    if not reports:
        raise faults[0]
    return replace(
        chosen,
        reports=reports,
        faults=(*chosen.faults, *faults),
        read=read,
        passed_over=find_passed_over(candidates),
    )


def _print_page(page: Path) -> None:
    echo(f"page: {page}")


def _print(board: Leaderboard, style: str | None, faults: Sequence[RunnerError]) -> None:
    """Print the ranking; as JSON with why each report is left out that is."""
    if style == "json":
        head = {"suite": board.suite, "version": board.suite_version, "digest": board.suite_digest}
        head["adds"] = board.adds
        rows = leaderboard_rows(board)
        policy = board.policy.model_dump(mode="json")
        others = [each.to_json() for each in board.others]
        left_out = [str(fault) for fault in faults]
        more = {"other_versions": others, "left_out": left_out}
        echo_json({**head, "scoring": policy, "entries": rows, **more})
    elif style == "csv":
        echo(to_csv(board), nl=False)
    elif style == "markdown":
        echo(to_markdown(board))
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        echo(to_table(board, width))
