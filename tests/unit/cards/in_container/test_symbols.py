"""Symbols and claims follow MAGNET's rules."""

from typing import Any

import pytest

from runner.cards.in_container.shown import CardFault
from runner.cards.in_container.symbols import judge, resolve


def symbol(python: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"type": "Any", "python": python, **fields}


def load(_files: Any) -> str:
    return "a frame"


def resolved(**symbols: dict[str, Any]) -> dict[str, Any]:
    return resolve(symbols, load)


def test_a_symbol_is_computed_after_those_that_it_needs() -> None:
    found = resolved(b=symbol("b = a + 1", depends=["a"]), a=symbol(value=1))
    assert found == {"b": 2, "a": 1}


def test_a_symbol_sees_those_before_it_though_it_does_not_name_them() -> None:
    assert resolved(a=symbol(value=1), b=symbol("b = a"))["b"] == 1


def test_names_and_imports_of_a_symbol_do_not_reach_the_next() -> None:
    with pytest.raises(CardFault, match="symbol b: NameError: name 'math' is not defined"):
        resolved(a=symbol("import math\na = 1"), b=symbol("b = math.pi", depends=["a"]))


def test_control_the_symbol_itself_does() -> None:
    assert resolved(a=symbol("import math\na = math.floor(1.5)"))["a"] == 1


def test_a_symbol_that_does_not_assign_its_name_aborts_the_card() -> None:
    with pytest.raises(CardFault, match="symbol a: NameError: its Python does not assign a"):
        resolved(a=symbol("b = 1"))


def test_a_fault_of_a_symbol_is_named_with_its_line() -> None:
    with pytest.raises(CardFault, match=r"ZeroDivisionError: division by zero \(line 2 of its"):
        resolved(a=symbol("x = 0\na = 1 / x"))


def test_a_value_is_taken_as_it_is_and_outranks_python() -> None:
    assert resolved(a=symbol("a = 2", value="no int", type="int"))["a"] == "no int"


def test_a_null_has_no_value_as_in_magnet() -> None:
    with pytest.raises(CardFault, match="does not assign a"):
        resolved(a=symbol(value=None))


def test_evidence_is_loaded() -> None:
    assert resolved(a=symbol(evidence="a.parquet"))["a"] == "a frame"


@pytest.mark.parametrize(
    ("kind", "python", "fits"),
    [
        ("int", "1", True),
        ("int", "True", True),  # as in Python
        ("int", "1.0", False),
        ("float", "1", False),
        ("List[int]", "[1, 2]", True),
        ("List[int]", "(1, 2)", False),
        ("List[int]", "[1, 'a']", False),
        ("list", "[1, 'a']", True),
        ("Dict[str, float]", "{'a': 1.0}", True),
        ("Dict[str, float]", "{1: 1.0}", False),
        ("List[Tuple[str, float]]", "[('a', 1.0)]", True),
        ("Tuple[int, int]", "(1, 2, 3)", False),
        ("Any", "object()", True),
        ("object", "object()", True),
        ("int | None", "1", False),  # MAGNET knows no unions
    ],
)
def test_a_computed_value_is_checked_against_its_type(kind: str, python: str, fits: bool) -> None:
    symbols = {"a": symbol(f"a = {python}", type=kind)}
    if fits:
        assert "a" in resolve(symbols, load)
    else:
        with pytest.raises(CardFault, match=r"symbol a: TypeError: .* is not"):
            resolve(symbols, load)


@pytest.mark.parametrize(
    ("claim", "verdict", "output"),
    [
        ("assert x == 1", "VERIFIED", "Assertion holds"),
        ("", "VERIFIED", "Assertion holds"),
        ("assert x == 2, 'no'", "FALSIFIED", "Assertion does not hold: no"),
        ("raise AssertionError", "FALSIFIED", "Assertion does not hold: "),
        ("y", "INCONCLUSIVE", "SymbolNotResolved: name 'y' is not defined"),
        ("1 / 0", "INCONCLUSIVE", "ERROR evaluating claim: division by zero"),
        ("x =", "INCONCLUSIVE", "ERROR evaluating claim: invalid syntax (<claim>, line 1)"),
    ],
)
def test_how_a_claim_ends_is_its_verdict(claim: str, verdict: str, output: str) -> None:
    assert judge(claim, {"x": 1}) == (verdict, output)


def test_an_exception_without_words_gets_its_class_name() -> None:
    claim = "class E(Exception):\n    __str__ = None\nraise E"
    assert judge(claim, {}) == ("INCONCLUSIVE", "ERROR evaluating claim: E")
