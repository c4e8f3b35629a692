"""What a file or a folder holds of other harnesses' results -> a benchmark_output."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from runner.errors import SuiteError
from runner.files.below import paths_below
from runner.files.regular_files import read_regular
from runner.importing import every_eval_ever, inspect_logs, lm_eval
from runner.importing.fields import parse_json
from runner.importing.imported_run import ImportedRun
from runner.importing.writing import Written, write_runs
from runner.progress import SILENT, Progress

KNOWN = (
    "results_*.json of lm-evaluation-harness (with --log_samples), logs of Inspect, and records of "
    "Every Eval Ever"
)

SUFFIXES = (".json", inspect_logs.SUFFIX)
"""Of files that may be results."""

ADVICE = "Leave it out, or make it again."

Read = Callable[[], Iterator[ImportedRun]]
"""Reads one file of results."""

_READERS: Sequence[
    tuple[
        Callable[[Mapping[str, Any]], bool],
        Callable[[Path, Mapping[str, Any]], Iterator[ImportedRun]],
    ]
] = [
    (lm_eval.is_results, lm_eval.read_results),
    (every_eval_ever.is_record, every_eval_ever.read_record),
    (inspect_logs.is_log, lambda path, _: inspect_logs.read_log(path)),
]
"""How each harness's JSON is known, and what reads it."""


def import_results(source: Path, output: Path, progress: Progress = SILENT) -> list[Written]:
    """Write HELM's run directories of all results in a file or below a folder.

    Args:
        output: a benchmark_output; the runs of a harness go to ``runs/HARNESS`` in it.

    Returns:
        What was written, one for each harness. If one file is wrong, nothing is written.

    Raises:
        SuiteError: there are no results, or one is not what its harness writes.
        UsageError: the output can't be written.
    """
    found = list(_find(source))
    if not found:
        raise SuiteError(f"{source}: no results there. What can be imported: {KNOWN}.")
    by_source: dict[str, list[ImportedRun]] = {}
    with progress.task("reading results", len(found)) as task:
        for read in found:
            for run in read():
                by_source.setdefault(run.source, []).append(run)
            task.advance()
    return write_runs(
        {output / "runs" / name: _told_apart(runs) for name, runs in by_source.items()}
    )


def _find(source: Path) -> Iterator[Read]:
    """Yield what reads each file of results; others below a folder are passed over."""
    if source.is_file():
        paths = [source]
    elif source.is_dir():
        below = paths_below(source, pass_over_closed=False)
        found = (path for path in below if path.suffix in SUFFIXES)
        paths = [path for path in sorted(found) if path.is_file()]
    else:
        raise SuiteError(f"{source}: no such file or folder. Name results: {KNOWN}.")
    for path in paths:
        if path.suffix == inspect_logs.SUFFIX:
            yield partial(inspect_logs.read_log, path)
            continue
        document = parse_json(_read(path), str(path), ADVICE)
        for is_own, read in _READERS:
            if isinstance(document, dict) and is_own(document):
                yield partial(read, path, document)


def _told_apart(runs: Sequence[ImportedRun]) -> list[ImportedRun]:
    """Return the runs; those of one name have their record in it, where the source has records."""
    counts = Counter(run.name for run in runs)
    return [
        replace(run, settings={**run.settings, "record": run.record})
        if counts[run.name] > 1 and run.record
        else run
        for run in runs
    ]


def _read(path: Path) -> bytes:
    try:
        return read_regular(path)
    except OSError as error:
        raise SuiteError(f"{path}: {error.strerror}") from error
