"""Equal arrays become equal bytes, whatever lies unseen in their buffers."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from runner.suites.own_bytes import own_bytes

SECRET = "withheld-5e1f"

TEXT, BYTES = pa.large_string(), pa.large_binary()

ITEM = pa.struct([("text", TEXT), ("tags", pa.large_list(TEXT)), ("odd", pa.null())])


def nulled(array: pa.Array, *is_null: bool) -> pa.Array:
    """Return the array with nulls above some values, which stay in its buffers."""
    bits = pc.invert(pa.array(is_null)).buffers()[1]
    children = [
        array.field(place) if pa.types.is_struct(array.type) else array.values
        for place in range(array.type.num_fields)
    ]
    own = array.buffers()[: 1 if pa.types.is_struct(array.type) else 2 if children else None]
    return pa.Array.from_buffers(array.type, len(array), [bits, *own[1:]], children=children)


HIDING = {
    "a slice of texts": pa.array(["a", SECRET, "b"], TEXT).slice(2),
    "a slice of bytes": pa.array([SECRET.encode(), b"b"], BYTES).slice(1),
    "a slice of numbers": pa.array([0.8414, 1.0, 2.0]).slice(1),
    "a slice of integers": pa.array([7310, 1, None]).slice(1),
    "a slice of truths": pa.array([True, False, None, True] * 5).slice(1, 2),
    "a slice of nulls": pa.nulls(3).slice(1),
    "a text below a null": nulled(pa.array([SECRET, "b"], TEXT), True, False),
    "a number below a null": nulled(pa.array([0.8414, 1.0]), True, False),
    "a list below a null": nulled(pa.array([[SECRET], ["b"]], pa.large_list(TEXT)), True, False),
    "an object below a null": nulled(
        pa.array([{"text": SECRET, "tags": [SECRET]}, {"text": "b", "tags": []}], ITEM), True, False
    ),
    "a slice of lists of objects": pa.array(
        [[{"text": SECRET, "tags": [SECRET]}], [], None, [{"text": "b", "tags": ["c", None]}]],
        pa.large_list(ITEM),
    ).slice(1),
    "nothing": pa.array([SECRET], TEXT).slice(1),
    "no list": pa.array([[SECRET]], pa.large_list(TEXT)).slice(1),
}


def content(array: pa.Array) -> bytes:
    return b"".join(bytes(buffer) for buffer in array.buffers() if buffer is not None)


@pytest.mark.parametrize("name", HIDING)
def test_values_stay_and_nothing_else_does(name: str) -> None:
    hiding = HIDING[name]
    own = own_bytes(hiding)
    own.validate(full=True)
    assert own.equals(hiding)
    fresh = own_bytes(pa.array(hiding.to_pylist(), hiding.type))
    assert content(own) == content(fresh)
    for secret in (SECRET.encode(), pa.array([0.8414]).buffers()[1].to_pybytes()):
        assert secret not in content(own)


def test_control_texts_numbers_and_bits_are_in_the_buffers_of_slices() -> None:
    found = {name for name, array in HIDING.items() if SECRET.encode() in content(array)}
    assert len(found) == 8
    for name in ("a slice of numbers", "a slice of truths", "a number below a null"):
        assert content(HIDING[name]) != content(own_bytes(HIDING[name]))


OWN = {
    "numbers": pa.array([1.0, 2.0]),
    "integers": pa.array([1, 2, 3]),
    "texts": pa.array(["a", "", "b"], TEXT),
    "truths": pa.array([True] * 9),
    "lists of objects": pa.array(
        [[{"text": "a", "n": 1}], []], pa.large_list(pa.struct([("text", TEXT), ("n", pa.int64())]))
    ),
}


@pytest.mark.parametrize("name", OWN)
def test_an_array_without_other_bytes_is_not_copied(name: str) -> None:
    exact = own_bytes(pa.concat_arrays([OWN[name].slice(1), OWN[name].slice(1)]).slice(1))
    assert own_bytes(exact) is exact


@pytest.mark.parametrize("name", OWN)
def test_control_one_that_has_a_value_more_in_its_buffers_is_copied(name: str) -> None:
    for part in (OWN[name].slice(1), OWN[name].slice(0, len(OWN[name]) - 1)):
        assert own_bytes(part) is not part


def test_bits_after_the_last_are_no_own_bytes() -> None:
    def truths(last_byte: int) -> pa.Array:
        bits = pa.py_buffer(bytes([0b11111111, last_byte]))
        return pa.Array.from_buffers(pa.bool_(), 9, [None, bits])

    untouched, hiding = truths(0b00000001), truths(0b00000011)
    assert own_bytes(untouched) is untouched
    assert own_bytes(hiding) is not hiding
    assert content(own_bytes(hiding)) == content(untouched)
