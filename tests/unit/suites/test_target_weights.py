"""What HELM writes twice counts once; all else weighs its instances."""

import ast
import importlib.util
import typing
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pytest
from helm.benchmark.augmentations import perturbation_description
from helm.benchmark.augmentations.perturbation_description import PerturbationDescription
from helm.benchmark.metrics import metric_name as helm_names
from helm.benchmark.metrics.statistic import Stat as HelmStat
from helm.benchmark.metrics.statistic import merge_stat
from helm.common.general import asdict_without_nones

from runner.contract.stat import MetricName
from runner.suites.items import describe_items
from runner.suites.target_weights import weigh_targets
from tests.helm_builder import request_state, run_files, stat, write_run
from tests.suite_builder import build_unaudited


class Instance(NamedTuple):
    """What HELM's function reads of its instances."""

    id: str
    perturbation: PerturbationDescription | None


def compute_worst_case_metrics(per_instance: Mapping[Instance, list[HelmStat]]) -> list[HelmStat]:
    """Run HELM's own function, whose module needs packages that HELM's extra alone brings."""
    package = importlib.util.find_spec("helm.benchmark.metrics")
    assert package is not None
    assert package.submodule_search_locations is not None
    source = Path(package.submodule_search_locations[0]) / "metric.py"
    (function,) = [
        node
        for node in ast.parse(source.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == "compute_worst_case_metrics"
    ]
    names: dict[str, Any] = {
        **vars(typing),
        **vars(perturbation_description),
        "Instance": Instance,
        "Stat": HelmStat,
        "MetricName": helm_names.MetricName,
        "merge_stat": merge_stat,
        "replace": replace,
        "defaultdict": defaultdict,
    }
    exec(compile(ast.Module([function], []), str(source), "exec"), names)
    found: list[HelmStat] = names["compute_worst_case_metrics"](per_instance)
    return found


IDS = [f"id{number}" for number in range(20)]
TYPOS = PerturbationDescription(name="typos", robustness=True)
SPACE = PerturbationDescription(name="space", robustness=True)
DIALECT = PerturbationDescription(name="dialect", fairness=True)

Changed = Mapping[PerturbationDescription, Collection[str]]
"""The instances that each perturbation has changed."""


def helm_stats(changed: Changed) -> tuple[dict[str, float], list[MetricName]]:
    """Return the means of HELM's own stats of random values, by their names, and the names."""
    random = np.random.default_rng(3)
    name = helm_names.MetricName("exact_match", split="test")
    per_instance = {
        Instance(each, perturbation): [
            HelmStat(replace(name, perturbation=perturbation)).add(random.random())
        ]
        for perturbation in (None, *changed)
        for each in (IDS if perturbation is None else changed[perturbation])
    }
    stats: dict[helm_names.MetricName, HelmStat] = {}
    for each in (of_one for one in per_instance.values() for of_one in one):
        merge_stat(stats, each)
    for each in compute_worst_case_metrics(per_instance):
        merge_stat(stats, each)
    means = {str(ours(each)): float(found.mean or 0) for each, found in stats.items()}
    return means, list(map(ours, stats))


def ours(name: helm_names.MetricName) -> MetricName:
    description = name.perturbation
    fields = None if description is None else asdict_without_nones(description)
    return MetricName(name.name, name.split, None, fields)


def frames(names: Collection[MetricName], changed: Changed) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the frames of a run's stats, without any value, and of its items."""
    stats = pl.DataFrame(
        [
            {
                "stats.name.name": name.name,
                "stats.name.split": name.split,
                **{f"stats.name.perturbation.{k}": v for k, v in (name.perturbation or {}).items()},
            }
            for name in names
        ],
        infer_schema_length=None,
    )
    instance = "scenario_state.request_states.instance."
    rows: list[dict[str, Any]] = [
        {
            f"{instance}input.text": "Which?",
            f"{instance}id": each,
            f"{instance}split": "test",
            **{
                f"{instance}perturbation.{key}": value
                for key, value in (
                    {} if perturbation is None else asdict_without_nones(perturbation)
                ).items()
            },
        }
        for perturbation in (None, *changed)
        for each in (IDS if perturbation is None else changed[perturbation])
    ]
    return stats, describe_items(pl.DataFrame(rows, infer_schema_length=None))


@pytest.mark.parametrize(
    ("changed", "distinct"),
    [
        ({}, 1),
        ({TYPOS: IDS}, 3),
        ({TYPOS: IDS[:12]}, 5),
        ({TYPOS: IDS, SPACE: IDS}, 6),
        ({TYPOS: IDS[:12], DIALECT: IDS}, 7),
        ({DIALECT: IDS}, 3),
    ],
)
def test_the_targets_that_weigh_nothing_are_those_that_helm_computes_twice(
    changed: Changed, distinct: int
) -> None:
    """The values are random, so that only what HELM makes the same is the same."""
    means, names = helm_stats(changed)
    weights = weigh_targets(names, *frames(names, changed))
    weighing = [means[str(name)] for name, weight in zip(names, weights, strict=True) if weight]
    assert len(weighing) == len({round(mean, 9) for mean in means.values()}) == distinct
    assert {round(mean, 9) for mean in weighing} == {round(mean, 9) for mean in means.values()}


def test_a_stat_weighs_the_instances_that_it_is_over() -> None:
    changed = {TYPOS: IDS[:12]}
    _, names = helm_stats(changed)
    weights = weigh_targets(names, *frames(names, changed))
    found = {str(name): weight for name, weight in zip(names, weights, strict=True)}
    typos = "exact_match split=test perturbation(typos, computed_on={}, robustness)"
    assert {words: found[typos.format(words)] for words in ("original", "perturbed", "worst")} == {
        "original": 12,
        "perturbed": 12,
        "worst": 12,
    }
    assert found["exact_match split=test"] == 20


def test_a_summary_alone_weighs_as_the_stat_that_it_repeats() -> None:
    _, names = helm_stats({})
    assert weigh_targets(names[1:], *frames(names, {})) == [20, 0]


def test_a_run_without_request_states_weighs_its_targets_the_same() -> None:
    _, names = helm_stats({})
    stats, _ = frames(names, {})
    assert weigh_targets(names, stats, describe_items(pl.DataFrame())) == [1, 0, 0]


def test_a_suite_keeps_what_its_targets_weigh_and_the_mean_of_its_sample(tmp_path: Path) -> None:
    """Of the 3 instances of test and the 2 of valid all but one of each are revealed."""
    splits = ["test", "test", "test", "valid", "valid"]
    states = []
    for each, split in zip(IDS[:5], splits, strict=True):
        state = request_state(each)
        states.append({**state, "instance": {**state["instance"], "split": split}})
    for run in ("a", "b"):
        of_instances = [
            {
                "instance_id": each,
                "train_trial_index": 0,
                "stats": [stat("exact_match", number / 10, split=splits[number])],
            }
            for number, each in enumerate(IDS[:5])
        ]
        stats = [stat("exact_match", 0.1), stat("exact_match", 0.1, split="valid")]
        files = run_files(run, stats=stats, request_states=states, per_instance_stats=of_instances)
        write_run(tmp_path / "runs", run, files)
    division = {"method": "leave_one_out", "by": "run"}
    suite = build_unaudited(
        tmp_path / "runs", tmp_path / "suite", division=division, revealed={"instances": 5}
    )
    bases = suite.actuals(suite.cases[0]).bases
    assert [basis.instances for basis in bases.values()] == [3, 2]
    of_test, of_valid = (basis.sample_mean for basis in bases.values())
    assert of_test in [pytest.approx((sum((0.0, 0.1, 0.2)) - left) / 2) for left in (0, 0.1, 0.2)]
    assert of_valid in (0.3, 0.4)


@pytest.mark.parametrize(
    "odd", [{"name": 1.5}, {"name": "typos", "prob": 10**400}], ids=["name", "prob"]
)
def test_a_perturbation_may_say_of_itself_what_it_wants(
    tmp_path: Path, odd: dict[str, Any]
) -> None:
    """Its fields are free-form: their types differ from run to run."""
    usual = {"name": "typos", "prob": 0.5}
    for run, perturbation in {"a": odd, "b": usual}.items():
        stats = [stat("exact_match", 0.1), stat("exact_match", 0.2, perturbation=perturbation)]
        state = request_state("id1")
        perturbed = {**state, "instance": {**state["instance"], "perturbation": perturbation}}
        files = run_files(run, stats=stats, request_states=[state, perturbed])
        write_run(tmp_path / "runs", run, files)
    division = {"method": "leave_one_out", "by": "run"}
    suite = build_unaudited(tmp_path / "runs", tmp_path / "suite", division=division)
    assert [len(suite.actuals(case).stats) for case in suite.cases] == [2, 2]
