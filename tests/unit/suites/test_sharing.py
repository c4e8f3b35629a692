"""Whether one case of a suite has what tells the actuals of another."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.building.build import build_suite
from runner.contract import layout
from runner.errors import SuiteError
from runner.suites.manifest import GroupRecord, part_name
from runner.suites.overview import details
from runner.suites.sharing import advice, find_nested, find_shared, refuse_nested, refuse_shared
from runner.suites.spec_file import make_spec
from runner.suites.suite import Suite
from tests.helm_builder import write_suite
from tests.suite_builder import WARN_ONLY, Said, shared_suite

HOLDOUT = {"method": "holdout", "by": "run", "share": 0.5, "cases": 2}
FOLDS = {"method": "k_fold", "folds": 2}


def divided(division: dict[str, Any], **fields: Any) -> Suite:
    return shared_suite(runs=6, division=division, **{"accept": ["twins", "derivable"], **fields})


@pytest.fixture(scope="module")
def disjoint() -> Suite:
    return divided(HOLDOUT)


@pytest.fixture(scope="module")
def shared() -> Suite:
    return divided(FOLDS)


NAMES = [f"demo:subject={number},model=demo/model" for number in range(6)]
"""The names of the runs that are divided."""


def explicit(*cases: tuple[list[str], list[str]]) -> dict[str, Any]:
    listed = [{"train": train, "eval": evaluated} for train, evaluated in cases]
    return {"method": "explicit", "cases": listed}


def test_a_holdout_is_disjoint_and_folds_are_shared(disjoint: Suite, shared: Suite) -> None:
    assert details(disjoint)["sharing"] == "disjoint"
    assert details(shared)["sharing"] == "shared"
    assert "is an eval run of case-1, and a train run of case-2" in details(shared)["shared_run"]


def test_an_eval_run_that_is_revealed_in_another_case_is_shared() -> None:
    """So are replicates: the same eval run, its train runs drawn again."""
    a, b, c, *_ = NAMES
    shared = divided(explicit(([a], [c]), ([b], [c])))
    assert str(find_shared(shared)).endswith("and an eval run of case-2")
    disjoint = divided(explicit(([a], [b]), ([a], [c])))
    assert find_shared(disjoint) is None


def test_a_sibling_of_one_group_counts_as_the_run() -> None:
    a, b, c, d, *_ = NAMES
    parted = divided(explicit(([a], [b]), ([c], [d])))
    assert find_shared(parted) is None  # the control
    numbers = {run.name: run.number for run in parted.manifest.runs}
    group = GroupRecord(kind="sweeps", runs=(numbers[b], numbers[c]))
    grouped = replace(parted, manifest=parted.manifest.model_copy(update={"groups": (group,)}))
    assert f"{c}, of one group with it, a train run of case-2" in str(find_shared(grouped))


def test_a_shared_suite_is_refused_unless_its_spec_accepts_that(
    disjoint: Suite, shared: Suite
) -> None:
    with pytest.raises(SuiteError, match=r"method: holdout.*accept: \[shared\]"):
        refuse_shared(shared, "It tells.")
    refuse_shared(divided(FOLDS, accept=["twins", "derivable", "shared"]), "")
    refuse_shared(disjoint, "")


def test_who_repeats_a_holdout_is_told_to_leave_out_replicates(
    shared: Suite,
) -> None:
    repeated = divided({**HOLDOUT, "replicates": 2})
    with pytest.raises(SuiteError, match="leave out `replicates` of its division") as refused:
        refuse_shared(repeated, "It tells.")
    assert "method: holdout" not in str(refused.value)
    folds = divided({**FOLDS, "replicates": 2})
    assert advice(folds) == "divide it with `division: {method: holdout}`, without `replicates`"
    assert advice(shared) == "divide it with `division: {method: holdout}`"  # the control


def test_a_build_warns_of_a_shared_suite_alone(tmp_path: Path) -> None:
    source = write_suite(tmp_path, runs=6)
    given = [(FOLDS, [], True), (FOLDS, ["shared"], False), (HOLDOUT, [], False)]
    for number, (division, accept, warns) in enumerate(given):
        said = Said()
        fields = {**WARN_ONLY, "accept": ["twins", "derivable", *accept], "division": division}
        spec = make_spec({"name": "v", "version": "1", "helm_runs": [str(source)], **fields}, "x")
        build_suite(spec, tmp_path / str(number), said)
        assert any("the cases are shared" in line for line in said.lines) is warns


def test_a_holdout_keeps_of_each_run_only_the_side_that_a_case_uses(disjoint: Suite) -> None:
    evaluated = {run.number for case in disjoint.cases for run in case.eval_runs}
    trained = {run.number for case in disjoint.cases for run in case.train_runs}
    parts = disjoint.manifest.parts
    assert parts[part_name(layout.TRAIN_STATS)].keys() == trained
    assert parts[part_name(layout.EVAL_TARGETS)].keys() == evaluated
    assert {run.number for run in disjoint.manifest.runs if run.targets} == evaluated
    for case in disjoint.cases:
        assert {target.run_spec_name for target in disjoint.actuals(case).stats} == {
            run.name for run in case.eval_runs
        }


BUDGETS = {"instances": [1, 2]}


def test_cases_that_differ_in_what_they_reveal_are_nested_and_not_shared() -> None:
    suite = divided(HOLDOUT, revealed=BUDGETS)
    assert find_shared(suite) is None
    found = "case-1-budget-1 and case-1-budget-2 reveal other instances of the same eval runs"
    assert (details(suite)["sharing"], details(suite)["nested_cases"]) == ("nested", found)
    refuse_shared(suite, "")
    with pytest.raises(SuiteError, match="Anyone with the whole public half"):
        refuse_nested(suite)
    accepting = divided(HOLDOUT, revealed=BUDGETS, accept=["twins", "shared"])
    refuse_nested(accepting)


def test_control_one_budget_is_not_nested_and_folds_with_budgets_are_shared(
    disjoint: Suite,
) -> None:
    assert find_nested(disjoint) is None
    folds = divided(FOLDS, revealed=BUDGETS)
    assert details(folds)["sharing"] == "shared"
    assert "is an eval run of case-1-budget-1, and a train run of case-2-budget-1" in str(
        find_shared(folds)
    )
