"""Arguments of public functions, checked before anything else is done with them."""

import inspect
from collections.abc import Callable
from functools import reduce, wraps
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar

from pydantic import ConfigDict, PlainValidator, ValidationError, validate_call

from runner.errors import UsageError
from runner.files.given_paths import is_url, refusing_hopeless_paths, why_no_path
from runner.untrusted import quote

Params = ParamSpec("Params")
Returned = TypeVar("Returned")
Made = TypeVar("Made")

STRICT = ConfigDict(defer_build=True, strict=True, arbitrary_types_allowed=True)
PREFIXES = ("Input should be ", "Value error, ")


def _as_place(value: object) -> object:
    if isinstance(value, str) or hasattr(value, "joinpath"):  # a URL's path is no Path
        wrong = "it is empty" if value == "" else why_no_path(str(value))
        if wrong is not None:
            raise ValueError(f"a path or a URL, but {wrong}")
        return value
    raise ValueError("a path or a URL")


def _as_local_place(value: object) -> object:
    if isinstance(value, str) and is_url(value):
        raise ValueError(f"a path on this machine, but {quote(value)} is a URL")
    return _as_place(value)


Place = Annotated[str | Path, PlainValidator(_as_place)]
"""A path, a URL as text, or a URL's path."""

LocalPlace = Annotated[str | Path, PlainValidator(_as_local_place)]
"""A path on this machine."""


def checked(function: Callable[Params, Returned]) -> Callable[Params, Returned]:
    """Return the function; it raises a UsageError for arguments that are not of their types.

    So it does for a path that is too long, and where the current folder is gone.
    """
    validated = validate_call(config=STRICT)(function)

    @wraps(function)
    def call(*args: Params.args, **kwargs: Params.kwargs) -> Returned:
        try:
            with refusing_hopeless_paths():
                return validated(*args, **kwargs)
        except ValidationError as error:
            if error.title != function.__qualname__:  # of something inside
                raise
            raise UsageError(_describe(function, error)) from error

    return call


def checked_fields(made: type[Made]) -> type[Made]:
    """Return the dataclass; it raises a UsageError for fields that are not of their types."""
    setattr(made, "__init__", checked(made.__init__))  # noqa: B010  (mypy takes no assignment)
    return made


def _describe(function: Callable[..., object], error: ValidationError) -> str:
    """Return which argument is wrong, and what it should be; a union names each of its members."""
    findings = error.errors(include_url=False)
    first = findings[0]["loc"][0]
    names = list(inspect.signature(function).parameters)
    name = names[first] if isinstance(first, int) and first < len(names) else first
    messages = dict.fromkeys(
        reduce(str.removeprefix, PREFIXES, finding["msg"])
        for finding in findings
        if finding["loc"][0] == first
    )
    called = function.__qualname__.removesuffix(".__init__")
    return f"{called}: {name} should be {' or '.join(messages)}."
