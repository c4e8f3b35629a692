"""The instances of a data set that the user has as JSON or JSONL."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.errors import UsageError
from runner.files.regular_files import read_regular

CORRECT = "correct"
"""HELM's tag of a correct reference."""

SPLITS = ("train", "valid", "test")

FORMS = (
    'expected {"input": TEXT, "answer": TEXT, "choices": [TEXT, ...], "split": "test"} '
    "(choices and split may be left out), or HELM's own form of an instance"
)

Json = dict[str, Any]


def read_instances(path: Path) -> list[Json]:
    """Return the instances in HELM's form: ``input``, ``references`` with tags, ``split``.

    Args:
        path: a JSON list, or one JSON object per line. An instance is an object with ``input`` and
            ``answer`` as texts, ``choices`` if it is multiple choice, ``split`` if it is not of
            the test split; or what HELM writes as ``instance``, also without ``split``.

    Raises:
        UsageError: the file can't be read, or an instance has another form; names the instance.
    """
    try:
        documents = _parse(read_regular(path).decode())
    except OSError as error:
        raise UsageError(f"{path}: the data set can't be read ({error.strerror}).") from error
    except ValueError as error:
        raise UsageError(f"{path}: neither a JSON list nor JSON lines ({error}).") from error
    if not documents:
        raise UsageError(f"{path}: holds no instance; {FORMS}.")
    instances = []
    for number, document in enumerate(documents, start=1):
        try:
            instances.append(_to_instance(document))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason = f"it has no {error}" if isinstance(error, KeyError) else str(error)
            raise UsageError(f"{path}: instance {number}: {reason}; {FORMS}.") from error
    return instances


def is_multiple_choice(instances: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether every instance has several references to choose from."""
    return all(len(instance["references"]) > 1 for instance in instances)


def _parse(text: str) -> list[Any]:
    if text.lstrip().startswith("["):
        documents: list[Any] = json.loads(text)
        return documents
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _to_instance(document: Mapping[str, Any]) -> Json:
    split = document.get("split", "test")
    if split not in SPLITS:
        raise ValueError(f"split is {split!r}, not one of {', '.join(SPLITS)}")
    references = document["references"] if "references" in document else _references(document)
    instance = {
        "input": {"text": _text(document["input"], "input")},
        "references": [
            {"output": {"text": _text(reference["output"], "output")}, "tags": reference["tags"]}
            for reference in references
        ],
        "split": split,
    }
    if "id" in document:
        instance["id"] = str(document["id"])
    return instance


def _references(document: Mapping[str, Any]) -> list[Json]:
    answer = document["answer"]
    choices = document.get("choices", [answer])
    if answer not in choices:
        raise ValueError(f"answer {answer!r} is none of the choices")
    return [
        {"output": {"text": choice}, "tags": [CORRECT] if choice == answer else []}
        for choice in choices
    ]


def _text(value: Any, name: str) -> str:
    """Return the text itself or, in HELM's present form, the text in the object."""
    text = value["text"] if isinstance(value, Mapping) else value
    if not isinstance(text, str):
        raise TypeError(f"{name} is {text!r}, not a text")
    return text
