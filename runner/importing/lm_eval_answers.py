"""What the model answered, and what is right, in a row of lm-evaluation-harness's samples."""

import ast
import re
from collections.abc import Sequence
from typing import Any

from runner.importing.fields import Record
from runner.importing.imported_run import Completion, Reference

Answer = tuple[list[Reference], list[Completion]]


def read_answer(row: Record, output_type: str, arguments: Sequence[Sequence[Any]]) -> Answer:
    """Return a sample's references and completions.

    Args:
        output_type: the task's, e.g. ``multiple_choice``.
        arguments: of each request to the model.

    Raises:
        SuiteError: the row is not what the harness writes.
    """
    responses = row.items("resps")
    if output_type == "multiple_choice":
        return _choose(row, arguments, responses)
    if output_type == "loglikelihood":
        return _continue(row, arguments, responses)
    if output_type == "generate_until":
        references = [Reference(text, True) for text in _targets(row.text("target"))]
        return references, [Completion(text) for text in _flat_texts(row, responses)]
    return [], []  # loglikelihood_rolling: the probability of the text itself


def _choose(row: Record, arguments: Sequence[Sequence[Any]], responses: Sequence[Any]) -> Answer:
    """Return the choices, and the one with the largest log-likelihood, as lm-eval takes it."""
    first = arguments[0][0]
    varies = len({each[0] for each in arguments}) == len(arguments) > 1  # e.g. winogrande
    own = [each for each in arguments if varies or each[0] == first]  # others: mutual information
    choices = [str(each[0] if varies else each[-1]).strip() for each in own]
    logprobs = [_logprob(row, each) for each in responses[: len(choices)]]
    if len(logprobs) != len(choices):
        raise row.wrong(f"resps has {len(logprobs)} log-likelihoods for {len(choices)} choices")
    chosen = logprobs.index(max(logprobs))
    correct = _correct(row, choices, chosen)
    references = [
        Reference(text, None if correct is None else number in correct)
        for number, text in enumerate(choices)
    ]
    return references, [Completion(choices[chosen], logprobs[chosen])]


def _correct(row: Record, choices: Sequence[str], chosen: int) -> set[int] | None:
    """Return which choices are correct, or None: ``target`` may be a number or a choice's text.

    Where it can be both, the accuracy of the sample decides.
    """
    target = row.text("target")
    found = {
        frozenset(numbers)
        for numbers in (
            [number for number, choice in enumerate(choices) if choice == target.strip()],
            [int(each) for each in re.findall(r"\d+", target)]
            if re.fullmatch(r"\[?\d+(, \d+)*\]?", target)
            else [],
        )
        if numbers and all(number < len(choices) for number in numbers)
    }
    if len(found) > 1 and row.fields.get("acc") in (0, 1):
        found = {numbers for numbers in found if (chosen in numbers) == row.fields["acc"]}
    return set(next(iter(found))) if len(found) == 1 else None


def _continue(row: Record, arguments: Sequence[Sequence[Any]], responses: Sequence[Any]) -> Answer:
    """Return the continuation; it is the completion too where the model would have given it."""
    text = str(arguments[0][-1])
    logprob = _logprob(row, responses[0] if responses else None)
    is_greedy = _pair(row, responses[0])[1] == "True"
    return [Reference(text, True)], [Completion(text, logprob)] if is_greedy else []


def _logprob(row: Record, response: Any) -> float:
    text = _pair(row, response)[0]
    try:
        return row.checked_number(float(text), "a log-likelihood in resps")
    except ValueError:
        raise row.wrong(f"resps has {text!r:.40}, not a log-likelihood") from None


def _pair(row: Record, response: Any) -> tuple[str, str]:
    """Return the log-likelihood and whether the choice is the greedy one, both as texts."""
    pair = response[0] if isinstance(response, list) and response else None
    match pair:
        case [str(likelihood), str(is_greedy)]:
            return likelihood, is_greedy
    raise row.wrong(f"resps has {response!r:.40}, not a log-likelihood")


def _flat_texts(row: Record, responses: Sequence[Any]) -> list[str]:
    texts = responses[0] if responses and isinstance(responses[0], list) else responses
    if not texts or not all(isinstance(text, str) for text in texts):
        raise row.wrong("resps has no text that the model wrote")
    return list(texts)


def _targets(target: str) -> list[str]:
    """Return the targets; lm-eval writes several as Python writes a list of texts."""
    try:
        found = ast.literal_eval(target)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return [target]
    is_list = isinstance(found, list) and found and all(isinstance(each, str) for each in found)
    return found if is_list else [target]
