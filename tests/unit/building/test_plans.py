"""Replicates and budgets: the cases that one division makes."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from runner.building import draws, make_runs
from runner.contract import layout
from runner.errors import SuiteError
from runner.helm_outputs.column_names import STATE_INSTANCE_ID
from runner.suites.manifest import part_name
from runner.suites.parts import read_part
from runner.suites.public_suite import PublicSuite, SuiteCase
from runner.suites.reveal import Reveal, make_reveals
from runner.suites.suite_frames import read_targets
from tests.helm_builder import write_suite
from tests.suite_builder import build, build_unaudited, shared_suite, stage

HOLDOUT = {"method": "holdout", "by": "run", "share": 0.5}
STATES = "scenario_state.request_states."
BUDGETS = {"instances": [1, 2, 3]}


def revealed_ids(suite: PublicSuite, case: SuiteCase) -> dict[str, set[str]]:
    """Return by eval run the instances that a case reveals."""
    return {
        run.name: set(read_part(suite.part(run, layout.EVAL_SCENARIO_STATES))[STATE_INSTANCE_ID])
        for run in case.eval_runs
    }


def sides(case: SuiteCase) -> tuple[list[str], list[str]]:
    return [run.name for run in case.train_runs], [run.name for run in case.eval_runs]


def test_a_division_is_made_once_for_each_replicate_and_budget() -> None:
    suite = shared_suite(runs=6, division={**HOLDOUT, "replicates": 2}, revealed=BUDGETS)
    assert [(case.id, case.replicate, case.budget) for case in suite.cases] == [
        (f"case-1-replicate-{replicate}-budget-{budget}", replicate, budget)
        for replicate in (1, 2)
        for budget in (1, 2, 3)
    ]


@pytest.mark.parametrize("division", [HOLDOUT, {"method": "sampled"}])
def test_a_larger_budget_reveals_what_the_smaller_ones_do_and_more(
    division: dict[str, Any],
) -> None:
    suite = shared_suite(runs=6, division=division, revealed=BUDGETS)
    one, two, three = (revealed_ids(suite, case) for case in suite.cases)
    assert one.keys() == two.keys() == three.keys()
    for name in one:
        assert one[name] < two[name] < three[name]
        assert [len(each[name]) for each in (one, two, three)] == [1, 2, 3]


def test_the_largest_budget_alone_reveals_the_same(tmp_path: Path) -> None:
    """So with a sampled division it is MAGNET's own draw."""
    source = write_suite(tmp_path, runs=6)
    budgets, alone = (
        build_unaudited(source, tmp_path / f"{instances}", revealed={"instances": instances})
        for instances in ([1, 3], 3)
    )
    assert revealed_ids(budgets, budgets.cases[-1]) == revealed_ids(alone, alone.cases[0])


@pytest.mark.parametrize("division", [{"method": "sampled"}, HOLDOUT, {"method": "k_fold"}])
def test_replicate_n_is_the_division_of_the_nth_seed(
    tmp_path: Path, division: dict[str, Any]
) -> None:
    source = write_suite(tmp_path, runs=6)
    three = build_unaudited(source, tmp_path / "3", division={**division, "replicates": 3}, seed=5)
    for number in (1, 3):
        alone = build_unaudited(
            source, tmp_path / f"alone{number}", division=division, seed=4 + number
        )
        of_three = [case for case in three.cases if case.replicate == number]
        for one, other in zip(of_three, alone.cases, strict=True):
            assert sides(one) == sides(other)
            assert revealed_ids(three, one) == revealed_ids(alone, other)
    seen: list[list[Any]] = [[], [], []]
    for case in three.cases:
        seen[case.replicate - 1].append((sides(case), revealed_ids(three, case)))
    assert seen[0] != seen[1] != seen[2] != seen[0]  # the control: replicates differ


def test_a_container_is_told_its_own_budget_and_no_other() -> None:
    suite = shared_suite(revealed=BUDGETS)
    for case in suite.cases:
        told = json.loads(stage(suite, case).files[layout.MANIFEST])
        assert (told["case"], told["revealed"]["instances"]) == (case.id, case.budget)
    assert len(set(suite.inputs_digests.values())) == 3


def test_actuals_are_those_of_the_run_at_every_budget() -> None:
    suite = shared_suite(revealed=BUDGETS, instance_targets=["exact_match"])
    actuals = [suite.actuals(case) for case in suite.cases]
    assert actuals[0].stats == actuals[1].stats == actuals[2].stats
    assert [len(each.instance_stats) for each in actuals] == [1, 2, 3]
    for case, each in zip(suite.cases, actuals, strict=True):
        assert each.targets == read_targets(suite, case)
        (ids,) = revealed_ids(suite, case).values()
        assert {target.instance_id for target in each.instance_stats} == ids


def test_what_no_draw_changes_is_kept_once() -> None:
    suite = shared_suite(runs=6, division={**HOLDOUT, "replicates": 2}, revealed=BUDGETS)
    parts = suite.manifest.parts
    evaluated = {run.number for case in suite.cases for run in case.eval_runs}
    assert set(parts[part_name(layout.EVAL_RUN_SPECS)]) == evaluated
    used = {run.reveal for case in suite.cases for run in case.eval_runs}
    assert set(parts[part_name(layout.EVAL_SCENARIO_STATES)]) == used
    assert len(used) == 2 * 3 * 3  # replicates, budgets, eval runs


def test_what_every_budget_reveals_is_audited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second budget alone tells whether an actual is above 1."""
    source = write_suite(tmp_path)
    build(source, tmp_path / "clean", revealed=BUDGETS)

    def leaking(runs: Any, ids: Any, revealed: Any, targets: Any) -> list[Reveal]:
        reveals = make_reveals(runs, ids, revealed, targets)
        for (_, frames), reveal in zip(runs, reveals, strict=True):
            if len(reveal.instance_ids) == 2:
                states = reveal.scenario_states
                told = [frames.stats["stats.mean"][0] > 1] * states.height
                name = f"{STATES}prompt_truncated"
                states.replace_column(states.columns.index(name), pl.Series(name, told))
        return reveals

    for module in (make_runs, draws):
        monkeypatch.setattr(module, "make_reveals", leaking)
    with pytest.raises(SuiteError, match="prompt_truncated: it changes when only withheld"):
        build(source, tmp_path / "leaking", revealed=BUDGETS)
