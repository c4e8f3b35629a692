"""Wrong fields in what people write: where each one is, what is wrong, and what to do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from runner.errors import RunnerError
from runner.untrusted import MOST_QUOTED, printable

T = TypeVar("T")

Location = tuple[str | int, ...]
"""Keys of mappings and positions in lists, from the whole document down."""

MOST_SHOWN = 20
"""The most wrong fields that one message names."""

_BELOW = "below"

_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
_KINDS = {
    **dict.fromkeys(("list_type", "tuple_type"), "a list"),
    **dict.fromkeys(("model_type", "dataclass_type", "dict_type", "mapping_type"), "a mapping"),
}


@dataclass(frozen=True)
class WrongField:
    """A place in a document, and what is wrong there."""

    location: Location
    message: str

    def __str__(self) -> str:
        """Return e.g. ``targets, item 1, stat: this field is required``."""
        text, after_item = "", False
        for part in self.location:
            if isinstance(part, int):
                step, after_item = f", item {part + 1}", True
            else:
                step, after_item = f"{', ' if after_item else '.'}{_bounded(part)}", False
            text += step if text else step.lstrip("., ")
        return f"{text}: {self.message}" if text else self.message


def fault_below(message: str, *place: str | int) -> PydanticCustomError:
    """Return the error that a validator of a whole raises for a fault at a place below it."""
    # The message is not the template itself, because it may contain braces.
    return PydanticCustomError("fault_below", "{message}", {"message": message, _BELOW: place})


def validate(
    form: TypeAdapter[T], fields: Any, origin: str, error_class: type[RunnerError], whole: str
) -> T:
    """Return the value that the fields describe.

    Args:
        origin: where the fields come from, for the message.
        whole: what all of them together should be, for the message.

    Raises:
        RunnerError: of ``error_class``; every wrong field is named, with what it should be.
    """
    try:
        return form.validate_python(fields)
    except ValidationError as error:
        wrong = find_wrong_fields(error, form, fields, whole)
        raise error_class(list_wrong(origin, map(str, wrong))) from error


def list_wrong(origin: str, findings: Iterable[str]) -> str:
    """Return one message for all findings."""
    first, *others = list(findings)
    if not others:
        return f"{origin}: {first}"
    shown = [first, *others][:MOST_SHOWN]
    left_out = len(others) + 1 - len(shown)
    more = [f"  and {left_out} more"] if left_out else []
    wrong = f"{origin}: {len(others) + 1} fields are wrong:"
    return "\n".join([wrong, *(f"  {each}" for each in shown), *more])


def find_wrong_fields(
    error: ValidationError, form: TypeAdapter[Any], fields: Any, whole: str
) -> list[WrongField]:
    """Return what pydantic found, each place once, in the order in which it was found."""
    schema = form.json_schema()
    messages: dict[Location, list[str]] = {}
    for finding in error.errors(include_url=False):
        place = _place(finding, fields)
        message = _in_words(finding, place, schema, whole)
        messages.setdefault(place, []).append(message)
    # The members of a union each say what they take.
    return [WrongField(place, " or ".join(dict.fromkeys(m))) for place, m in messages.items()]


def _place(finding: Mapping[str, Any], fields: Any) -> Location:
    """Return where a finding is, without the names that pydantic gives to members of a union."""
    place: list[str | int] = []
    here = fields
    location = (*finding["loc"], *finding.get("ctx", {}).get(_BELOW, ()))
    for part in location:
        in_mapping = isinstance(here, Mapping) and part in here
        if in_mapping or (isinstance(here, list | tuple) and isinstance(part, int)):
            place.append(part)
            here = here[part]
    return (*place, location[-1]) if finding["type"] == "missing" else tuple(place)


def _in_words(
    finding: Mapping[str, Any], place: Location, schema: Mapping[str, Any], whole: str
) -> str:
    kind, location = finding["type"], finding["loc"]
    if kind in _UNKNOWN:
        return _no_such_field(str(location[-1]), _known_names(schema, location[:-1]))
    if kind.startswith("union_tag_"):
        name = finding["ctx"]["discriminator"].strip("'")
        return f"its {name} should be one of {', '.join(_tags(schema, location))}"
    if kind in _KINDS and not place:
        return f"should be {whole}, not {_shown(finding['input'])}"
    if kind == "missing":
        return "this field is required"
    if kind == "value_error" or _BELOW in finding.get("ctx", {}):
        return str(finding["msg"].removeprefix("Value error, "))
    return _wrong_value(kind, finding["msg"], finding["input"])


def _wrong_value(kind: str, message: str, given: Any) -> str:
    if kind == "string_type":
        advice = "" if isinstance(given, list | dict | None) else ": put it in quotes"
        return f"should be text, not {_shown(given)}{advice}"
    wanted = f"should be {_KINDS[kind]}" if kind in _KINDS else message
    return f"{wanted.replace('Input should', 'should')}, not {_shown(given)}"


def _no_such_field(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name[:MOST_QUOTED], known, n=1)
    if near:
        return f"no such field; did you mean {near[0]}?"
    return f"no such field; there are {', '.join(known)}" if known else "no such field"


def _bounded(text: str) -> str:
    return printable(text if len(text) <= MOST_QUOTED else f"{text[:MOST_QUOTED]}...")


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    text = "nothing" if value is None else ascii(value)
    return text if len(text) <= MOST_QUOTED else f"{text[:MOST_QUOTED]}..."


def _known_names(schema: Mapping[str, Any], location: Location) -> list[str]:
    """Return the fields that the mapping at a location may have."""
    return [name for node in _nodes(schema, location) for name in node.get("properties", ())]


def _tags(schema: Mapping[str, Any], location: Location) -> list[str]:
    """Return the names that tell the members of the union at a location apart."""
    return [tag for node in _nodes(schema, location) for tag in _mapping(node)]


def _mapping(node: Mapping[str, Any]) -> Mapping[str, str]:
    found: Mapping[str, str] = node.get("discriminator", {}).get("mapping", {})
    return found


def _nodes(schema: Mapping[str, Any], location: Location) -> list[Mapping[str, Any]]:
    """Return the parts of a JSON schema that may apply at a location that pydantic gave."""
    found = _expand(schema, schema)
    for part in location:
        below = [each for node in found for each in _below(node, part)]
        if below:  # else the part is a name of a union's member, which the schema does not have
            found = [inner for each in below for inner in _expand(each, schema)]
    return found


def _below(node: Mapping[str, Any], part: str | int) -> list[Mapping[str, Any]]:
    if isinstance(part, int):
        return [node["items"]] if "items" in node else []
    if part in node.get("properties", {}):
        return [node["properties"][part]]
    if part in _mapping(node):
        return [{"$ref": _mapping(node)[part]}]
    others = node.get("additionalProperties")
    return [others] if isinstance(others, dict) else []


def _expand(node: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return a part of a JSON schema with all that it refers to or chooses from."""
    if "$ref" in node:
        return _expand(schema["$defs"][node["$ref"].rpartition("/")[2]], schema)
    members = [*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())]
    return [node, *(inner for member in members for inner in _expand(member, schema))]
