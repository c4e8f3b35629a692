import pytest

from runner.scores.calibration import LEVELS, coverage_curve, reliability
from runner.scores.policy import ScoringPolicy
from tests.records_builder import records, target
from tests.unit.scores.builder import scores_of

POLICY = ScoringPolicy()


def test_each_level_has_the_share_of_actuals_within_its_intervals() -> None:
    """Errors of .5, 1 and 2 stddevs: within 50 % are .674, within 80 % 1.28, within 99 % 2.58."""
    errors = {"a": 0.05, "b": 0.1, "c": 0.2}
    frame = records(
        [target(run, predicted=0.5 + e, actual=0.5, stddev=0.1) for run, e in errors.items()]
    )
    found = {point.claimed: point.found for point in coverage_curve(frame, POLICY)}
    assert tuple(found) == LEVELS
    wanted = {0.3: 0, 0.5: 1 / 3, 0.8: 2 / 3, 0.99: 1}
    assert {level: found[level] for level in wanted} == pytest.approx(wanted)


def test_at_95_percent_it_is_the_metric_coverage() -> None:
    targets = [
        target(f"run{i % 3}", predicted=0.5, actual=0.5 + 0.06 * i, stddev=0.1, instances=i + 1)
        | {"name": {"name": f"stat{i}"}}
        for i in range(7)
    ]
    (point,) = [p for p in coverage_curve(records(targets), POLICY) if p.claimed == 0.95]
    assert point.found == pytest.approx(scores_of(targets)["coverage"].value)
    assert 0 < point.found < 1


def test_without_a_stddev_nothing_is_claimed() -> None:
    frame = records([target(predicted=0.5, stddev=0.0), target("b", predicted=0.5)])
    assert coverage_curve(frame, POLICY) == []


def of_instances(*pairs: tuple[float, float]) -> list[dict[str, object]]:
    return [
        target(f"run{n}", predicted=predicted, actual=actual, instance_id="id1")
        for n, (predicted, actual) in enumerate(pairs)
    ]


def test_each_bin_of_probabilities_has_its_share_of_ones() -> None:
    frame = records(of_instances((0.05, 0.0), (0.15, 1.0), (0.2, 0.0), (0.91, 1.0), (1.5, 1.0)))
    found = [(p.claimed, p.found, p.targets) for p in reliability(frame, POLICY)]
    assert found == [
        pytest.approx((0.05, 0.0, 1)),
        pytest.approx((0.175, 0.5, 2)),  # up to .2
        pytest.approx((0.955, 1.0, 2)),  # a prediction beyond 1 counts as 1
    ]


def test_the_bins_are_those_of_the_metric_ece() -> None:
    targets = of_instances((0.05, 0.0), (0.15, 1.0), (0.2, 0.0), (0.91, 1.0), (1.0, 0.0))
    points = reliability(records(targets), POLICY)
    of_bins = sum(abs(p.claimed - p.found) * p.targets for p in points) / len(targets)
    assert of_bins == pytest.approx(scores_of(targets)["ece"].value)


def test_stats_of_runs_have_no_reliability() -> None:
    assert reliability(records([target(predicted=0.5)]), POLICY) == []
