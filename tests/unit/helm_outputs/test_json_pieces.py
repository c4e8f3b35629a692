"""A large document in pieces is what it is as a whole."""

import json

import pytest

from runner.helm_outputs.json_pieces import parse_in_pieces

DOCUMENT = {"spec": {"a": [1, {"b": None}]}, "states": [{"id": 1}, [], "two"], "last": 0.5}

NO_JSON = "Expecting|Unterminated|no .* at character|goes on at|Invalid"


def read(content: bytes) -> dict[str, object]:
    found: dict[str, object] = {"states": []}
    for name, value in parse_in_pieces(content, "states"):
        if name == "states":
            found["states"] = [*found["states"], value]  # type: ignore[misc]
        else:
            found[name] = value
    return found


@pytest.mark.parametrize("indent", [None, 2, 0])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_pieces_make_the_document(indent: int | None, encoding: str) -> None:
    text = json.dumps(DOCUMENT | {"é": "\U0001f600"}, indent=indent, ensure_ascii=False)
    assert read(f" {text}\n".encode(encoding)) == json.loads(text)


def test_a_list_without_elements_has_no_pieces() -> None:
    assert read(b'{"states": [ ], "a": 1}') == {"states": [], "a": 1}


def test_a_nan_and_an_infinity_are_missing_values() -> None:
    assert read(b'{"states": [NaN, -Infinity], "a": NaN}') == {"states": [None, None], "a": None}


def test_a_document_that_ends_too_early_is_refused() -> None:
    content = json.dumps(DOCUMENT, indent=2).encode()
    for end in range(len(content)):
        with pytest.raises(ValueError, match=NO_JSON):
            read(content[:end])
    assert read(content) == DOCUMENT


@pytest.mark.parametrize(
    "content",
    [
        b'{"states": []} 1',
        b'{"states": [1,]}',
        b'{"states": [1 2]}',
        b'{"states": {}}',
        b'{"states": [], }',
        b"[]",
        b"{}",
        b"",
    ],
)
def test_what_is_no_such_document_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=NO_JSON):
        read(content)


def test_a_list_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="states stands there twice"):
        read(b'{"states": [1], "states": [2]}')
