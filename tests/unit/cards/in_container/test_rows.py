"""A claim reads kwdagger's columns by node.field, or outright; what differs is refused."""

from typing import Any

import pytest

from runner.cards.in_container.rows import Row, fill_declared
from runner.cards.in_container.symbols import judge

ROW = {
    "node": "b",
    "metrics.a.n": 1,
    "metrics.b.n": 2,
    "params.b.n": 3,
    "params.b.p": 4,
    "metrics.b.deep.er": 5,
    "machine.b.error": 6,
}


def verdict(claim: str, row: dict[str, Any] = ROW) -> tuple[str, str]:
    bound = Row(row)
    return judge(claim, {**bound.bind_nodes(), **bound.bind()})


@pytest.mark.parametrize(
    "claim",
    [
        "assert a.n == 1",
        "assert b.p == 4",
        "assert b.deep.er == 5",
        "assert metrics.b.n == 2 and params.b.n == 3",
        "assert metrics['b.n'] == 2",
        "assert 'p' in b and 'q' not in b",
        "assert sorted(metrics) == metrics.keys() and len(metrics) == 3",
        "assert dict(a.items()) == {'n': 1} and a.values() == [1]",
        "assert machine.b.error == 6",
        "assert node == 'b'",
    ],
)
def test_a_field_is_found(claim: str) -> None:
    assert verdict(claim) == ("VERIFIED", "Assertion holds")


def test_a_name_that_differs_between_namespaces_is_refused() -> None:
    status, output = verdict("b.n")
    assert status == "INCONCLUSIVE"
    assert "differs between ['metrics.b.n', 'params.b.n']; name one of them" in output


def test_control_the_same_name_with_equal_values_is_taken() -> None:
    row = {"metrics.b.n": 2, "params.b.n": 2}
    assert verdict("assert b.n == 2", row)[0] == "VERIFIED"


def test_a_field_that_is_not_there_is_inconclusive() -> None:
    assert "no 'q'; there are ['deep.er'" in verdict("b.q")[1]


def test_what_the_claim_read_is_known_by_its_column() -> None:
    row = Row(ROW)
    judge("a.n; metrics.b.deep.er", {**row.bind_nodes(), **row.bind()})
    assert row._consumed == ["metrics.a.n", "metrics.b.deep.er"]


def test_a_symbol_that_is_only_described_gets_its_column() -> None:
    symbols: dict[str, Any] = {name: {} for name in ("metrics.b.n", "a.n", "p", "q")}
    symbols["er"] = {"value": 9}
    fill_declared(symbols, ROW)
    found = {name: symbol.get("value") for name, symbol in symbols.items()}
    assert found == {"metrics.b.n": 2, "a.n": 1, "p": 4, "q": None, "er": 9}
