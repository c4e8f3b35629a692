"""Results of lm-evaluation-harness: ``results_DATE.json`` and, by ``--log_samples``, ``samples_*``.

Source: lm_eval/result_schema.py and loggers/evaluation_tracker.py of version 0.4.13.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from runner.errors import SuiteError
from runner.helm_outputs.origin import Origin
from runner.importing.fields import Record, read_lines, record_of
from runner.importing.imported_run import ImportedRun, RunScore, Sample
from runner.importing.lm_eval_answers import read_answer
from runner.suites.manifest import digest_file

HARNESS = "lm-evaluation-harness"
SOURCE = "lm_eval"
ADVICE = (
    "Run lm-evaluation-harness again with --log_samples and --output_path, or leave this file out."
)

LOST = (
    "perturbations: the harness has none",
    "log-likelihoods of tokens and of choices that were not chosen",
    "the question apart from the prompt around it",
    "filtered answers, standard errors, means of groups",
    "settings of the deployment, e.g. revision and data type",
)

NO_FILTER = "none"
_DATE = re.compile(r"_(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:\.\d+)?)\.json$")
_STDERR = re.compile(r"_stderr(,|$)")


def is_results(document: Mapping[str, Any]) -> bool:
    """Return whether a JSON document is a results file of the harness."""
    return "results" in document and "configs" in document


def read_results(path: Path, document: Mapping[str, Any]) -> Iterator[ImportedRun]:
    """Yield the run of each task in a results file; groups, which only sum tasks up, are left out.

    Raises:
        SuiteError: the file, or that of a task's samples, is not what the harness writes.
    """
    results = record_of(document, str(path), ADVICE)
    date = _DATE.search(path.name)
    if date is None:
        raise SuiteError(
            f"{path}: its name has no date as in results_2026-01-31T12-00-00.json, by which its "
            f"samples are found. {ADVICE}"
        )
    files = {each.name: each for each in path.parent.iterdir() if each.is_file()}
    groups = results.record("group_subtasks") if results.has("group_subtasks") else None
    for task in results.record("results").fields:
        results.checked_name(task, "the name of a task")
        if not results.record("configs").has(task):
            if groups is None or not groups.has(task):
                raise results.wrong(f"configs has no {task!r:.80}, of which there are results")
            continue
        samples = files.get(f"samples_{task}_{date[1]}.jsonl")
        if samples is None:
            raise results.wrong(f"there is no samples_{task}_{date[1]}.jsonl beside it")
        yield _Task(results, task, samples, path).read()


class _Task:
    """One task of a results file, with its samples."""

    def __init__(self, results: Record, name: str, samples: Path, path: Path) -> None:
        self.results, self.name, self.samples, self.path = results, name, samples, path
        self.config = results.record("configs").record(name)
        self.output_type = self.config.text("output_type")
        self.split = "test" if self.config.has("test_split") else "valid"

    def read(self) -> ImportedRun:
        """Return the run."""
        scores, lost = self._scores()
        rows = list(read_lines(self.samples, ADVICE))
        samples = self._merge(rows)
        model = self.results.name("model_name")
        backend = self.results.record("config").name("model")
        shots = self._shots()
        version = self.results.record("versions").fields.get(self.name)
        unscored = sorted({score.metric for score in scores} - _scored(samples))
        lost += [f"scores of samples: {', '.join(unscored)}"[:300]] if unscored else []
        without_gold = sum(_lacks_gold(sample) for sample in samples)
        lost += [f"which reference is correct: of {without_gold} samples"] if without_gold else []
        return ImportedRun(
            source=SOURCE,
            task=self.name,
            task_args={} if version is None else {"version": str(version)},
            settings={"num_fewshot": shots} if shots else {},
            model=model,
            model_deployment=f"{backend}/{model}",
            adapter=self._adapter(shots),
            groups=self._groups(),
            scores=scores,
            samples=samples,
            origin=Origin(
                HARNESS,
                self.results.name("lm_eval_version"),
                (*LOST, *lost),
                {each.name: digest_file(each) for each in (self.path, self.samples)},
            ),
            place=str(self.samples),
        )

    def _shots(self) -> int:
        shots = self.results.record("n-shot")
        return shots.whole(self.name) if shots.has(self.name) else 0

    def _groups(self) -> list[str]:
        if not self.results.has("group_subtasks"):
            return []
        subtasks = self.results.record("group_subtasks").fields
        return sorted(
            group
            for group, tasks in subtasks.items()
            if isinstance(tasks, list) and self.name in tasks and group.isprintable()
        )

    def _adapter(self, shots: int) -> dict[str, Any]:
        generation = (
            self.config.record("generation_kwargs").fields
            if self.config.has("generation_kwargs")
            else {}
        )
        until = generation.get("until") or []
        adapter: dict[str, Any] = {
            "method": self.output_type,
            "instructions": self.config.text("description")
            if self.config.has("description")
            else "",
            "max_train_instances": shots,
            "num_outputs": self.config.whole("repeats") if self.config.has("repeats") else 1,
            "stop_sequences": [str(each) for each in (until if type(until) is list else [until])],
        }
        for name, key in (("temperature", "temperature"), ("max_tokens", "max_gen_toks")):
            if isinstance(generation.get(key), int | float):
                adapter[name] = self.config.checked_number(generation[key], key)
        return adapter

    def _scores(self) -> tuple[list[RunScore], list[str]]:
        """Return the scores of the run, and what is lost of them."""
        record = self.results.record("results").record(self.name)
        scores, lost = [], []
        for key, value in record.fields.items():
            metric, comma, of_filter = key.partition(",")
            if not comma or _STDERR.search(key):
                continue
            record.checked_name(key, "the name of a metric")
            if isinstance(value, int | float):
                number = record.checked_number(value, key)
                scores.append(RunScore(_stat_name(metric, of_filter), self.split, number))
            else:
                lost.append(f"{metric}: it is no number"[:300])
        if not scores:
            raise record.wrong("it has no score that is a number")
        return scores, lost

    def _merge(self, rows: Sequence[Record]) -> list[Sample]:
        """Return the samples; lm-eval writes a row for each filter of a sample."""
        samples: dict[int, Sample] = {}
        filters: dict[tuple[int, str], int] = {}
        for number, row in enumerate(rows, start=1):
            doc_id, of_filter = row.whole("doc_id"), row.name("filter")
            earlier = filters.setdefault((doc_id, of_filter), number)
            if earlier != number:
                raise row.wrong(f"doc_id {doc_id} was on line {earlier} already")
            scores = self._sample_scores(row, of_filter)
            if doc_id in samples:
                merged = {**samples[doc_id].scores, **scores}
                samples[doc_id] = replace(samples[doc_id], scores=merged)
            else:
                samples[doc_id] = self._sample(row, str(doc_id), scores)
        self._check_count(len(samples), filters)
        return [samples[doc_id] for doc_id in sorted(samples)]

    def _check_count(self, count: int, filters: Mapping[tuple[int, str], int]) -> None:
        """Refuse samples of which some are missing, as in a file that is cut off between lines."""
        expected = self.results.record("n-samples").record(self.name).whole("effective")
        of_filters = count * len({of_filter for _, of_filter in filters})
        if count != expected or len(filters) != of_filters:
            raise SuiteError(
                f"{self.samples}: it has {len(filters)} rows of {count} samples, but "
                f"{self.path.name} says that there are {expected} samples. {ADVICE}"
            )

    def _sample_scores(self, row: Record, of_filter: str) -> dict[str, float]:
        return {
            _stat_name(metric, of_filter): row.number(metric)
            for metric in row.texts("metrics")
            if isinstance(row.fields.get(metric), int | float)
        }

    def _sample(self, row: Record, sample_id: str, scores: Mapping[str, float]) -> Sample:
        arguments = [list(each.fields.values()) for each in _numbered(row.record("arguments"))]
        if not arguments or not all(each and isinstance(each[0], str) for each in arguments):
            raise row.wrong("arguments has no prompt")
        prompt = os.path.commonprefix([each[0] for each in arguments])  # noqa: RUF071  (texts)
        references, completions = read_answer(row, self.output_type, arguments)
        return Sample(
            id=sample_id,
            split=self.split,
            text=prompt,
            prompt=prompt,
            references=references,
            completions=completions,
            scores=scores,
        )


def _stat_name(metric: str, of_filter: str) -> str:
    """Return the stat's name: the metric's, as in the results, without a filter that is none."""
    return metric if of_filter == NO_FILTER else f"{metric},{of_filter}"


def _scored(samples: Sequence[Sample]) -> set[str]:
    return {name for sample in samples for name in sample.scores}


def _lacks_gold(sample: Sample) -> bool:
    return any(reference.is_correct is None for reference in sample.references)


def _numbered(arguments: Record) -> list[Record]:
    return [arguments.record(f"gen_args_{number}") for number in range(len(arguments.fields))]
