"""Hostile ``predictions.json`` -> validated stats, one per target.

The bytes may be anything. What is refused is refused with a named cause and the place in the
document, in words that hold no text of the document's own but what is quoted and escaped.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any, NoReturn

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from runner.contract.layout import CONTRACT_VERSION, LARGEST_NUMBER, PREDICTED_PREFIX
from runner.contract.stat import MetricName, Stat, Target
from runner.untrusted import quote

DEEPEST_JSON = 16
BYTES_PER_TARGET = 4096
SPARE_BYTES = 1024 * 1024
"""A document may have this much, and BYTES_PER_TARGET more for each target. Parsed, JSON takes
about 20 times its size, which bounds the runner's memory."""

STATS_PER_TARGET = 10
SPARE_STATS = 1000
"""A document may predict this many stats, and STATS_PER_TARGET more for each target."""

MOST_MEMBERS = 32
"""Members of a stat or a name: more are no stat, and each would make a finding of its own."""


class Cause(StrEnum):
    """Why an output is invalid. A closed set, so that participants can be told."""

    NO_OUTPUT = "no_output"
    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    TOO_DEEP = "too_deep"
    DUPLICATE_KEY = "duplicate_key"
    BAD_NUMBER = "bad_number"
    LONE_SURROGATE = "lone_surrogate"
    NOT_THE_CONTRACT = "not_the_contract"
    WRONG_VERSION = "wrong_version"
    MISSING_TARGET = "missing_target"
    DOUBLED_TARGET = "doubled_target"


class InvalidOutputError(Exception):
    """The predictor's output breaks the contract; becomes the outcome ``invalid_output``."""

    def __init__(self, cause: Cause, message: str) -> None:
        super().__init__(message)
        self.cause = cause


@dataclass(frozen=True)
class Predictions:
    """The predicted stats, by target, and the keys that were predicted but not asked for."""

    stats: Mapping[Target, Stat]
    extra: tuple[str, ...]


def read_predictions(content: bytes, targets: Sequence[Target]) -> Predictions:
    """Return the one predicted stat of each target.

    Args:
        content: the bytes of predictions.json.
        targets: the case's targets; the organizer's, so their text is trusted.

    Raises:
        InvalidOutputError: with its cause; nothing of a broken document is used.
    """
    document = _parse(content, most_bytes=SPARE_BYTES + BYTES_PER_TARGET * len(targets))
    most_stats = SPARE_STATS + STATS_PER_TARGET * len(targets)
    return _pair(_predicted_stats(document, most_stats), targets)


def _parse(content: bytes, most_bytes: int) -> Any:
    if len(content) > most_bytes:
        raise InvalidOutputError(
            Cause.TOO_LARGE, f"it has {len(content)} bytes; with these targets {most_bytes} is most"
        )
    try:
        text = content.decode("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        raise InvalidOutputError(Cause.NOT_UTF8, f"not UTF-8 at byte {error.start}") from error
    _refuse_deep(text)
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_float,
            parse_int=_int,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidOutputError(Cause.NOT_JSON, f"not JSON: {error.msg} at {where}") from error


# The possessive repeats and the optional end keep the scan linear on a string that never closes.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


def _refuse_deep(text: str) -> None:
    """Refuse deep nesting before the parser meets it, which would end in a RecursionError."""
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        piece = match[0]
        if piece in "[{":
            depth += 1
            if depth > DEEPEST_JSON:
                message = f"nested deeper than {DEEPEST_JSON} levels at character {match.start()}"
                raise InvalidOutputError(Cause.TOO_DEEP, message)
        elif piece in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        doubled = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise InvalidOutputError(Cause.DUPLICATE_KEY, f"the key {quote(doubled)} stands twice")
    for key, value in pairs:
        for text in (key, value):
            if isinstance(text, str) and not _is_unicode(text):
                raise InvalidOutputError(Cause.LONE_SURROGATE, f"{quote(text)} is not Unicode text")
    return members


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _float(text: str) -> float:
    number = float(text)
    if not -LARGEST_NUMBER <= number <= LARGEST_NUMBER:
        raise InvalidOutputError(Cause.BAD_NUMBER, f"{quote(text)} is beyond {LARGEST_NUMBER:g}")
    return number


def _int(text: str) -> int:
    _float(text)  # refuses what has more digits than any stat; big integers are slow to read
    return int(text)


def _refuse_constant(text: str) -> NoReturn:
    raise InvalidOutputError(Cause.BAD_NUMBER, f"{text} is not JSON; every number must be finite")


_Number = Annotated[float, Field(allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _MetricNameModel(_Strict):
    name: str
    split: str | None = None
    sub_split: str | None = None
    perturbation: dict[str, JsonValue] | None = None


class _StatModel(_Strict):
    """A predicted stat must have a mean; HELM's other fields may be absent."""

    name: _MetricNameModel
    mean: _Number
    count: Annotated[int, Field(ge=0)] = 0
    sum: _Number = 0
    sum_squared: _Number = 0
    min: _Number | None = None
    max: _Number | None = None
    variance: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    stddev: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None


def _predicted_stats(document: Any, most_stats: int) -> Iterator[tuple[str, Stat]]:
    """Give run name and stat, one after the other, so that a bad one ends the reading."""
    if not isinstance(document, dict):
        raise InvalidOutputError(Cause.NOT_THE_CONTRACT, "the document should be an object")
    version = document.get("contract_version")
    if type(version) is int and version != CONTRACT_VERSION:
        message = f"contract_version is {version}, this runner reads {CONTRACT_VERSION}"
        raise InvalidOutputError(Cause.WRONG_VERSION, message)
    predictions = document.get("predictions")
    if document.keys() != {"contract_version", "predictions"} or type(version) is not int:
        message = "the document should have contract_version, an integer, and predictions, only"
        raise InvalidOutputError(Cause.NOT_THE_CONTRACT, message)
    if not isinstance(predictions, dict):
        raise InvalidOutputError(Cause.NOT_THE_CONTRACT, "predictions should be an object by run")
    left = most_stats
    for run_name, stats in predictions.items():
        if not isinstance(stats, list):
            message = f"predictions of {quote(run_name)} should be a list of stats"
            raise InvalidOutputError(Cause.NOT_THE_CONTRACT, message)
        left -= len(stats)
        if left < 0:
            raise InvalidOutputError(Cause.TOO_LARGE, f"it predicts more than {most_stats} stats")
        for position, stat in enumerate(stats):
            yield run_name, _validated_stat(stat, f"predictions > {quote(run_name)} > {position}")


def _validated_stat(stat: Any, place: str) -> Stat:
    for part in (stat, stat.get("name") if isinstance(stat, dict) else None):
        if isinstance(part, dict) and len(part) > MOST_MEMBERS:
            raise InvalidOutputError(Cause.NOT_THE_CONTRACT, f"{place}: {len(part)} members")
    try:
        return _stat(_StatModel.model_validate(stat))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = " > ".join([place, *(quote(str(step)) for step in first["loc"])])
        what = re.sub(r" or instance of \w+", "", first["msg"]).replace("dictionary", "object")
        raise InvalidOutputError(Cause.NOT_THE_CONTRACT, f"{where}: {what}") from error


def _pair(predicted: Iterable[tuple[str, Stat]], targets: Sequence[Target]) -> Predictions:
    wanted = {_predicted_key(target): target for target in targets}
    found: dict[Target, Stat] = {}
    extra: list[str] = []
    for run_name, stat in predicted:
        target = wanted.get(Target(run_name, stat.name))
        if target is None:
            extra.append(f"{quote(run_name)}: {quote(str(stat.name))}")
        elif target in found:
            message = f"run {target.run_spec_name}: {stat.name} is predicted twice"
            raise InvalidOutputError(Cause.DOUBLED_TARGET, message)
        else:
            found[target] = stat
    _refuse_missing(targets, found, extra)
    return Predictions({target: found[target] for target in targets}, tuple(extra))


def _predicted_key(target: Target) -> Target:
    name = replace(target.name, name=PREDICTED_PREFIX + target.name.name)
    return Target(target.run_spec_name, name)


def _stat(model: _StatModel) -> Stat:
    values = model.model_dump(exclude={"name"})
    perturbation = {
        key: value for key, value in (model.name.perturbation or {}).items() if value is not None
    }
    name = MetricName(model.name.name, model.name.split, model.name.sub_split, perturbation or None)
    return Stat(name=name, **values)


def _refuse_missing(
    targets: Sequence[Target], found: Mapping[Target, Stat], extra: Sequence[str]
) -> None:
    missing = [target for target in targets if target not in found]
    if missing:
        first = missing[0]
        also = f"; {len(extra)} predicted stats are no targets, e.g. {extra[0]}" if extra else ""
        raise InvalidOutputError(
            Cause.MISSING_TARGET,
            f"{len(missing)} of {len(targets)} targets are not predicted, the first is "
            f"run {first.run_spec_name}: {PREDICTED_PREFIX}{first.name}{also}",
        )
