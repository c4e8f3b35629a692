"""All that the audit looks at in a built suite."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

from runner.audit.both_sides import find_twins_on_both_sides
from runner.audit.derivability import determine, find_derivable, summarize
from runner.audit.leak import Leak
from runner.audit.staged_bytes import find_in_archive, find_in_files, find_in_sides
from runner.contract import layout
from runner.sandbox.case import input_archive
from runner.staging import stage_inputs
from runner.suites.groups import RunIdentity
from runner.suites.manifest import RunRecord
from runner.suites.spec import Revealed
from runner.suites.suite import Case, Suite
from runner.suites.twins import Twins, find_twins


@dataclass(frozen=True)
class Audit:
    """What the audit found.

    Attributes:
        leaks: in the order of the cases.
        derivability: by case, in words, how much of the actuals is determined.
        twins: the deployments that answer alike.
    """

    leaks: tuple[Leak, ...]
    derivability: dict[str, str]
    twins: tuple[Twins, ...]


def audit_suite(
    suite: Suite, announce: Callable[[str], None], earlier: Iterable[Leak] = ()
) -> Audit:
    """Audit every case of a suite as its containers would see it.

    Args:
        announce: called with one line of progress at a time.
        earlier: leaks that were found on the way to the suite.
    """
    leaks = list(earlier)
    derivability = {}
    twins = find_twins(suite.answers())
    revealed = Revealed.model_validate(suite.manifest.choices["revealed"])
    for case in suite.cases:
        announce(f"{suite.name}: auditing {case.id}")
        files = stage_inputs(suite.inputs(case), seed=0, limits=suite.limits.to_json()).files
        train, evaluated = _identities(case.train_runs), _identities(case.eval_runs)
        leaks += find_in_sides(case.id, list(train), evaluated)
        leaks += find_in_files(case.id, files, revealed)
        leaks += find_in_archive(case.id, input_archive(files))
        leaks += find_twins_on_both_sides(case.id, train, evaluated, twins)
        states = pl.read_parquet(files[layout.EVAL_SCENARIO_STATES])
        actuals = suite.actuals(case)
        determined = determine(states, _instances(case), actuals.stats, actuals.instance_stats)
        leaks += find_derivable(case.id, determined)
        derivability[case.id] = summarize(determined)
    return Audit(tuple(leaks), derivability, tuple(twins))


def _identities(runs: Iterable[RunRecord]) -> dict[str, RunIdentity]:
    return {run.name: run.identity for run in runs}


def _instances(case: Case) -> dict[str, dict[str | None, int]]:
    """Return by run and split how many instances there are."""
    return {
        run.name: {split or None: count for split, count in run.instances_by_split.items()}
        for run in case.eval_runs
    }
