"""A parsed document of predictions -> its stats, each with its place, and what is wrong with it.

``predictions.json`` has a list of HELM's Stat for each run, ``instance_predictions.json`` a list
of HELM's PerInstanceStats, which hold such lists.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from runner.contract.layout import CONTRACT_VERSION
from runner.contract.stat import STAT_VALUES, MetricName, Stat
from runner.output.findings import (
    Cause,
    Finding,
    Findings,
    InvalidOutputError,
    OutputPlace,
    refusal,
)
from runner.output.nearest_key import close_word
from runner.output.untrusted_json import DoubledKeys, find_faults, has_faults, is_unicode
from runner.untrusted import quote

FORM = '{"contract_version": 1, "predictions": {RUN_SPEC_NAME: [...]}}'

MOST_MEMBERS = 32
"""The most members of a stat or a name: more is no stat, and each would be a finding."""

MOST_NAME = 300
"""Characters that are shown of a run's or a stat's name: HELM's are longer than other texts."""

_Number = Annotated[float, Field(allow_inf_nan=False)]
_Spread = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(defer_build=True, strict=True, extra="forbid", frozen=True)


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
    variance: _Spread | None = None
    stddev: _Spread | None = None


class _InstanceModel(_Strict):
    """HELM's PerInstanceStats. The key of a stat is in its name; ``perturbation`` may repeat it."""

    instance_id: str
    train_trial_index: int
    perturbation: dict[str, JsonValue] | None = None
    stats: list[Any]


@dataclass(frozen=True)
class Item:
    """One stat as it stands in a document.

    Attributes:
        instance: the instance's id and train trial index, in a document of instances.
        position: in its list, from 0.
        name: None if the name itself is broken.
        stat: None if anything of it is.
    """

    run_name: str
    position: int
    instance: tuple[str, int] | None = None
    name: MetricName | None = None
    stat: Stat | None = None

    @property
    def place(self) -> OutputPlace:
        """Return where the stat is, for a finding."""
        name = "" if self.name is None else f" {quote_name(str(self.name))}"
        return OutputPlace(
            run=quote_name(self.run_name),
            instance=None if self.instance is None else instance_words(*self.instance),
            stat=f"{self.position}{name}",
        )


def quote_name(name: str) -> str:
    """Return a run's or stat's name as it is shown, also where a predictor wrote it."""
    return quote(name, MOST_NAME)


def instance_words(instance_id: str, train_trial_index: int) -> str:
    """Return e.g. ``'id3' trial 0``."""
    return f"{quote(instance_id)} trial {quote(str(train_trial_index))[1:-1]}"


Items = Callable[[str, list[Any], Findings], Iterator[Item]]


def lists_by_run(
    document: Any, runs: Collection[str], findings: Findings
) -> Iterator[tuple[str, list[Any]]]:
    """Yield each run's name and list; anything of another form becomes a finding.

    Args:
        runs: the names of the runs that have targets.

    Raises:
        InvalidOutputError: nothing can be read, or it is of another version of the contract.
    """
    if not isinstance(document, dict):
        what = f"the document should be an object, is {shown(document)}"
        raise refusal(Cause.NOT_THE_CONTRACT, what, f"its form is {FORM}")
    _check_version(document)
    _check_members(document, runs, findings)
    predictions = document.get("predictions", {})
    if not isinstance(predictions, dict):
        place = OutputPlace(field="predictions", value=shown(predictions))
        what = "should be an object, with a list for each run's name"
        findings.add(Finding(Cause.NOT_THE_CONTRACT, place, what))
        return
    _find_doubled(predictions, OutputPlace(field="predictions"), findings)
    for run_name, stats in predictions.items():
        place = OutputPlace(run=quote_name(run_name))
        if not is_unicode(run_name):
            findings.add(Finding(Cause.LONE_SURROGATE, place, "its name is not Unicode text"))
        elif isinstance(stats, list):
            yield run_name, stats
        else:
            hint = "a single stat stands in a list too" if isinstance(stats, dict) else None
            what = f"should be a list of stats, is {shown(stats)}"
            findings.add(Finding(Cause.NOT_THE_CONTRACT, place, what, hint))


def stats_of_run(run_name: str, stats: list[Any], findings: Findings) -> Iterator[Item]:
    """Yield the stats of one run in ``predictions.json``."""
    for position, content in enumerate(stats):
        yield _read_stat(Item(run_name, position), content, findings)


def stats_of_instances(run_name: str, entries: list[Any], findings: Findings) -> Iterator[Item]:
    """Yield the stats of all instances of one run in ``instance_predictions.json``.

    One instance may have several entries, as HELM writes them.
    """
    for number, entry in enumerate(entries):
        place = OutputPlace(run=quote_name(run_name), instance=f"at position {number}")
        # The stats are checked one by one, later.
        outer = entry
        if isinstance(entry, dict) and isinstance(entry.get("stats"), list):
            _find_doubled(entry, place, findings)
            outer = {**entry, "stats": []}
        model = _validate(_InstanceModel, outer, place, findings)
        if model is not None:
            instance = (model.instance_id, model.train_trial_index)
            for position, content in enumerate(entry["stats"]):
                yield _read_stat(Item(run_name, position, instance), content, findings)


def _check_version(document: Mapping[str, Any]) -> None:
    version = document.get("contract_version")
    if type(version) is int and version != CONTRACT_VERSION:
        place = OutputPlace(field="contract_version", value=shown(version))
        what = f"this runner reads {CONTRACT_VERSION}"
        raise InvalidOutputError((Finding(Cause.WRONG_VERSION, place, what),), 1)


def _check_members(document: dict[str, Any], runs: Collection[str], findings: Findings) -> None:
    known = ("contract_version", "predictions")
    _find_doubled(document, OutputPlace(), findings)
    for member in (member for member in known if member not in document):
        what = f"the document has no member {member}"
        findings.add(Finding(Cause.NOT_THE_CONTRACT, OutputPlace(), what, f"its form is {FORM}"))
    version = document.get("contract_version", CONTRACT_VERSION)
    if type(version) is not int:
        place = OutputPlace(field="contract_version", value=shown(version))
        what = f"should be {CONTRACT_VERSION}"
        findings.add(Finding(Cause.NOT_THE_CONTRACT, place, what, _hint_of_value(version)))
    for member in (member for member in document if member not in known):
        hint = _hint_of_word(member, known)
        if member in runs:
            hint = 'it is a run: the runs stand in the member "predictions"'
        what = f"the document should have no member {quote_name(member)}"
        findings.add(Finding(Cause.NOT_THE_CONTRACT, OutputPlace(), what, hint))


def _find_doubled(value: dict[str, Any], place: OutputPlace, findings: Findings) -> None:
    if isinstance(value, DoubledKeys):
        what = f"the key {quote(value.doubled)} stands twice"
        findings.add(Finding(Cause.DUPLICATE_KEY, place, what))


def _read_stat(item: Item, content: Any, findings: Findings) -> Item:
    """Return the item with its stat, or with as much of its name as can be read."""
    stat = _sound_stat(content)
    if stat is not None:
        return Item(item.run_name, item.position, item.instance, stat.name, stat)
    item = replace(item, name=_name_of(content))
    _validate(_StatModel, content, item.place, findings)
    return item


def _sound_stat(content: Any) -> Stat | None:
    """Return the stat, or None if anything is wrong with it: most stats are sound."""
    if any(map(_has_too_many, _parts(content))) or has_faults(content):
        return None
    try:
        model = _StatModel.model_validate(content)
    except ValidationError:
        return None
    values = {name: getattr(model, name) for name in STAT_VALUES}
    return Stat(name=_metric_name(model.name), **values)


def _name_of(content: Any) -> MetricName | None:
    """Return the stat's name if it is sound, whatever the rest of the stat is."""
    name = content.get("name") if isinstance(content, dict) else None
    if not isinstance(name, dict) or _has_too_many(name) or has_faults(name):
        return None
    try:
        return _metric_name(_MetricNameModel.model_validate(name))
    except ValidationError:
        return None


def _metric_name(model: _MetricNameModel) -> MetricName:
    """Return the name; null means absent, as in other languages' JSON."""
    perturbation = {
        key: value for key, value in (model.perturbation or {}).items() if value is not None
    }
    return MetricName(model.name, model.split, model.sub_split, perturbation or None)


_Model = TypeVar("_Model", bound=BaseModel)


def _validate(
    model: type[_Model], content: Any, place: OutputPlace, findings: Findings
) -> _Model | None:
    """Return the content in the model's form, or None after adding its findings."""
    before = findings.count
    for fault in find_faults(content):
        findings.add(Finding(fault.cause, _below(place, fault.path), fault.what))
    for part in filter(_has_too_many, _parts(content)):
        what = f"has {len(part)} members, {MOST_MEMBERS} is most"
        findings.add(Finding(Cause.NOT_THE_CONTRACT, place, what))
    if findings.count > before:
        return None
    try:
        return model.model_validate(content)
    except ValidationError as error:
        for details in error.errors(include_url=False, include_context=False):
            findings.add(_form_finding(model, place, details))
        return None


def _parts(content: Any) -> tuple[Any, Any]:
    """Return a stat and its name."""
    return content, content.get("name") if isinstance(content, dict) else None


def _has_too_many(part: Any) -> bool:
    return isinstance(part, dict) and len(part) > MOST_MEMBERS


def _form_finding(
    model: type[BaseModel], place: OutputPlace, details: Mapping[str, Any]
) -> Finding:
    path, kind, value = details["loc"], details["type"], details["input"]
    what = _FORM_FAULTS.get(kind, details["msg"])
    if kind == "missing":
        hint = _HINTS_OF_MISSING.get(path[-1])
        return Finding(Cause.NOT_THE_CONTRACT, _below(place, path), what, hint)
    hint = _hint_of_value(value)
    if kind == "extra_forbidden":
        known = _MetricNameModel if path[0] == "name" and len(path) > 1 else model
        hint = _hint_of_word(str(path[-1]), list(known.model_fields))
    elif path == ("name",):
        hint = 'it is an object, e.g. {"name": "predicted_exact_match", "split": "test"}'
    return Finding(
        Cause.NOT_THE_CONTRACT, replace(_below(place, path), value=shown(value)), what, hint
    )


_FORM_FAULTS = {
    "missing": "is missing",
    "extra_forbidden": "is no member that the contract has",
    "float_type": "should be a number",
    "int_type": "should be a whole number",
    "int_from_float": "should be a whole number",
    "string_type": "should be text",
    "list_type": "should be a list",
    "dict_type": "should be an object",
    "model_type": "should be an object",
    "model_attributes_type": "should be an object",
    "greater_than_equal": "should be 0 or more",
}
"""Our words for pydantic's types of errors, which speak of Python."""

_HINTS_OF_MISSING = {
    "mean": "every predicted stat needs one",
    "train_trial_index": "HELM counts trials from 0",
}


def _hint_of_value(value: Any) -> str | None:
    if isinstance(value, bool):
        return f"write {int(value)}"
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            return None
        return "write it without quotes"
    return None


def _hint_of_word(word: str, known: Sequence[str]) -> str | None:
    close = close_word(word, known)
    return f'did you mean "{close}"?' if close else None


def _below(place: OutputPlace, path: Sequence[str | int]) -> OutputPlace:
    return replace(place, field=".".join(quote(str(step))[1:-1] for step in path) or None)


def shown(value: Any) -> str:
    """Return a value of a document as it is shown: JSON, cut; containers by their kind."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return quote(value) if isinstance(value, str) else quote(json.dumps(value))[1:-1]
