import pytest

from runner.errors import UsageError
from runner.scores.gate import check_gate, read_gate
from runner.scores.metrics import METRICS
from runner.scores.score import Score


def score(metric: str, value: float | None, low: float | None = None) -> Score:
    return Score(
        category=None,
        group=None,
        metric=metric,
        value=value,
        reason=None if value is not None else "the actual means are all the same",
        low=low,
        high=None if low is None else 0.3,
        note=None,
        targets=8,
        missing=0,
        runs=8,
        scenarios=4,
        models=2,
    )


@pytest.mark.parametrize(
    ("gate", "value", "is_met"),
    [
        ("mae=0.2", 0.1, True),
        ("mae=0.2", 0.2, True),
        ("mae=0.2", 0.21, False),
        ("skill=0.2", 0.3, True),
        ("skill=0.2", 0.2, True),
        ("skill=0.2", 0.19, False),
        ("r2=-1", -0.5, True),
    ],
)
def test_which_side_of_a_gate_is_better_follows_from_the_metric(
    gate: str, value: float, is_met: bool
) -> None:
    wanted = read_gate(gate)
    assert check_gate(wanted, [score(wanted.metric.name, value)]).is_met is is_met


def test_a_result_names_metric_value_interval_and_gate() -> None:
    below = check_gate(read_gate("mae=0.1"), [score("mae", 0.2, 0.15)])
    assert str(below) == "MAE 0.2000 (0.1500 to 0.3000) is below the gate: MAE at most 0.1"
    met = check_gate(read_gate("kendall=0.1"), [score("kendall", 0.2)])
    assert str(met) == "Kendall 0.2000 meets the gate: Kendall at least 0.1"


def test_a_score_that_has_no_value_or_is_not_there_never_meets_a_gate() -> None:
    without_value = check_gate(read_gate("r2=-100"), [score("r2", None)])
    absent = check_gate(read_gate("brier=100"), [score("mae", 0.0)])
    assert not without_value.is_met
    assert not absent.is_met
    assert "the actual means are all the same" in str(without_value)
    assert str(absent) == "no Brier, which is below the gate: Brier at most 100"


@pytest.mark.parametrize("text", ["accuracy=1", "mae", "mae=", "mae=low", "mae=nan", "mae=inf", ""])
def test_what_is_no_metric_or_no_number_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"gate is"):
        read_gate(text)


@pytest.mark.parametrize("name", [name for name, each in METRICS.items() if each.better is None])
def test_a_metric_without_a_better_side_is_no_gate(name: str) -> None:
    with pytest.raises(UsageError, match="no better side"):
        read_gate(f"{name}=0.1")


@pytest.mark.parametrize("name", [name for name, each in METRICS.items() if each.better])
def test_every_metric_that_ranks_can_be_a_gate(name: str) -> None:
    assert read_gate(f"{name}=0.1").metric.name == name
