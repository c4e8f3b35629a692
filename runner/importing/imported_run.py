"""One run of another harness, in the terms that all importers share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from runner.helm_outputs.origin import Origin


@dataclass(frozen=True)
class Reference:
    """A text to compare a completion with; ``is_correct`` is None where that is not known."""

    text: str
    is_correct: bool | None


@dataclass(frozen=True)
class Completion:
    """What the model answered, and its logprob where the source has one."""

    text: str
    logprob: float | None = None


@dataclass(frozen=True)
class Sample:
    """One request and its answer.

    Attributes:
        id: the instance's; the same for all models of a task.
        trial: how often the instance was asked before, for a harness that repeats.
        split: HELM's word for it: test, valid or train.
        text: the instance's input.
        prompt: what the model was given.
        scores: by metric.
        error: why the model did not answer, or None.
    """

    id: str
    split: str
    text: str
    prompt: str
    references: Sequence[Reference]
    completions: Sequence[Completion]
    scores: Mapping[str, float]
    trial: int = 0
    error: str | None = None


@dataclass(frozen=True)
class RunScore:
    """A metric of the whole run, as the source has it."""

    metric: str
    split: str
    mean: float


@dataclass(frozen=True)
class ImportedRun:
    """One model on one task.

    Attributes:
        source: the harness, as it stands in names: a word.
        task: the task's name.
        task_args: what else tells it from other tasks, e.g. its version.
        settings: what tells this run from others of the task and the model, e.g. num_fewshot.
        model: its name, as the source has it.
        model_deployment: where it ran, or the model if that is not known.
        adapter: further fields of HELM's adapter spec.
        groups: the names under which the run is counted.
        scenario_class: HELM's class, where the source tells it; else None.
        record: what tells this file from others of the same task, model and settings, or "".
        scores: of the run.
        samples: None if the source has only the scores of the run.
        origin: for ``import.json``.
        place: the file, for messages.
    """

    source: str
    task: str
    model: str
    model_deployment: str
    scores: Sequence[RunScore]
    samples: Sequence[Sample] | None
    origin: Origin
    place: str
    task_args: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    adapter: Mapping[str, Any] = field(default_factory=dict)
    groups: Sequence[str] = ()
    scenario_class: str | None = None
    record: str = ""

    @property
    def name(self) -> str:
        """Return ``run_spec.name``, as HELM spells such names."""
        parts = {"task": self.task, **self.settings, "model": self.model.replace("/", "_")}
        return f"{self.source}:{','.join(f'{key}={value}' for key, value in parts.items())}"
