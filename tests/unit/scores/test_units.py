import pytest

from runner.scores.metrics import METRICS
from runner.scores.policy import ScoringPolicy
from runner.scores.units import ADDS_UNITS, describe_sum, find_unit, refuse_mixed_units

MIXED = ("exact_match", "num_output_tokens")


@pytest.mark.parametrize(
    ("stat", "unit"),
    [
        ("exact_match", "shares"),
        ("quasi_exact_match@5", "shares"),
        ("rougeL", "shares"),
        ("num_prompt_tokens", "tokens"),
        ("inference_runtime", "seconds"),
        ("mental_health_accuracy", "scores of 1 to 5"),
        ("omni_math_accuracy", "shares"),
        ("wildbench_score", "scores of 1 to 10"),
        ("wildbench_score_rescaled", "shares"),
        ("logprob", "logarithms of probabilities"),
        ("my_stat", "the unit of my_stat"),
    ],
)
def test_the_table_knows_the_units_of_helms_stats(stat: str, unit: str) -> None:
    assert find_unit(stat, {}) == unit
    assert find_unit(stat, {stat: "metres"}) == "metres"


@pytest.mark.parametrize("primary", ADDS_UNITS)
def test_a_primary_metric_that_adds_up_several_units_is_refused(primary: str) -> None:
    with pytest.raises(ValueError, match=r"shares \(exact_match\) and tokens \(num_output_tokens"):
        refuse_mixed_units(MIXED, ScoringPolicy(primary=primary))
    refuse_mixed_units(("exact_match", "f1_score"), ScoringPolicy(primary=primary))  # the control


@pytest.mark.parametrize(
    "policy",
    [
        {"primary": "skill", "normalise": "skill"},
        {"stat_weights": {"exact_match": 1, "num_output_tokens": 0.01}},
        {"stat_weights": {"num_output_tokens": 0}},
        {"units": {"num_output_tokens": "shares"}},
        {"primary": "kendall"},
    ],
)
def test_the_spec_may_say_how_units_are_added(policy: dict[str, object]) -> None:
    refuse_mixed_units(MIXED, ScoringPolicy.model_validate(policy))


def test_weights_of_some_of_the_stats_do_not_say_how() -> None:
    with pytest.raises(ValueError, match="stat_weights for each"):
        refuse_mixed_units(MIXED, ScoringPolicy(stat_weights={"num_output_tokens": 0.01}))


def test_two_stats_whose_units_nobody_knows_are_not_added() -> None:
    with pytest.raises(ValueError, match=r"the unit of a \(a\) and the unit of b \(b\)"):
        refuse_mixed_units(("a", "b"), ScoringPolicy())
    refuse_mixed_units(("a", "b"), ScoringPolicy(units={"a": "metres", "b": "metres"}))


def test_every_other_ranking_metric_is_within_one_stat_or_of_probabilities() -> None:
    ranking = {metric.name for metric in METRICS.values() if metric.better is not None}
    assert ranking - set(ADDS_UNITS) == {"kendall", "model_rank", "brier", "log_loss", "auroc"}


def test_what_is_added_up_is_said_in_words() -> None:
    assert describe_sum(("exact_match",), ScoringPolicy()) == (
        "MAE of shares (exact_match): the mean within each run, weighted by instances, then over "
        "runs"
    )
    normalised = ScoringPolicy(primary="skill", normalise="skill")
    assert describe_sum(MIXED, normalised) == (
        "skill of shares (exact_match); tokens (num_output_tokens): the mean within each run, "
        "weighted by instances, then over runs; each stat against its baseline, then the mean over "
        "stats"
    )
