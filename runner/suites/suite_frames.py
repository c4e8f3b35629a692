"""What stands in the frames of an open suite. Whoever only runs or finds cases reads none."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from runner.contract import layout
from runner.contract.stat import InstanceTarget, Target
from runner.contract.targets import Targets
from runner.helm_outputs.common_types import plain_rows
from runner.suites.manifest import ANSWERS, ITEMS, RunRecord
from runner.suites.parts import read_part
from runner.suites.public_suite import PublicSuite, SuiteCase
from runner.suites.suite import Suite


def read_eval_run_specs(suite: PublicSuite) -> dict[str, dict[str, Any]]:
    """Return the revealed columns of every eval run's spec, by run; nulls are left out."""
    evaluated = {run.name: run for case in suite.cases for run in case.eval_runs}
    return {
        name: {
            column: value
            for column, value in next(
                plain_rows(read_part(suite.part(run, layout.EVAL_RUN_SPECS)))
            ).items()
            if value is not None
        }
        for name, run in evaluated.items()
    }


def read_targets(suite: PublicSuite, case: SuiteCase) -> Targets:
    """Return what is to be predicted of a case, as its container is told."""
    stats = map(Target.from_row, _eval_rows(suite, case, layout.EVAL_TARGETS))
    instance_stats = map(
        InstanceTarget.from_row, _eval_rows(suite, case, layout.EVAL_INSTANCE_TARGETS)
    )
    return Targets(tuple(stats), tuple(instance_stats))


def _eval_rows(suite: PublicSuite, case: SuiteCase, path: str) -> Iterator[dict[str, Any]]:
    for part in suite.inputs(case).parts.get(path, ()):
        yield from plain_rows(read_part(part))


def read_answers(suite: Suite) -> Iterator[pl.DataFrame]:
    """Yield what each run answered, as hashes; see ``twins.fingerprint_run``."""
    for part in suite.private.parts[ANSWERS].values():
        yield read_part(part)


def read_run_items(suite: Suite, run: RunRecord) -> pl.DataFrame:
    """Return all items of an eval run; see ``items.describe_items``."""
    return read_part(suite.private.parts[ITEMS][run.number])
