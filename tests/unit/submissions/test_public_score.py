"""The score that a ledger records: on public targets alone, bounded, and always defined."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.contract.stat import InstanceTarget, Stat, Target
from runner.errors import UsageError
from runner.reports.report import CaseRecord, Report
from runner.submissions.entries import Began, Scored
from runner.submissions.ladder import PublicScore
from runner.submissions.ledger import Ledger
from runner.submissions.public_score import (
    BOUNDED,
    check_kinds,
    check_scoring,
    score_public,
    scored_runs,
)
from runner.submissions.rules import Rules
from runner.submissions.split import FEWEST_GROUPS, private_report, public_runs
from runner.suites.suite import Suite
from tests.evaluation_builder import Predict, evaluate_function, off_by
from tests.helm_builder import request_state, run_files, stat, write_run
from tests.suite_builder import build_unaudited
from tests.unit.submissions.builder import submission

DIVISION = {"method": "holdout", "by": "run", "share": 0.8, "cases": 2}
RULES = Rules(public_share=0.4, seed="s")
RUNS = 10
INSTANCES: dict[str, Any] = {"instance_targets": ["exact_match"]}
"""Targets of each kind, so that every metric may be the primary one."""


def make_suite(root: Path, means: Any = None, runs: int = RUNS, **fields: Any) -> Suite:
    """Return a suite of eight eval runs, each of another scenario, in two disjoint cases."""
    for number in range(runs):
        name = f"demo{number}:model=m"
        mean = 0.3 + number / 50 if means is None else means(number)
        files = run_files(name, stats=[stat("exact_match", mean)])
        files["run_spec.json"]["scenario_spec"] = {"class_name": f"a.S{number}", "args": {}}
        write_run(root / "runs", name, files)
    return build_unaudited(root / "runs", root / "suite", division=DIVISION, **fields)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    return make_suite(tmp_path_factory.mktemp("suite"))


@pytest.fixture(scope="module")
def with_instances(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    return make_suite(tmp_path_factory.mktemp("instances"), **INSTANCES)


def by(suite: Suite, primary: str) -> Suite:
    """Return the suite as one whose spec names this primary metric."""
    choices = {**suite.manifest.choices, "scoring": {"primary": primary}}
    return replace(suite, manifest=suite.manifest.model_copy(update={"choices": choices}))


def report(suite: Suite, predict: Predict) -> Report:
    """Return the report of a predictor, with the choices that a real one has."""
    made = evaluate_function(suite, predict).report
    choices = suite.manifest.choices
    return made.model_copy(update={"suite": made.suite.model_copy(update={"choices": choices})})


def on_sides(suite: Suite, on_public: float, on_private: float) -> Report:
    """Return the report of what is off by this much on each side."""
    public = public_runs(report(suite, off_by(0.0)), RULES)

    def predict(target: Target | InstanceTarget, actual: Stat) -> Stat | None:
        is_public = target.run_spec_name in public
        return off_by(on_public if is_public else on_private)(target, actual)

    return report(suite, predict)


def score(made: Report) -> tuple[PublicScore, PublicScore]:
    found = score_public(made, public_runs(made, RULES))
    assert found is not None
    return found


def test_the_public_score_uses_no_private_target_and_the_private_no_public_one(
    suite: Suite,
) -> None:
    told = [score(on_sides(suite, 0.1, off)) for off in (0.0, 0.3)]
    assert told[0] == told[1]
    assert told[0][0].value == pytest.approx(0.1)
    public = public_runs(on_sides(suite, 0.1, 0.0), RULES)
    assert len(told[0][0].left_out) == len(public) == 4
    for on_public in (0.0, 0.3):
        private = private_report(on_sides(suite, on_public, 0.2), RULES).score("mae")
        assert private is not None
        assert private.value == pytest.approx(0.2)
        assert private.runs == 8 - len(public)


@pytest.mark.parametrize("huge", [1.5, 1e3, 1e52])
def test_a_huge_prediction_counts_as_the_largest_loss(suite: Suite, huge: float) -> None:
    """So it carries no digit: 1000 less the largest error was the target's actual."""
    assert score(on_sides(suite, huge, 0.0))[0].value == 1.0
    assert score(on_sides(suite, 0.9, 0.0))[0].value == pytest.approx(0.9)  # the control


def test_control_an_error_without_a_bound_tells_an_actual(suite: Suite) -> None:
    """One prediction of 1000: the largest error, or the mean of all, gives that target's actual."""
    (spiked, *_) = public_runs(report(suite, off_by(0.0)), RULES)

    def spike(target: Target | InstanceTarget, actual: Stat) -> Stat | None:
        known = target.predicted(1000.0)
        return known if target.run_spec_name == spiked else off_by(0.0)(target, actual)

    made = report(suite, spike)
    targets = [each for case in made.cases for each in case.targets]
    (actual,) = [each.actual["mean"] for each in targets if each.run_spec_name == spiked]
    values = {each.metric: each.value for each in made.scores}
    assert 1000.0 - (values["max_error"] or 0) == pytest.approx(actual)
    assert 1000.0 - (values["mae"] or 0) * len(targets) == pytest.approx(actual)
    assert score(made)[0].value == pytest.approx(1 / len(public_runs(made, RULES)))  # the ledger's


def with_f1(root: Path, *binary: str) -> Suite:
    """Return a suite scored by f1 of instances, which in some runs is 0 or 1 alone."""
    for number in range(RUNS):
        name = f"demo{number}:model=m"
        means = [0.0, 1.0] if name in binary else [0.0, 0.6]
        per_instance = [
            {"instance_id": f"id{place}", "train_trial_index": 0, "stats": [stat("f1", mean)]}
            for place, mean in enumerate(means)
        ]
        files = run_files(
            name,
            request_states=[request_state(f"id{place}") for place in range(len(means))],
            per_instance_stats=per_instance,
        )
        files["run_spec.json"]["scenario_spec"] = {"class_name": f"a.S{number}", "args": {}}
        write_run(root / "runs", name, files)
    fields: dict[str, Any] = {"instance_targets": ["f1"], "division": DIVISION}
    return by(build_unaudited(root / "runs", root / "suite", **fields), "instance_mae")


def test_a_split_on_which_a_stat_would_be_of_another_kind_is_refused(tmp_path: Path) -> None:
    suite = with_f1(tmp_path / "all")
    public = public_runs(report(suite, off_by(0.0)), RULES)
    check_kinds(suite, public)  # the control
    one_sided = with_f1(tmp_path / "some", *public)
    with pytest.raises(UsageError, match="'f1' is 0 or 1, on the other not"):
        check_kinds(one_sided, public)
    assert score_public(report(one_sided, off_by(0.1)), public) is None  # what is prevented
    check_kinds(by(one_sided, "mae"), public)
    few = with_f1(tmp_path / "few", next(iter(public)))
    check_kinds(few, public)


def test_runs_without_a_target_take_no_place_on_the_public_split(tmp_path: Path) -> None:
    """Who adds runs to a suite could leave it nothing to be told of: half of these have no mean."""

    def mean(number: int) -> float:
        return math.nan if number % 2 else 0.3 + number / 50

    half = make_suite(tmp_path / "half", means=mean, runs=20)
    made = report(half, off_by(0.1))
    public, own = public_runs(made, RULES), scored_runs(half).keys()
    assert len(made.eval_run_specs) == 16
    assert 6 <= len(own) <= 10
    assert public.keys() < own
    assert len(public) == math.ceil(0.4 * len(own))
    found, baseline = score(made)
    assert len(found.left_out) == len(baseline.left_out) == len(public)


def test_control_where_all_runs_have_targets_all_are_divided(suite: Suite) -> None:
    assert scored_runs(suite) == report(suite, off_by(0.0)).eval_run_specs


def test_runs_of_which_the_score_is_not_take_no_place_on_the_public_split(tmp_path: Path) -> None:
    """A Brier score is of stats that are 0 or 1; two runs in three have only another."""
    weights = {f"S{number}()": 0.0 for number in range(20) if number % 3}
    weighed = make_suite(tmp_path / "weighed", runs=20, scoring={"scenario_weights": weights})
    for number in range(20):
        files = run_files(f"demo{number}:model=m")
        if number % 3:
            for each in files["per_instance_stats.json"]:
                each["stats"] = [stat("f1", 0.4)]
        files["run_spec.json"]["scenario_spec"] = {"class_name": f"a.S{number}", "args": {}}
        write_run(tmp_path / "runs", f"demo{number}:model=m", files)
    fields = {"instance_targets": ["exact_match", "f1"], "scoring": {"primary": "brier"}}
    mixed = build_unaudited(tmp_path / "runs", tmp_path / "mixed", division=DIVISION, **fields)
    for made in (weighed, mixed):
        known = report(made, off_by(0.1))
        public, own = public_runs(known, RULES), scored_runs(made).keys()
        assert {int(run[4:].partition(":")[0]) % 3 for run in own} == {0}
        assert public.keys() < own
        assert len(public) == math.ceil(0.4 * len(own))
        assert len(score(known)[0].left_out) == len(public)
    others = scored_runs(by(mixed, "instance_mae")).keys()
    assert others.isdisjoint(scored_runs(mixed))
    assert len(others) > FEWEST_GROUPS


def test_the_largest_loss_is_the_suites(tmp_path: Path) -> None:
    wide = make_suite(tmp_path, scoring={"range": [-1, 1]})
    assert score(on_sides(wide, 1.5, 0.0))[0].value == 1.5
    assert score(on_sides(wide, 5.0, 0.0))[0].value == 2.0


def test_the_baseline_is_the_train_means_score(suite: Suite) -> None:
    made = on_sides(suite, 0.1, 0.1)
    public = public_runs(made, RULES)
    off = [
        abs(target.baseline - target.actual["mean"])
        for case in made.cases
        for target in case.targets
        if target.run_spec_name in public and target.baseline is not None
    ]
    assert score(made)[1].value == pytest.approx(sum(off) / len(off))


def test_scenarios_weigh_what_the_suite_says_and_each_group_can_be_left_out(
    tmp_path: Path,
) -> None:
    """Without its only run a scenario has no score, but the others have."""
    weights = {f"S{number}()": 3.0 if number % 2 else 1.0 for number in range(RUNS)}
    weighted = make_suite(tmp_path, scoring={"scenario_weights": weights})

    def predict(target: Target | InstanceTarget, actual: Stat) -> Stat | None:
        return off_by(0.1 if int(target.run_spec_name[4]) % 2 else 0.5)(target, actual)

    made = report(weighted, predict)
    odd = [int(run[4]) % 2 for run in public_runs(made, RULES)]
    found, _ = score(made)
    heavy, light = 3 * sum(odd), len(odd) - sum(odd)
    assert 0 < sum(odd) < len(odd)
    assert found.value == pytest.approx((0.1 * heavy + 0.5 * light) / (heavy + light))
    without_light = (0.1 * heavy + 0.5 * (light - 1)) / (heavy + light - 1)
    assert any(each == pytest.approx(without_light) for each in found.left_out)
    assert len(found.left_out) == len(odd)


def test_the_ledgers_score_weighs_targets_as_the_suites_score_does(suite: Suite) -> None:
    """Each public run gets a target of twice the instances that is off by 0.4, and a wild copy."""
    made = on_sides(suite, 0.1, 0.1)

    def add(case: CaseRecord, instances: int, off: float) -> CaseRecord:
        more = [
            each.model_copy(
                update={
                    "name": {**each.name, "split": f"{each.name['split']} {instances}"},
                    "instances": instances,
                    "predicted": {"mean": each.actual["mean"] + off},
                }
            )
            for each in case.targets
        ]
        return case.model_copy(update={"targets": (*case.targets, *more)})

    def with_more(instances: int, off: float, report: Report) -> Report:
        cases = tuple(add(case, instances, off) for case in report.cases)
        return report.model_copy(update={"cases": cases})

    (own,) = {target.instances for case in made.cases for target in case.targets}
    of_both = with_more(2 * own, 0.4, made)
    assert score(of_both)[0].value == pytest.approx((0.1 + 2 * 0.4) / 3)
    assert score(with_more(0, 0.9, of_both))[0].value == pytest.approx(0.3)


@pytest.mark.parametrize("primary", ["pearson", "kendall", "crps", "skill", "rmse", "log_loss"])
def test_a_metric_that_may_have_no_value_or_no_bound_is_refused_before_anything_runs(
    with_instances: Suite, primary: str
) -> None:
    with pytest.raises(UsageError, match="mean of bounded losses"):
        check_scoring(by(with_instances, primary))


@pytest.mark.parametrize("primary", BOUNDED)
def test_control_means_of_bounded_losses_are_admitted(with_instances: Suite, primary: str) -> None:
    check_scoring(by(with_instances, primary))


def test_actuals_farther_apart_than_the_largest_loss_are_refused(tmp_path: Path) -> None:
    def apart(number: int) -> float:
        return number * 10.0

    with pytest.raises(UsageError, match=r"scoring: \{range"):
        check_scoring(make_suite(tmp_path / "a", means=apart))
    check_scoring(make_suite(tmp_path / "b", means=apart, scoring={"range": [0, 100]}))


def test_constant_predictions_leave_the_ledger_readable(suite: Suite, tmp_path: Path) -> None:
    """With a correlation as the primary metric they wrote a null, which no command could read."""

    def constant(target: Target | InstanceTarget, _actual: Stat) -> Stat | None:
        return target.predicted(0.5)

    ledger = Ledger(tmp_path / "ledger")
    ledger.create(RULES)
    began = ledger.admit(submission(), "image")
    assert isinstance(began, Began)
    ledger.settle(began, *score(report(suite, constant)), 1.0)
    assert len(ledger.attempts()) == 1


def test_an_undefined_score_can_not_be_an_entry(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.create(RULES)
    began = ledger.admit(submission(), "image")
    assert isinstance(began, Began)
    with pytest.raises(ValueError, match="finite"):
        Scored(id="x", at=began.at, value=float("nan"), left_out=(), published=0.5)
    whole = ledger.path.read_bytes()
    # The control: what was written for it can't be read by anyone.
    line = '{"event":"scored","id":"x","at":"2026-01-01T00:00:00Z","value":null,"left_out":[],'
    ledger.path.write_bytes(whole + f'{line}"published":null}}\n'.encode())
    with pytest.raises(UsageError, match="not an entry"):
        ledger.read()
