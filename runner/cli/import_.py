"""``runner import``: results of other harnesses as HELM runs."""

from collections import Counter
from pathlib import Path

from runner.cli.echo import echo, echo_json
from runner.cli.live.terminal import open_display
from runner.importing.importing import import_results
from runner.importing.writing import Written
from runner.untrusted import printable


def import_source(source: Path, out: Path, as_json: bool) -> int:
    """Import results, and print what became of them and what was lost."""
    written = import_results(source, out, open_display())
    if as_json:
        echo_json([_document(each) for each in written])
        return 0
    for each in written:
        _print(each)
    return 0


def _print(written: Written) -> None:
    models = {run.model for run in written.new}
    tasks = {run.task for run in written.new}
    kept = f", {written.kept} were there already" if written.kept else ""
    echo(
        f"{written.directory}: {len(written.new)} runs of {len(models)} models and {len(tasks)} "
        f"tasks{kept}"
    )
    for lost, count in _lost(written).items():
        of_all = "" if count == len(written.new) else f" ({count} runs)"
        echo(f"  lost: {printable(lost)}{of_all}")
    partial = sum(run.samples is None for run in written.new)
    if partial:
        echo(f"  {partial} runs have no samples: a suite takes them with partial_runs: use")


def _lost(written: Written) -> Counter[str]:
    return Counter(lost for run in written.new for lost in run.origin.lost)


def _document(written: Written) -> dict[str, object]:
    return {
        "directory": str(written.directory),
        "runs": [run.name for run in written.new],
        "kept": written.kept,
        "lost": dict(_lost(written)),
    }
