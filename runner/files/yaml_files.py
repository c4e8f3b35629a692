"""The one reader of all YAML that people write. It is strict: what may be a mistake is refused.

A key that stands twice, an unknown key and a value of another kind are refused with their line.
The text may be hostile: its size, its depth and what its aliases stand for are bounded, no tag
makes an object, and what a message shows of it is bounded and printable.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from runner.errors import RunnerError
from runner.files.regular_files import open_regular
from runner.files.wrong_fields import Location, WrongField, find_wrong_fields, list_wrong
from runner.untrusted import printable, quote

T = TypeVar("T")

MOST_BYTES = 1024 * 1024
MOST_VALUES = 100_000
"""Counted with aliases expanded: a few lines of aliases can stand for billions of values."""
MOST_DEPTH = 50
LARGEST_INTEGER = 10**300
"""A floating-point number can be as large."""
MOST_PROBLEM = 200
"""The most characters of the parser's message that are shown."""

_TEXT = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_TAKEN = {_TEXT, _MERGE} | {
    f"tag:yaml.org,2002:{kind}" for kind in ("int", "float", "bool", "null", "map", "seq")
}


class _Loader(yaml.SafeLoader):
    """Plain values only; a date stays text, as a version may look like one."""

    yaml_implicit_resolvers = {  # noqa: RUF012  (as PyYAML has it)
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _construct_integer(loader: _Loader, node: yaml.ScalarNode) -> int:
    value: int = loader.construct_yaml_int(node)
    if abs(value) > LARGEST_INTEGER:  # Python itself fails to print the largest of them
        raise _FlawError(f"the number {quote(node.value)} is too large", _start(node))
    return value


_Loader.add_constructor("tag:yaml.org,2002:int", _construct_integer)


@dataclass(frozen=True)
class YamlForm(Generic[T]):
    """What a file should hold.

    Attributes:
        adapter: makes the value, of models that forbid extra fields.
        whole: what the document should be, in words, e.g. ``a list of submissions``.
        error_class: the error that is raised for a wrong file.
        most_bytes: a larger file is refused unread.
        find_faults: returns what is wrong between fields that are each right.
    """

    adapter: TypeAdapter[T]
    whole: str
    error_class: type[RunnerError]
    most_bytes: int = MOST_BYTES
    find_faults: Callable[[T], Iterable[WrongField]] | None = None


class _FlawError(Exception):
    """Why a document is refused, with its line where it is known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message if line is None else f"line {line}: {message}")


def read_yaml(path: Path, form: YamlForm[T]) -> T:
    """Return the value that a file describes.

    Raises:
        RunnerError: of the form's class; the file can't be read, or does not have the form.
    """
    try:
        with open_regular(path) as file:
            content = file.read(form.most_bytes + 1)
    except OSError as error:
        raise form.error_class(f"{path}: can't be read ({error.strerror}).") from error
    return parse_yaml(content, str(path), form)


def parse_yaml(content: bytes, name: str, form: YamlForm[T]) -> T:
    """Return the value that a document describes.

    Args:
        name: the document's name in messages.

    Raises:
        RunnerError: of the form's class; every wrong field is named with its line.
    """
    try:
        root, fields = _load(_decode(content, form.most_bytes))
    except _FlawError as flaw:
        raise form.error_class(f"{name}: {flaw}") from flaw
    if root is None:
        raise form.error_class(f"{name}: is empty; it should be {form.whole}.")
    try:
        value = form.adapter.validate_python(fields)
    except ValidationError as error:
        wrong = find_wrong_fields(error, form.adapter, fields, form.whole)
        raise form.error_class(list_wrong(name, _with_lines(root, wrong))) from error
    faults = () if form.find_faults is None else tuple(form.find_faults(value))
    if faults:
        raise form.error_class(list_wrong(name, _with_lines(root, faults)))
    return value


def _with_lines(root: yaml.Node, wrong: Iterable[WrongField]) -> Iterator[str]:
    """Return each wrong field with its line, in the order of the lines."""
    placed = sorted(((_line_of(root, each.location), each) for each in wrong), key=_line)
    return (f"line {line}: {each}" for line, each in placed)


def _line(placed: tuple[int, object]) -> int:
    return placed[0]


def _decode(content: bytes, most_bytes: int) -> str:
    if len(content) > most_bytes:
        raise _FlawError(f"more than {most_bytes} bytes")
    try:
        return content.decode("utf-8-sig")  # some editors write a byte order mark
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _FlawError("not text in UTF-8; save the file as UTF-8", line) from error


def _load(text: str) -> tuple[yaml.Node | None, Any]:
    """Return the document's root node, which knows the lines, and its plain value."""
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            if root is None:
                return None, None
            _check_tags(loader, root, set())
            _measure(root, {})
            return root, loader.construct_document(root)
        finally:
            loader.dispose()
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise _FlawError(f"not YAML: the character {error.character:#x}", line) from error
    except yaml.MarkedYAMLError as error:
        raise _FlawError(_problem(error), _mark_line(error.problem_mark)) from error
    except RecursionError as error:
        raise _FlawError("not YAML: nested too deeply") from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise _FlawError(f"not YAML: a value can't be read ({_bounded(str(error))})") from error


def _check_tags(loader: _Loader, node: yaml.Node, checked: set[int]) -> None:
    """Refuse tags that make objects, or call text a number: PyYAML fails on them in many ways."""
    if id(node) in checked:
        return
    checked.add(id(node))
    resolve: Callable[..., str] = loader.resolve
    is_called_otherwise = (
        isinstance(node, yaml.ScalarNode)
        and node.tag != _TEXT
        and node.tag != resolve(yaml.ScalarNode, node.value, (True, False))
    )
    if node.tag not in _TAKEN or is_called_otherwise:
        raise _FlawError(f"the tag {quote(node.tag)} is not allowed; leave it out", _start(node))
    for part in _parts(node):
        _check_tags(loader, part, checked)


def _problem(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or error.context or "it can't be parsed"
    advice = "; indent with spaces" if "'\\t'" in problem else ""
    return f"not YAML: {_bounded(problem)}{advice}"


def _bounded(text: str) -> str:
    return printable(text[:MOST_PROBLEM])


def _mark_line(mark: yaml.Mark | None) -> int | None:
    return None if mark is None else mark.line + 1


def _measure(node: yaml.Node, known: dict[int, tuple[int, int] | None]) -> tuple[int, int]:
    """Return how many values a node stands for, aliases followed, and how deep it is.

    Raises:
        _FlawError: there are too many, it is too deep, or a key below it is wrong.
    """
    if id(node) in known:
        measured = known[id(node)]
        if measured is None:
            raise _FlawError("an alias is inside the value that it stands for", _start(node))
        return measured
    known[id(node)] = None
    if isinstance(node, yaml.MappingNode):
        _check_keys(node)
    parts = [_measure(part, known) for part in _parts(node)]
    values = 1 + sum(count for count, _ in parts)
    depth = 1 + max((depth for _, depth in parts), default=0)
    if values > MOST_VALUES:
        raise _FlawError(f"stands for more than {MOST_VALUES} values", _start(node))
    if depth > MOST_DEPTH:
        raise _FlawError(f"nested deeper than {MOST_DEPTH} levels", _start(node))
    known[id(node)] = values, depth
    return values, depth


def _parts(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _check_keys(node: yaml.MappingNode) -> None:
    """Refuse a key that is not text, or stands twice: PyYAML would silently take the last."""
    first_lines: dict[str, int] = {}
    for key, _ in node.value:
        line = _start(key)
        if not isinstance(key, yaml.ScalarNode):
            raise _FlawError("a key should be text", line)
        if key.tag not in (_TEXT, _MERGE):
            raise _FlawError(f"the key {quote(key.value)} should be text: put it in quotes", line)
        if key.value in first_lines:
            first = first_lines[key.value]
            raise _FlawError(
                f"the key {quote(key.value)} stands twice, first in line {first}", line
            )
        first_lines[key.value] = line


def _start(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _line_of(root: yaml.Node, location: Location) -> int:
    """Return the line of the value at a location, or of the nearest one above it."""
    node, line = root, _start(root)
    for part in location:
        found = _below(node, part)
        if found is None:
            break
        named, node = found
        line = _start(named)
    return line


def _below(node: yaml.Node, part: str | int) -> Sequence[yaml.Node] | None:
    """Return the node that names a part (its key, or itself in a list), and the part's own."""
    if isinstance(node, yaml.MappingNode):
        # If keys are merged, the last one counts.
        return next((pair for pair in reversed(node.value) if pair[0].value == part), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
        return node.value[part], node.value[part]
    return None
