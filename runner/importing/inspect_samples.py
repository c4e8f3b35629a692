"""One sample of a log of Inspect."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from runner.importing.fields import Record
from runner.importing.imported_run import Completion, Reference, Sample

if TYPE_CHECKING:
    from inspect_ai.log import EvalSample

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ASSISTANT = "assistant"

GRADES: Mapping[str, float] = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
"""Inspect's letters for correct, partially correct, incorrect and no answer, and their values."""


def read_sample(sample: "EvalSample", place: Record, split: str) -> tuple[Sample, set[str]]:
    """Return a sample, and the names of its scores that are no number.

    Raises:
        SuiteError: a score is not finite, or the sample's id is no name.
    """
    scores, unread = _scores(sample, place)
    targets = [sample.target] if isinstance(sample.target, str) else list(sample.target)
    has_output = bool(sample.output.choices)
    return Sample(
        id=place.checked_name(str(sample.id), "the id of a sample"),
        trial=max(sample.epoch - 1, 0),
        split=split,
        text=sample.input if isinstance(sample.input, str) else _joined(sample.input),
        prompt=_prompt(sample),
        references=_references(sample.choices, targets),
        completions=[Completion(sample.output.completion)] if has_output else [],
        scores=scores,
        error=sample.error.message if sample.error is not None else None,
    ), unread


def _scores(sample: "EvalSample", place: Record) -> tuple[dict[str, float], set[str]]:
    """Return the scores; one that has several values gives one for each, under its own name."""
    scores, unread = {}, set()
    for scorer, score in (sample.scores or {}).items():
        values = score.value if isinstance(score.value, dict) else {scorer: score.value}
        for name, value in values.items():
            place.checked_name(name, "the name of a score")
            number = GRADES.get(value) if isinstance(value, str) else value
            if isinstance(number, int | float):
                what = f"sample {sample.id!r:.80}: {name}"
                scores[name] = place.checked_number(number, what)
            else:
                unread.add(name)
    return scores, unread


def _references(choices: Sequence[str] | None, targets: Sequence[str]) -> list[Reference]:
    """Return the choices, of which the targets' letters are correct; or the targets."""
    if not choices:
        return [Reference(target, True) for target in targets if target]
    letters = {letter for target in targets for letter in (target, *target.split(","))}
    correct = [LETTERS[place : place + 1] in letters for place in range(len(choices))]
    is_known = any(correct)
    return [
        Reference(text, is_correct if is_known else None)
        for text, is_correct in zip(choices, correct, strict=True)
    ]


def _prompt(sample: "EvalSample") -> str:
    """Return what the model was given before its last answer."""
    messages = list(sample.messages)
    while messages and messages[-1].role == ASSISTANT:
        messages.pop()
    if not messages:
        return sample.input if isinstance(sample.input, str) else _joined(sample.input)
    return _joined(messages)


def _joined(messages: Sequence[Any]) -> str:
    """Return the text of messages; of several, with their roles."""
    if len(messages) == 1:
        return str(messages[0].text)
    return "\n\n".join(f"{message.role}: {message.text}" for message in messages)
