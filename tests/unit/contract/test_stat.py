import json
from dataclasses import fields
from typing import Any

import helm.benchmark.metrics.metric_name as helm_metric_name
import helm.benchmark.metrics.statistic as helm_statistic
import pytest
from helm.benchmark.augmentations.perturbation_description import PerturbationDescription
from helm.common.general import asdict_without_nones

from runner.contract import InstanceTarget, MetricName, Stat, Target
from runner.contract.stat import STAT_VALUES

TYPOS: dict[str, Any] = {
    "name": "typos",
    "robustness": True,
    "fairness": False,
    "computed_on": "perturbed",
}


@pytest.mark.parametrize(
    ("ours", "helms"),
    [(Stat, helm_statistic.Stat), (MetricName, helm_metric_name.MetricName)],
)
def test_fields_and_defaults_are_helms(ours: type, helms: type) -> None:
    def facts(cls: type) -> list[tuple[str, object]]:
        return [(field.name, field.default) for field in fields(cls)]

    assert facts(ours) == facts(helms)


def test_json_is_helms() -> None:
    name = helm_metric_name.MetricName(
        "exact_match", "test", None, PerturbationDescription(**TYPOS)
    )
    helms = helm_statistic.Stat(name).add(0.25).add(0.75)
    as_json = json.loads(json.dumps(asdict_without_nones(helms)))
    assert Stat.from_json(as_json).to_json() == as_json


def test_a_stat_of_count_zero_has_helms_json() -> None:
    helms = helm_statistic.Stat(helm_metric_name.MetricName("exact_match"))
    assert Stat(MetricName("exact_match")).to_json() == asdict_without_nones(helms)


def test_values_are_all_fields_but_the_name() -> None:
    assert ("name", *STAT_VALUES) == tuple(field.name for field in fields(Stat))


def test_names_are_equal_when_a_parameter_is_integer_on_one_side() -> None:
    one = MetricName("exact_match", perturbation={**TYPOS, "prob": 0})
    other = MetricName("exact_match", perturbation={"prob": 0.0, **TYPOS})
    assert one == other
    assert hash(one) == hash(other)


def test_true_is_not_one_in_a_key() -> None:
    one = MetricName("exact_match", perturbation={"robustness": True})
    assert one != MetricName("exact_match", perturbation={"robustness": 1})


def test_a_perturbation_may_have_a_list_as_parameter() -> None:
    one = MetricName("exact_match", perturbation={"name": "dialect", "classes": ["a", "b"]})
    other = MetricName("exact_match", perturbation={"name": "dialect", "classes": ["a"]})
    assert len({one, one, other}) == 2


@pytest.mark.parametrize(
    "other",
    [
        MetricName("quasi_exact_match", split="test"),
        MetricName("exact_match", split="valid"),
        MetricName("exact_match", split="test", sub_split="toxic"),
        MetricName("exact_match", split="test", perturbation=TYPOS),
    ],
)
def test_names_differ_by_every_field(other: MetricName) -> None:
    assert MetricName("exact_match", split="test") != other


def test_a_prediction_keeps_the_key_and_prefixes_the_name() -> None:
    target = Target("run", MetricName("exact_match", "test", perturbation=TYPOS))
    predicted = target.predicted(0.5, stddev=0.1)
    assert predicted.name == MetricName("predicted_exact_match", "test", perturbation=TYPOS)
    assert (predicted.count, predicted.sum, predicted.sum_squared) == (1, 0.5, 0.25)
    assert (predicted.mean, predicted.stddev, predicted.variance) == (0.5, 0.1, None)


def test_a_target_is_read_from_a_row_and_skips_missing_fields() -> None:
    row = {
        "run_spec.name": "run",
        "stats.name.name": "exact_match",
        "stats.name.split": None,
        "stats.name.perturbation.name": "typos",
        "stats.name.perturbation.prob": 0.5,
        "stats.mean": 0.75,
    }
    name = MetricName("exact_match", perturbation={"name": "typos", "prob": 0.5})
    assert Target.from_row(row) == Target("run", name)


def test_a_name_is_shown_with_all_that_makes_it() -> None:
    name = MetricName("exact_match", "test", "toxic", {**TYPOS, "prob": 0.5})
    assert str(name) == (
        "exact_match split=test sub_split=toxic "
        "perturbation(typos, computed_on=perturbed, prob=0.5, robustness)"
    )
    assert str(MetricName("exact_match")) == "exact_match"


def test_an_instance_target_is_read_from_a_row_of_per_instance_stats() -> None:
    row = {
        "run_spec.name": "run",
        "per_instance_stats.instance_id": "id3",
        "per_instance_stats.train_trial_index": 0,
        "per_instance_stats.stats.name.name": "exact_match",
        "per_instance_stats.stats.name.split": "test",
        "per_instance_stats.stats.name.sub_split": None,
        "per_instance_stats.stats.name.perturbation.name": "typos",
        "per_instance_stats.stats.mean": 1.0,
    }
    name = MetricName("exact_match", "test", perturbation={"name": "typos"})
    assert InstanceTarget.from_row(row) == InstanceTarget("run", "id3", 0, name)


def test_an_instance_target_is_predicted_as_a_target_is() -> None:
    name = MetricName("exact_match", "test")
    instance = InstanceTarget("run", "id3", 0, name)
    assert instance.predicted(0.5, stddev=0.1) == Target("run", name).predicted(0.5, stddev=0.1)


@pytest.mark.parametrize(
    ("mean", "said"),
    [
        (float("nan"), "exact_match: the mean is nan, not a number"),
        (10**400, "exact_match: the mean is too large to be scored"),
        (float("-inf"), "exact_match: the mean is -inf, not a number"),
        (-1e200, r"the mean is -1e\+200, too large to be scored: 1e\+150 is most"),
    ],
)
def test_a_mean_that_cannot_be_scored_is_refused_in_the_authors_line(
    mean: float, said: str
) -> None:
    target = Target("run", MetricName("exact_match"))
    with pytest.raises(ValueError, match=said):
        target.predicted(mean)
    assert target.predicted(-1e150).mean == -1e150  # the control
