"""What the runner itself has found, as frames that a card's Python reads.

A symbol may be ``reports`` (one row per image, case and target), a ``suite`` (what containers of
its cases see) or what a competition has ``told``. While a ledger is open, nothing but what it has
told may be used: a claim is a question, and answers about exact scores would leak them.
"""

import io
from pathlib import Path
from typing import Any

import polars as pl

from runner.building.draw import Draw
from runner.building.named import opened_public_half
from runner.cards.card_file import CardFile
from runner.cards.cell_inputs import Evidence
from runner.contract.layout import RUN_NAME
from runner.errors import UsageError
from runner.files.stores import open_store
from runner.progress import Progress
from runner.reports.found_reports import find_reports, read_reports
from runner.reports.records import report_records
from runner.reports.report import Report, parse_report
from runner.scores.records import name_runs
from runner.scores.weights import STAT_WEIGHT, WEIGHT, weigh
from runner.submissions.entries import Began
from runner.submissions.ledger import Ledger
from runner.submissions.told import refuse_while_open, told_board
from runner.suites.staging import stage_inputs

FOLDER = "evidence"
PARQUET = ".parquet"


def read_evidence(read: CardFile, progress: Progress) -> Evidence:
    """Return the evidence that a card's symbols name, each place relative to the current folder.

    Raises:
        UsageError: there is none, or an open ledger keeps it.
        SuiteError: there is no such suite.
    """
    files: dict[str, bytes] = {}
    symbols: dict[str, Any] = {}
    for number, (name, symbol) in enumerate(read.card.all_symbols.items()):
        if symbol.evidence is None:
            continue
        kind, place = symbol.evidence
        path = f"{FOLDER}/{number}"
        if kind == "suite":
            frames = _suite_frames(place, path, progress)
            files |= {at: content for case in frames.values() for at, content in case.values()}
            symbols[name] = {
                case: {frame: at for frame, (at, _) in of_case.items()}
                for case, of_case in frames.items()
            }
        else:
            frame = _report_rows(place, progress) if kind == "reports" else _told_rows(place)
            files[path + PARQUET] = _parquet(frame)
            symbols[name] = path + PARQUET
    return Evidence(files, symbols)


def _report_rows(place: str, progress: Progress) -> pl.DataFrame:
    """Return one row per image, case and target that counts, of all reports below a directory."""
    directory = open_store(place)
    refuse_while_open(find_reports(directory))
    found = read_reports(directory, parse_report, progress)
    if found.faults:
        raise UsageError(
            f"{place}: {len(found.faults)} reports can't be read (above). A claim on the others "
            "alone would not be what it says: remove or mend them."
        )
    return pl.concat([_rows(report) for report in found.reports.values()], how="diagonal_relaxed")


def _rows(report: Report) -> pl.DataFrame:
    """Return a report's targets, without copies of others; a run of a case weighs 1 in all."""
    records = weigh(report_records(report, name_runs), report.scoring)
    share = pl.col(WEIGHT) / pl.col(WEIGHT).sum().over("case", RUN_NAME, "kind")
    return (
        records.with_columns(share.alias(WEIGHT))
        .drop(STAT_WEIGHT)
        .select(
            pl.lit(report.image.reference).alias("image"),
            pl.lit(report.submitter, pl.String).alias("submitter"),
            pl.lit(report.suite.name).alias("suite"),
            pl.lit(report.suite.version).alias("suite_version"),
            pl.all(),
        )
    )


def _told_rows(place: str) -> pl.DataFrame:
    """Return what a ledger has told of each submitter, one row per suite."""
    _, entries = Ledger(Path(place)).read()
    began = [each for each in entries if isinstance(each, Began)]
    suites = dict.fromkeys(each.submission.suite for each in began)
    rows = [
        (suite, told.rank, told.submitter, told.value)
        for suite in suites
        for told in told_board(entries, suite)
    ]
    schema = {"suite": pl.String, "rank": pl.Int64, "submitter": pl.String, "value": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _suite_frames(
    name: str, folder: str, progress: Progress
) -> dict[str, dict[str, tuple[str, bytes]]]:
    """Return the frames that each case's container sees, with their places; no actual is there."""
    found: dict[str, dict[str, tuple[str, bytes]]] = {}
    with opened_public_half(name, None, Draw(), progress) as suite:
        for number, case in enumerate(suite.cases):
            seed, limits = suite.manifest.choices["seed"], suite.limits.to_json()
            staged = stage_inputs(suite.inputs(case), seed=seed, limits=limits).files
            found[case.id] = {
                frame.removesuffix(PARQUET): (f"{folder}/{number}/{frame}", content)
                for frame, content in staged.items()
                if frame.endswith(PARQUET)
            }
    return found


def _parquet(frame: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.write_parquet(file)
    return file.getvalue()
