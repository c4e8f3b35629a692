"""What the audit can't know of a suite: runs that HELM did not write say less of themselves."""

from collections.abc import Iterator, Mapping
from typing import Any

from runner.contract import layout
from runner.helm_outputs.common_types import plain_rows
from runner.suites.parts import read_part
from runner.suites.public_suite import PublicSuite
from runner.suites.suite import Suite
from runner.suites.suite_frames import read_answers

HELM = "HELM"
COMPLETIONS = "scenario_state.request_states.result.completions"
REFERENCES = "scenario_state.request_states.instance.references"


def find_unknown(suite: Suite) -> list[str]:
    """Return in words what of a suite can't be known, so that finding nothing means nothing."""
    return [*_of_imports(suite), *_of_answers(suite), *_of_gold(suite)]


def _of_imports(suite: PublicSuite) -> Iterator[str]:
    by_harness: dict[str, set[int]] = {}
    for record in suite.manifest.imported:
        by_harness.setdefault(record.harness, set()).update(record.runs)
    for harness, runs in by_harness.items():
        yield (
            f"{len(runs)} runs are from {harness}: it is unknown whether two of their models are "
            "one under two names; only equal names and equal answers are found"
        )
    imported = sum(len(runs) for runs in by_harness.values())
    sources = [*([HELM] if imported < len(suite.manifest.runs) else []), *by_harness]
    if len(sources) > 1:
        yield (
            f"the runs are from {' and '.join(sources)}, which name scenarios and models "
            "differently: it is unknown whether runs of two of these have one in common"
        )


def _of_answers(suite: Suite) -> Iterator[str]:
    silent = sum(not answers.height for answers in read_answers(suite))
    if silent:
        yield f"{silent} runs have no completions: it is unknown whether they are twins of others"


def _of_gold(suite: PublicSuite) -> Iterator[str]:
    """Yield how many scores of imported runs may follow from what is revealed in an unknown way."""
    imported = {number for record in suite.manifest.imported for number in record.runs}
    names = {run.name for run in suite.manifest.runs if run.number in imported}
    shown = {run.number: run for case in suite.cases for run in case.eval_runs if run.name in names}
    count = 0
    for run in shown.values():
        rows = plain_rows(read_part(suite.part(run, layout.EVAL_SCENARIO_STATES)))
        count += sum(bool(row.get(COMPLETIONS)) and not _has_gold(row) for row in rows)
    if count:
        yield (
            f"{count} completions of imported runs are revealed, and no reference with them is "
            "marked as correct: it is unknown whether scores can be computed from them"
        )


def _has_gold(row: Mapping[str, Any]) -> bool:
    references = row.get(REFERENCES) or []
    return any("correct" in (reference.get("tags") or ()) for reference in references)
