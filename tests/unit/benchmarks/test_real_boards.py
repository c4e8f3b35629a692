import pytest

from benchmarks.real_boards import independent, make_board
from tests.records_builder import records
from tests.unit.scores.simulation import crossed_targets


def test_before_every_target_weighs_the_same_and_runs_are_independent() -> None:
    """Copies, which now weigh nothing, count; the interval is narrower by far."""
    targets = crossed_targets(12, 3)
    copies = [
        {**each, "instances": 0, "name": {"name": "copy"}}
        for each in targets
        if each["name"]["name"] == "a"
    ]
    entries = {"one": records([*targets, *copies])}
    before = make_board(
        {name: independent(frame) for name, frame in entries.items()}, jointly=False
    )
    now = make_board(entries, jointly=True)
    errors = [abs(each["predicted"] - each["actual"]) for each in (*targets, *copies)]
    assert float(before["one"][0]) == pytest.approx(sum(errors) / len(errors), abs=1e-4)
    of_targets = errors[: len(targets)]
    assert float(now["one"][0]) == pytest.approx(sum(of_targets) / len(of_targets), abs=1e-4)

    def width(interval: str) -> float:
        low, high = map(float, interval.split(" to "))
        return high - low

    assert width(now["one"][1]) > width(before["one"][1])
