"""What is refused before a suite is frozen: nothing to predict, nothing to rank by, leaks."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise

from runner.audit.derivability import Derivability
from runner.audit.leak import Leak
from runner.building.write_run import RevealKey
from runner.contract.stat import Target
from runner.errors import SuiteError
from runner.helm_outputs.column_names import STAT_NAME
from runner.helm_outputs.frames import read_run
from runner.helm_outputs.runs import STATS, RunDirectory
from runner.progress import Progress
from runner.suites.eval_run import EvalRun
from runner.suites.manifest import RevealRecord
from runner.suites.spec import SuiteSpec
from runner.suites.suite import Suite
from runner.suites.suite_frames import read_targets

MOST_SHOWN = 10


def require_targets(
    spec: SuiteSpec,
    runs: Mapping[str, RunDirectory],
    evaluated: Collection[EvalRun],
    progress: Progress,
) -> None:
    """Refuse a suite if a stat is never a target; warn of eval runs that have no targets.

    Raises:
        SuiteError: no eval run has a target, or none has one of those of instances.
    """
    without = [run.name for run in evaluated if not run.targets and not run.instance_targets]
    if len(without) == len(evaluated):
        raise SuiteError(_has_no_target(spec, runs[without[0]]))
    for name in without:
        progress.say(f"warning: {name} has none of the stats that are targets: it scores nothing")
    if spec.instance_targets and not any(run.instance_targets for run in evaluated):
        asked = ", ".join(target.stat for target in spec.instance_targets)
        raise SuiteError(
            f"instance_targets: no revealed instance of an eval run has the stat {asked}"
        )


def _has_no_target(spec: SuiteSpec, run: RunDirectory) -> str:
    """Return what the stats of a run have, none of which is a target."""
    stats = read_run(run).stats
    names = sorted(set(stats[STAT_NAME].drop_nulls())) if STAT_NAME in stats.columns else []
    asked = ", ".join(target.stat for target in spec.targets) or "no stat"
    return (
        f"{run.path / STATS}: {asked} is asked for, but the run has no such stat with a mean that "
        f"is a number. It has: {', '.join(names) or 'none'}."
    )


def check_scoring(
    spec: SuiteSpec, runs: Mapping[str, RunDirectory], evaluated: Collection[EvalRun]
) -> None:
    """Refuse scoring rules by which no evaluation could be ranked.

    Raises:
        SuiteError: the primary metric has no targets, or a weight is of no scenario of the suite.
    """
    scoring = spec.scoring
    of_runs = scoring.primary_metric.is_of_runs
    if not any(each.targets if of_runs else each.instance_targets for each in evaluated):
        needed = "targets" if of_runs else "instance_targets"
        why = f"scoring.primary: {scoring.primary} is of {needed}, and the suite has none"
        if of_runs and spec.targets:
            why += f". {_has_no_target(spec, runs[next(iter(evaluated)).name])}"
        raise SuiteError(why)
    known = sorted({run.scenario for run in evaluated})
    unknown = sorted(scoring.scenario_weights.keys() - set(known))
    if unknown:
        raise SuiteError(
            f"scoring.scenario_weights: {unknown[0]!r} is no scenario of the suite. It has: "
            + ", ".join(known)
        )
    if scoring.scenario_weights and not any(
        scoring.scenario_weights.get(scenario, 1) for scenario in known
    ):
        raise SuiteError("scoring.scenario_weights: all scenarios have the weight 0")


def check_budgets(
    spec: SuiteSpec, evaluated: Mapping[RevealKey, RevealRecord], progress: Progress
) -> None:
    """Refuse budgets that are the same; warn of eval runs that are too small for the largest.

    Raises:
        SuiteError: a budget reveals no more of any eval run than the one before it.
    """
    shown: dict[int | None, dict[tuple[str, int], int]] = {}
    for (name, replicate, budget), reveal in evaluated.items():
        shown.setdefault(budget, {})[name, replicate] = reveal.revealed_instances
    for less, more in pairwise(spec.revealed.budgets):
        if shown[less] == shown[more]:
            raise SuiteError(
                f"revealed.instances: {more} reveals no more of any eval run than {less} does, "
                f"{max(shown[more].values())} instances at most. Leave out one of the two, or take "
                "smaller numbers."
            )
    largest = spec.revealed.budgets[-1]
    small = {name: n for (name, _), n in shown[largest].items() if n < (largest or 0)}
    if len(shown) > 1 and small:
        name, instances = next(iter(small.items()))
        runs = len({name for name, _ in shown[largest]})
        progress.say(
            f"warning: {len(small)} of {runs} eval runs reveal fewer "
            f"than {largest} instances, e.g. {name}: {instances}. They count as {largest} in "
            "the score over the budget."
        )


def check_whole(spec: SuiteSpec, suite: Suite) -> None:
    """Refuse a primary metric that this suite can't have, as a whole.

    Raises:
        SuiteError: says what is lacking, and what to do.
    """
    scoring = spec.scoring
    if scoring.stat_weights and not any(map(scoring.counts, _scored_stats(spec, suite))):
        raise SuiteError(
            f"scoring.stat_weights: all stats that {scoring.primary} is of, and that the eval runs "
            "have, have the weight 0. Give one of them another, or leave stat_weights out."
        )
    if scoring.primary == "model_rank":
        models = {run.model_deployment for case in suite.cases for run in case.eval_runs}
        if len(models) == 1:
            raise SuiteError(
                f"scoring.primary: model_rank puts models in order, and all eval runs are of one, "
                f"{next(iter(models))}. Evaluate several, or take mae or kendall."
            )
    if scoring.primary == "delta_mae" and not any(
        _has_delta(suite.actuals(case).targets.stats) for case in suite.cases
    ):
        raise SuiteError(
            "scoring.primary: delta_mae compares perturbed stats with their originals, and no eval "
            "run has both as targets. Take runs with perturbations, and leave perturbation and "
            "computed_on out of targets, or take mae."
        )


def _scored_stats(spec: SuiteSpec, suite: Suite) -> set[str]:
    """Return the names of the targets that the primary metric is of."""
    targets = [read_targets(suite, case) for case in suite.cases]
    if spec.scoring.primary_metric.is_of_runs:
        return {target.name.name for each in targets for target in each.stats}
    return {target.name.name for each in targets for target in each.instance_stats}


def _has_delta(targets: Iterable[Target]) -> bool:
    """Return whether a perturbed stat and its original are among the targets."""
    sides: dict[tuple[object, ...], set[object]] = {}
    for target in targets:
        name = target.name
        by = name.perturbation or {}
        key = (target.run_spec_name, name.name, name.split, name.sub_split, by.get("name"))
        sides.setdefault(key, set()).add(by.get("computed_on"))
    return any({"original", "perturbed"} <= side for side in sides.values())


def refuse_leaks(
    spec: SuiteSpec, leaks: Sequence[Leak], derivability: Mapping[str, Derivability]
) -> None:
    """Refuse a suite with a leak that its spec does not accept.

    Args:
        derivability: of each case, by its id; the message says it.

    Raises:
        SuiteError: names each of them, or the first few.
    """
    refused = [leak for leak in leaks if leak.kind not in spec.accept]
    if not refused:
        return
    more = f"\n  and {len(refused) - MOST_SHOWN} more" if len(refused) > MOST_SHOWN else ""
    lines = [f"  {leak}" for leak in refused[:MOST_SHOWN]]
    kinds = sorted({leak.kind for leak in refused} - {"value"})
    advice = f"\nIf this is intended, say so in the spec: accept: [{', '.join(kinds)}]"
    meant = advice if kinds else ""
    figures = [f"  {case}: {derived}" for case, derived in derivability.items()]
    raise SuiteError(
        "\n".join([f"{spec.name}: the audit found {len(refused)} leaks:", *lines])
        + more
        + "\n".join(["", *figures])
        + meant
    )
