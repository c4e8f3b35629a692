"""A folder with one of each thing that `runner view` shows, and batches that seem to run."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from runner.evaluation import recorded_cases
from runner.evaluation.finished_cases import FinishedCases
from runner.evaluation.passes import Pass, SilentCases
from runner.evaluation.recorded_cases import RecordedCases
from runner.evaluation.run_options import RunSettings
from runner.reports.report_directory import write_evaluation
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import SandboxPolicy
from runner.submissions.ledger import Ledger
from runner.submissions.rules import Rules
from runner.submissions.told import mark_reports
from runner.suites.suite import Suite
from tests.evaluation_builder import Predict, evaluate_function, off_by


def write_reports(suite: Suite, folder: Path, **predictors: Predict) -> None:
    for name, predict in (predictors or {"good": off_by(0.01), "bad": off_by(0.3)}).items():
        write_evaluation(evaluate_function(suite, predict, name), folder / name)


def write_bundle(folder: Path, title: str = "A claim") -> None:
    """Write what a run of a card leaves, as MAGNET does."""
    cell = {"status": "VERIFIED", "output": "", "symbols": {"x": 1}, "timestamp": ""}
    verdict = {
        "result": "VERIFIED",
        "claim_aggregation_strategy": {"type": "all"},
        "claims": ["c1"],
    }
    (folder / "results" / "c1").mkdir(parents=True)
    (folder / "results" / "c1" / "verdict.json").write_text(json.dumps(cell))
    (folder / "verdict.json").write_text(json.dumps(verdict))
    (folder / "card.yaml").write_text(f"title: {json.dumps(title)}\n")


def open_ledger(path: Path, reports: Path) -> Ledger:
    """Return a ledger that is open, after marking the reports as its own."""
    ledger = Ledger(path)
    ledger.create(Rules(step=0.1, seed="s"))
    mark_reports(reports, path)
    return ledger


def passes(suite: Suite, folder: Path, *images: str) -> dict[Path, Pass]:
    """Return the passes of images, by the folders of their reports."""
    settings = RunSettings(SandboxPolicy(suite.limits), seed=1)
    first = Pass(Image("", ""), suite, settings, FinishedCases(folder / "finished_cases"))
    return {folder / each: replace(first, image=Image(each, f"sha256:{each}")) for each in images}


@contextmanager
def batch(suite: Suite, folder: Path, *images: str) -> Iterator[RecordedCases]:
    """Yield a batch of images that runs, in this process; `write` says what has happened."""
    planned = passes(suite, folder, *images)
    with recorded_cases.record_batch(planned, SilentCases()) as recorded:
        assert isinstance(recorded, RecordedCases)
        recorded.expect(list(planned.values()))
        recorded.write()
        yield recorded
