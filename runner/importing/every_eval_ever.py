"""Records of Every Eval Ever: an aggregate, and beside it, if there are any, its samples.

Source: eval.schema.json and instance_level_eval.schema.json of every-eval-ever 0.3.0.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from runner.errors import SuiteError
from runner.helm_outputs.origin import Origin
from runner.importing.eee_samples import SamplesOfRecord, read_samples
from runner.importing.fields import Record, record_of
from runner.importing.imported_run import ImportedRun, RunScore
from runner.suites.manifest import digest_file

SOURCE = "every_eval_ever"
SCHEMA = "0.3."
ADVICE = "Convert the results again with every-eval-ever 0.3, or leave this file out."
UNKNOWN = "unknown"
RECORD_LETTERS = 8

LOST = (
    "perturbations, sub-splits and trials",
    "log-likelihoods and tokens",
    "the deployment's name",
    "instructions, examples and other settings of the prompt",
    "metrics that the converter leaves out, e.g. of efficiency and calibration",
)


def is_record(document: Mapping[str, Any]) -> bool:
    """Return whether a JSON document is an aggregate record."""
    return "schema_version" in document and "evaluation_results" in document


def read_record(path: Path, document: Mapping[str, Any]) -> Iterator[ImportedRun]:
    """Yield a run for each evaluation of a record.

    Raises:
        SuiteError: the record or its samples are not as the schema says.
    """
    record = record_of(document, str(path), ADVICE)
    version = record.text("schema_version")
    if not version.startswith(SCHEMA):
        raise record.wrong(f"schema_version is {version!r:.20}, and only {SCHEMA}x is read")
    results: dict[str, list[Record]] = {}
    for result in record.records("evaluation_results"):
        results.setdefault(result.name("evaluation_name"), []).append(result)
    if not results:
        raise record.wrong("evaluation_results is empty")
    samples_path = _find_samples(record, path)
    metrics = {name: _Metrics(of_name) for name, of_name in results.items()}
    samples = None
    if samples_path is not None:
        known = {name: each.by_result for name, each in metrics.items()}
        samples = read_samples(record, samples_path, known)
    for name, of_name in results.items():
        files = [path, *([samples_path] if samples_path else [])]
        yield _to_run(record, name, of_name[0], metrics[name], samples, files)


class _Metrics:
    """The scores of one evaluation of a record, without those of perturbations."""

    def __init__(self, results: Sequence[Record]) -> None:
        self.scores: list[RunScore] = []
        self.by_result: dict[str, tuple[str, str] | None] = {}
        self.perturbed = 0
        seen: set[tuple[str, str]] = set()
        for result in results:
            details = _details(result.record("score_details"), "details")
            result_id = result.name("evaluation_result_id") if _has_id(result) else None
            if details.get("perturbation"):
                self.perturbed += 1
                if result_id is not None:
                    self.by_result[result_id] = None
                continue
            metric, split = _metric(result), _split(result, details)
            if (metric, split) in seen:
                metric = result_id or metric  # two parameters of one metric
            if result_id is not None:
                self.by_result[result_id] = (metric, split)
            if (metric, split) in seen:
                raise result.wrong(f"there is another score {metric!r:.80} of this evaluation")
            seen.add((metric, split))
            number = result.record("score_details").number("score")
            self.scores.append(RunScore(metric, split, number))


def _has_id(result: Record) -> bool:
    return result.has("evaluation_result_id")


def _metric(result: Record) -> str:
    config = result.record("metric_config")
    for name in ("metric_name", "metric_id", "evaluation_description"):
        if config.has(name):
            return config.name(name)
    return "score"


def _split(result: Record, details: Mapping[str, Any]) -> str:
    source = result.record("source_data")
    split = details.get("split") or source.fields.get("hf_split") or "test"
    words = {"validation": "valid"}
    return result.checked_name(words.get(str(split), str(split)), "split")


def _details(record: Record, name: str) -> Mapping[str, Any]:
    return record.record(name).fields if record.has(name) else {}


def _find_samples(record: Record, path: Path) -> Path | None:
    """Return the file of the record's samples, which lies beside it; None if it has none.

    Raises:
        SuiteError: it is not there, or not the one that the record was written with.
    """
    if not record.has("detailed_evaluation_results"):
        return None
    detail = record.record("detailed_evaluation_results")
    name = PurePosixPath(detail.text("file_path")).name
    beside = {each.name: each for each in path.parent.iterdir() if each.is_file()}
    if name not in beside:
        raise record.wrong(f"there is no {name!r:.100} beside it, where its samples are")
    if detail.fields.get("hash_algorithm") == "sha256" and detail.has("checksum"):
        found = digest_file(beside[name])
        if found != detail.text("checksum"):
            raise SuiteError(
                f"{beside[name]}: its digest is not that of {path.name}: it was changed, or cut "
                f"off. {ADVICE}"
            )
    return beside[name]


def _to_run(
    record: Record,
    name: str,
    first: Record,
    metrics: _Metrics,
    samples: SamplesOfRecord | None,
    files: Sequence[Path],
) -> ImportedRun:
    if not metrics.scores:
        raise first.wrong(f"{name!r:.80} has only scores of perturbations")
    library = record.record("eval_library")
    lost = [*LOST]
    if metrics.perturbed:
        lost.append(f"stats of perturbations: {metrics.perturbed}")
    if samples is not None:
        lost += samples.lost(name)
    model = record.record("model_info").name("id")
    scenario_class, args = _scenario(first)
    return ImportedRun(
        source=SOURCE,
        task=name,
        task_args=args,
        settings={key: value for key, value in args.items() if isinstance(value, str)},
        model=model,
        model_deployment=_deployment(record, model),
        adapter=_adapter(first, samples.method(name) if samples else UNKNOWN),
        scores=metrics.scores,
        samples=samples.of(name) if samples else None,
        origin=Origin(
            f"Every Eval Ever of {library.name('name')}",
            record.text("schema_version"),
            tuple(lost),
            {each.name: digest_file(each) for each in files},
        ),
        place=record.place,
        scenario_class=scenario_class,
        record=files[0].stem[:RECORD_LETTERS],
    )


def _deployment(record: Record, model: str) -> str:
    info = record.record("model_info")
    platform = info.name("inference_platform") if info.has("inference_platform") else UNKNOWN
    return model if platform == UNKNOWN else f"{platform}/{model.rpartition('/')[2]}"


def _scenario(result: Record) -> tuple[str | None, dict[str, Any]]:
    """Return the scenario's class and arguments, which the converter of HELM's runs keeps."""
    details = _details(result.record("source_data"), "additional_details")
    name, args = details.get("scenario_name"), details.get("scenario_args")
    if not isinstance(name, str) or not name.isprintable():
        return None, {}
    try:
        parsed = json.loads(args) if isinstance(args, str) and args else {}
    except (ValueError, RecursionError):
        parsed = {}
    return name, parsed if isinstance(parsed, dict) else {}


def _adapter(result: Record, method: str) -> dict[str, Any]:
    adapter: dict[str, Any] = {"method": method}
    if not result.has("generation_config"):
        return adapter
    config = result.record("generation_config")
    if not config.has("generation_args"):
        return adapter
    args = config.record("generation_args")
    for name in ("temperature", "max_tokens"):
        if args.has(name):
            adapter[name] = args.number(name)
    return adapter
