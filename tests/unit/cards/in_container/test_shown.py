"""Whatever a value is, what is shown of it is JSON of bounded size."""

import json
import math
from typing import Any

import pytest

from runner.cards.in_container.shown import MOST_TEXT, MOST_VALUE, bounded, plain, view


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, True),
        (None, None),
        (1, 1),
        (0.5, 0.5),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        (10**200, repr(10**200)),
        ("\ud800", "?"),
        ({1: {2, 3}, "a": (1,)}, {"1": "{2, 3}", "a": [1]}),
    ],
)
def test_a_value_becomes_json(value: Any, shown: Any) -> None:
    assert plain(value) == shown
    json.dumps(shown, allow_nan=False)


def test_a_deep_value_ends_as_text() -> None:
    deep: Any = 1
    for _ in range(20):
        deep = [deep]
    text = json.dumps(plain(deep))
    assert text.count("[") == 20
    assert '"[[[' in text


def test_a_value_that_can_not_be_shown_is_named_by_its_class() -> None:
    class Hostile:
        def __repr__(self) -> str:
            raise MemoryError

    assert plain(Hostile()) == "a Hostile"


def test_of_a_large_value_the_beginning_of_its_text_is_shown() -> None:
    found = bounded({"a": list(range(MOST_VALUE)), "b": [1]})
    assert len(found["a"]) == MOST_TEXT
    assert found["b"] == [1]


def test_the_values_that_magnet_shows_are_shown() -> None:
    values = {"a": 1, "b": 0.5, "c": "t", "d": {}, "e": [1, "x"], "f": True, "g": ["x"], "h": []}
    assert list(view(values)) == ["a", "b", "c", "d", "e"]
