"""Arrow makes an array of nested items only if nothing of them is lost or changed."""

from typing import Any

import pytest

from runner.helm_outputs.shapes import GENERATED_OUTPUT, REFERENCE, TOKEN
from runner.helm_outputs.usual_items import to_usual_array

YES: dict[str, Any] = {"output": {"text": "yes"}, "tags": ["correct"]}
NO: dict[str, Any] = {"output": {"text": "no"}, "tags": []}
A: dict[str, Any] = {"text": "A", "logprob": -0.5}


def test_references_and_tokens_are_as_they_were() -> None:
    for items, shape in (([YES, NO], REFERENCE), ([NO, YES], REFERENCE), ([A, A], TOKEN)):
        array = to_usual_array(items, shape)
        assert array is not None
        assert array.to_pylist() == items


def test_a_logprob_that_is_written_as_an_integer_is_a_float() -> None:
    array = to_usual_array([{"text": "A", "logprob": 0}, A], TOKEN)
    assert array is not None
    assert str(array.type.field("logprob").type) == "double"


@pytest.mark.parametrize(
    "other",
    [
        {**NO, "extra": 1},
        {"output": {"text": "no"}},
        {"output": {"text": "no"}, "tag": []},
        {"output": {"text": "no", "extra": 1}, "tags": []},
        {"output": {"text": None}, "tags": []},
        {"output": {"text": 1}, "tags": []},
        {"output": {}, "tags": []},
        {"output": [], "tags": []},
        {"output": "no", "tags": []},
        {"output": {"text": "no"}, "tags": "correct"},
        {"output": {"text": "no"}, "tags": [None]},
        {"output": {"text": "no"}, "tags": [1]},
        {"output": {"text": "no"}, "tags": None},
        {"output": {"text": "\ud800"}, "tags": []},
    ],
)
def test_a_reference_of_other_fields_or_types_is_not_made_one(other: Any) -> None:
    assert to_usual_array([YES, other], REFERENCE) is None


@pytest.mark.parametrize(
    "logprob",
    [True, None, "0", [0.5], 2**60 + 1],
)
def test_a_logprob_that_is_no_number_is_not_made_one(logprob: Any) -> None:
    assert to_usual_array([A, {"text": "B", "logprob": logprob}], TOKEN) is None


@pytest.mark.parametrize("free", [{"finish_reason": {"reason": "stop"}}, {"other": 1}])
def test_what_helm_leaves_to_its_users_is_not_typed(free: Any) -> None:
    assert to_usual_array([{**A, "tokens": [A], **free}], GENERATED_OUTPUT) is None
