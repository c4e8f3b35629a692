"""Builders of small HELM runs whose stats follow from their completions, as HELM's own do."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.helm_builder import Json, request_state, run_files, stat, write_run

LETTERS = "AB"
RIGHT = "A"


def question(number: int, answer: str, **instance: Any) -> Json:
    """Return the request state of a question; ``yes`` is right, which is A.

    Args:
        instance: further members of the instance, e.g. its ``sub_split``.
    """
    state = request_state(f"id{number}", answer, f"Question {number}?")
    state["instance"] |= instance
    for reference in state["instance"]["references"]:
        reference["output"]["text"] += f" to {number}"
    state["output_mapping"] = {
        letter: reference["output"]["text"]
        for letter, reference in zip(LETTERS, state["instance"]["references"], strict=True)
    }
    return state


def questions(answers: str, first: int = 0) -> list[Json]:
    """Return a question for each answer, numbered from ``first``."""
    return [question(number, answer) for number, answer in enumerate(answers, start=first)]


def is_right(state: Json) -> float:
    """Return the exact match of a question."""
    return float(state["result"]["completions"][0]["text"] == RIGHT)


def write_quiz(
    root: Path,
    name: str,
    states: Sequence[Json],
    *,
    model: str = "demo/model",
    args: Mapping[str, Any] | None = None,
    scenario: str = "demo.Quiz",
    more_stats: Sequence[Json] = (),
    method: str = "multiple_choice_joint",
) -> None:
    """Write a run of a quiz: its exact match is the share of right answers.

    Args:
        states: its questions, the perturbed ones among them.
        more_stats: besides the exact match of the unperturbed ones.
    """
    plain = [is_right(state) for state in states if "perturbation" not in state["instance"]]
    stats = [stat("exact_match", sum(plain) / len(plain)), *more_stats]
    entries = [
        {
            "instance_id": state["instance"]["id"],
            "train_trial_index": 0,
            "stats": [
                stat(
                    "exact_match",
                    is_right(state),
                    perturbation=state["instance"].get("perturbation"),
                )
            ],
        }
        for state in states
    ]
    files = run_files(name, stats=stats, request_states=states, per_instance_stats=entries)
    files["run_spec.json"]["scenario_spec"] = {"class_name": scenario, "args": dict(args or {})}
    files["run_spec.json"]["adapter_spec"] |= {"model": model, "method": method}
    write_run(root, name, files)
