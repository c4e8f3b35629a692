"""Verdicts of cells become the card's, as in MAGNET; figures have intervals."""

from pathlib import Path
from typing import Any

import pytest

from runner.cards.card import ClaimAggregation, Threshold
from runner.cards.card_file import read_card
from runner.cards.verdict import Figure, Verdict, metrics, reduce_verdicts, verified_share
from tests.card_builder import write_card

V, F, I = Verdict.VERIFIED, Verdict.FALSIFIED, Verdict.INCONCLUSIVE  # noqa: E741
ALL, ANY = ClaimAggregation(type="all"), ClaimAggregation(type="any")
MOST = ClaimAggregation(type="fraction", parameters=Threshold(threshold=0.5))


@pytest.mark.parametrize(
    ("aggregation", "verdicts", "expected"),
    [
        (ALL, [V, V], V),
        (ALL, [V, I], I),
        (ALL, [V, I, F], F),
        (ANY, [F, I, V], V),
        (ANY, [F, I], I),
        (ANY, [F, F], F),
        (MOST, [V, F], V),
        (MOST, [V, I, I], F),
        (MOST, [I, I], F),
        (ALL, [], I),
        (ANY, [], I),
        (MOST, [], I),
    ],
)
def test_verdicts_of_cells_become_the_cards(
    aggregation: ClaimAggregation, verdicts: list[Verdict], expected: Verdict
) -> None:
    assert reduce_verdicts(verdicts, aggregation) is expected


def test_the_share_of_verified_cells_has_wilsons_interval() -> None:
    # Source: Newcombe 1998, Statistics in Medicine 17, table I: 81 of 263, method 3.
    share = verified_share([V] * 81 + [F] * 100 + [I] * 82)
    assert share is not None
    assert (share.low, share.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_without_cells_there_is_no_share() -> None:
    assert verified_share([]) is None


def found(folder: Path, kind: str, *values: Any, name: str | None = None) -> dict[str, Figure]:
    metric = {"define_metric": {"aggregation_strategy": {"type": kind}}, "display_name": name}
    card = read_card(write_card(folder, symbols={"x": {"value": 1, "metadata": metric}})).card
    return metrics(card, [{"x": value} for value in values])


def test_a_mean_has_students_interval(tmp_path: Path) -> None:
    # Of 1, 2, 3 the deviation is 1, and t of 2 degrees at 97.5 % is 4.302653.
    figure = found(tmp_path, "mean", 1, 2, 3, name="X")["X"]
    half = 4.302653 / 3**0.5
    expected = pytest.approx((2, 2 - half, 2 + half))
    assert (figure.value, figure.low, figure.high) == expected


@pytest.mark.parametrize(("kind", "value"), [("max", 3), ("min", 1)])
def test_an_extreme_has_no_interval(kind: str, value: int, tmp_path: Path) -> None:
    assert found(tmp_path, kind, 1, 3) == {"x": Figure(value, None, None, 2)}


def test_one_cell_has_no_interval(tmp_path: Path) -> None:
    assert found(tmp_path, "mean", 1) == {"x": Figure(1, None, None, 1)}


@pytest.mark.parametrize("value", [None, "text", {}])
def test_a_metric_that_a_cell_has_no_number_for_is_left_out(value: Any, tmp_path: Path) -> None:
    assert found(tmp_path, "mean", 1, value) == {}


def test_a_metric_of_numbers_that_are_too_large_for_it_is_left_out(tmp_path: Path) -> None:
    assert found(tmp_path, "mean", 1e308, 1e308) == {}
    assert found(tmp_path, "max", 1e308, 1e308)["x"].value == 1e308  # the control
