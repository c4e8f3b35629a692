"""What a file or a folder holds of other harnesses' results -> a benchmark_output."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.errors import SuiteError
from runner.importing import lm_eval
from runner.importing.fields import parse_json
from runner.importing.imported_run import ImportedRun
from runner.importing.writing import Written, write_runs
from runner.progress import SILENT, Progress

KNOWN = "results_*.json of lm-evaluation-harness (with --log_samples)"

ADVICE = "Leave it out, or make it again."


@dataclass(frozen=True)
class _Results:
    """A file of results, and its content where it is JSON."""

    path: Path
    document: dict[str, Any]


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
        for results in found:
            for run in lm_eval.read_results(results.path, results.document):
                by_source.setdefault(run.source, []).append(run)
            task.advance()
    return [write_runs(runs, output / "runs" / name) for name, runs in by_source.items()]


def _find(source: Path) -> Iterator[_Results]:
    """Yield the files that are results of a harness; others below a folder are passed over."""
    if source.is_file():
        paths = [source]
    elif source.is_dir():
        paths = [path for path in sorted(source.rglob("*.json")) if path.is_file()]
    else:
        raise SuiteError(f"{source}: no such file or folder. Name results: {KNOWN}.")
    for path in paths:
        document = parse_json(_read(path), str(path), ADVICE)
        if isinstance(document, dict) and lm_eval.is_results(document):
            yield _Results(path, document)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SuiteError(f"{path}: {error.strerror}") from error
