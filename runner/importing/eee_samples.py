"""The samples of a record of Every Eval Ever: a row for each sample and metric."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from runner.errors import SuiteError
from runner.importing.fields import Record, read_lines
from runner.importing.imported_run import Completion, Reference, Sample

HELM = "helm"
OfResults = Mapping[str, tuple[str, str] | None]
"""By result, the metric and the split; None if it is of a perturbation."""

Results = Mapping[str, OfResults]
"""The results of each evaluation."""

Key = tuple[str, int]
"""A sample and its trial."""

MOST_DIGITS = 9
"""Of an epoch; what is longer is none."""


@dataclass
class _Evaluation:
    """The samples of one evaluation, and what was met in its rows."""

    samples: dict[Key, Sample] = field(default_factory=dict)
    rows: dict[tuple[Key, str], str] = field(default_factory=dict)
    methods: set[str] = field(default_factory=set)
    repeated: int = 0
    unnamed: int = 0


class SamplesOfRecord:
    """The samples of all evaluations of a record."""

    def __init__(self, evaluations: Mapping[str, _Evaluation]) -> None:
        self._evaluations = evaluations

    def of(self, name: str) -> Sequence[Sample]:
        """Return those of an evaluation, in the order of the file."""
        return list(self._evaluations[name].samples.values())

    def method(self, name: str) -> str:
        """Return how the model was asked, e.g. ``single_turn``."""
        return " or ".join(sorted(self._evaluations[name].methods)) or "unknown"

    def lost(self, name: str) -> list[str]:
        """Return what is lost of an evaluation's samples."""
        found = self._evaluations[name]
        without_gold = sum(
            any(each.is_correct is None for each in sample.references)
            for sample in found.samples.values()
        )
        counts = {
            "rows of perturbed copies or further trials, which look alike": found.repeated,
            "scores of rows that name no result": found.unnamed,
            "which reference is correct, samples": without_gold,
        }
        lost = [f"{what}: {count}" for what, count in counts.items() if count]
        if found.methods - {"single_turn"}:
            lost.append("all turns of a conversation but the last answer")
        return lost


def read_samples(record: Record, path: Path, results: Results) -> SamplesOfRecord:
    """Return the samples of a record.

    Args:
        results: by evaluation, what the record says of its results.

    Raises:
        SuiteError: a row is not as the schema says, or of another record, or there twice.
    """
    evaluations = {name: _Evaluation() for name in results}
    is_helm = record.record("eval_library").fields.get("name") == HELM
    own = {name: record.text(name) for name in ("schema_version", "evaluation_id")}
    own["model_id"] = record.record("model_info").text("id")
    count = 0
    for row in read_lines(path, record.advice):
        count += 1
        for name, expected in own.items():
            if row.text(name) != expected:
                raise row.wrong(f"{name} is not {expected!r:.100}, as in the record")
        evaluation = row.text("evaluation_name")
        if evaluation not in evaluations:
            raise row.wrong(f"the record has no evaluation {evaluation!r:.100}")
        _add(evaluations[evaluation], row, results[evaluation], is_helm=is_helm)
    detail = record.record("detailed_evaluation_results")
    if detail.has("total_rows") and detail.whole("total_rows") != count:
        raise SuiteError(
            f"{path}: it has {count} rows, and the record says {detail.whole('total_rows')}. "
            f"{record.advice}"
        )
    return SamplesOfRecord(evaluations)


def _add(
    evaluation: _Evaluation,
    row: Record,
    results: OfResults,
    *,
    is_helm: bool,
) -> None:
    sample_id = row.checked_name(row.text("sample_id"), "sample_id")
    key = (sample_id, _trial(row))
    result_id = row.text("evaluation_result_id") if row.has("evaluation_result_id") else ""
    if not result_id and len(results) == 1:
        result_id = next(iter(results))
    earlier = evaluation.rows.setdefault((key, result_id), row.place)
    if earlier != row.place:
        # HELM's converter writes a row for each perturbed copy and trial, under the same id.
        if is_helm:
            evaluation.repeated += 1
            return
        raise row.wrong(f"sample {sample_id!r:.80} was there already: {earlier}")
    if result_id and result_id not in results:
        raise row.wrong(f"the record has no result {result_id!r:.100}")
    of_result = results.get(result_id, ("", "test"))
    if of_result is None:
        evaluation.repeated += 1
        return
    metric, split = of_result
    score = row.record("evaluation").number("score")
    evaluation.unnamed += not metric
    scores = {metric: score} if metric else {}
    evaluation.methods.add(row.name("interaction_type"))
    known = evaluation.samples.get(key)
    if known is None:
        evaluation.samples[key] = _sample(row, key, split, scores)
    else:
        evaluation.samples[key] = replace(known, scores={**known.scores, **scores})


def _trial(row: Record) -> int:
    """Return how often the sample was run before; Inspect's converter keeps its epoch, from 1."""
    epoch = row.record("metadata").fields.get("epoch") if row.has("metadata") else None
    if isinstance(epoch, str) and epoch.isdecimal() and len(epoch) <= MOST_DIGITS:
        return max(int(epoch) - 1, 0)
    return 0


def _sample(row: Record, key: Key, split: str, scores: Mapping[str, float]) -> Sample:
    given = row.record("input")
    text = given.text("raw")
    return Sample(
        id=key[0],
        trial=key[1],
        split=split,
        text=text,
        prompt=given.text("formatted") if given.has("formatted") else text,
        references=_references(given),
        completions=[Completion(each) for each in _answers(row)],
        scores=scores,
        error=row.text("error") if row.has("error") else None,
    )


def _references(given: Record) -> list[Reference]:
    correct = given.texts("reference") if given.has("reference") else []
    if not given.has("choices") or not given.items("choices"):
        return [Reference(text, True) for text in correct]
    choices = given.texts("choices")
    is_known = any(choice in correct for choice in choices)
    return [Reference(text, text in correct if is_known else None) for text in choices]


def _answers(row: Record) -> list[str]:
    """Return what the model answered: of a conversation the last message."""
    if row.has("output"):
        return row.record("output").texts("raw")
    if not row.has("messages"):
        return []
    contents = [
        message.text("content")
        for message in row.records("messages")
        if message.text("role") == "assistant" and message.has("content")
    ]
    return contents[-1:]
