"""Logs of Inspect, read through its own API: their format is versioned, but not a public one.

Source: inspect_ai.log of version 0.3.285. It is imported here alone, and only when a log is read.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.code_version import install_command
from runner.errors import UsageError
from runner.helm_outputs.origin import Origin
from runner.importing.fields import Record
from runner.importing.imported_run import ImportedRun, RunScore, Sample
from runner.importing.inspect_samples import read_sample
from runner.suites.manifest import digest_file

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog

SOURCE = "inspect"
HARNESS = "Inspect"
SUFFIX = ".eval"
ADVICE = "Let `inspect eval` or `inspect eval-retry` finish this log, or leave the file out."

LOST = (
    "perturbations and splits: the harness has none",
    "log-likelihoods and tokens",
    "turns before the last answer, calls of tools, reasoning",
    "standard errors",
)

SPLIT = "test"
MEANS = ("accuracy", "mean")
"""Metrics that are the mean of the samples' scores, and so have the scorer's own name."""

LEFT_OUT = ("stderr", "std", "var")


def is_log(document: Mapping[str, Any]) -> bool:
    """Return whether a JSON document is a log in Inspect's older form."""
    return {"version", "status", "eval", "plan"} <= document.keys()


def read_log(path: Path) -> Iterator[ImportedRun]:
    """Yield the run of a log.

    Raises:
        SuiteError: the log can't be read, or its evaluation did not end well.
        UsageError: Inspect is not installed.
    """
    place = Record({}, str(path), ADVICE)
    log = _open(path, place)
    if log.status != "success":
        raise place.wrong(f"its status is {log.status!r}, so its scores are not complete")
    if log.results is None or not log.results.scores:
        raise place.wrong("it has no scores")
    samples, lost = _samples(log, place)
    model = place.checked_name(log.eval.model, "the model")
    args = {key: _text(value) for key, value in log.eval.task_args.items()}
    for key, value in args.items():
        place.checked_name(f"{key}={value}", "an argument of the task")
    yield ImportedRun(
        source=SOURCE,
        task=place.checked_name(log.eval.task, "the task"),
        task_args={"version": str(log.eval.task_version), **args},
        settings=args,
        model=_without_provider(model),
        model_deployment=model,
        adapter=_adapter(log, place),
        scores=_scores(log, place),
        samples=samples,
        origin=Origin(
            HARNESS,
            str(log.eval.packages.get("inspect_ai", "unknown"))[:40],
            (*LOST, *lost),
            {path.name: digest_file(path)},
        ),
        place=str(path),
    )


def _open(path: Path, place: Record) -> "EvalLog":
    try:
        from inspect_ai.log import read_eval_log  # noqa: PLC0415  (optional)
    except ImportError as error:
        raise UsageError(
            f"{path}: logs of Inspect are read by its own package, which is not installed here "
            f"({error}): {install_command('inspect')}"
        ) from error
    try:
        return read_eval_log(str(path.resolve()), resolve_attachments="core")
    except Exception as error:  # whatever it raises for a file that is no log
        reason = f"{type(error).__name__}: {error!s:.200}".replace("\n", " ")
        raise place.wrong(f"Inspect can't read it ({reason})") from error


def _samples(log: "EvalLog", place: Record) -> tuple[list[Sample] | None, list[str]]:
    """Return the samples, and what is lost of them."""
    if log.samples is None or log.eval.config.log_samples is False:
        return None, []
    completed = log.results.completed_samples if log.results else 0
    if len(log.samples) < completed:
        raise place.wrong(f"it has {len(log.samples)} samples, and its results say {completed}")
    samples: dict[tuple[str, int], Sample] = {}
    lost: set[str] = set()
    for each in log.samples:
        sample, unread = read_sample(each, place, SPLIT)
        lost |= unread
        if (sample.id, sample.trial) in samples:
            raise place.wrong(f"sample {sample.id!r:.80}, epoch {each.epoch}, is there twice")
        samples[sample.id, sample.trial] = sample
    words = [f"scores of samples that are no number: {', '.join(sorted(lost))}"[:300]]
    return list(samples.values()), words if lost else []


def _scores(log: "EvalLog", place: Record) -> list[RunScore]:
    """Return the scores of the run; a mean has the scorer's name, as the samples' scores have."""
    scores: dict[str, RunScore] = {}
    for score in log.results.scores if log.results else ():
        is_mean = score.reducer in (None, "mean")
        base = place.checked_name(
            score.name if is_mean else f"{score.name}/{score.reducer}", "the name of a score"
        )
        for name, metric in score.metrics.items():
            if name in LEFT_OUT:
                continue
            full = base if name in MEANS and base not in scores else f"{base}/{name}"
            place.checked_name(full, "the name of a metric")
            if full in scores:
                raise place.wrong(f"there are two metrics {full!r:.80}")
            scores[full] = RunScore(full, SPLIT, place.checked_number(metric.value, full))
    if not scores:
        raise place.wrong("it has no score that is a number")
    return list(scores.values())


def _without_provider(model: str) -> str:
    """Return ``org/name`` of ``hf/org/name``; ``openai/name`` stays."""
    _, slash, rest = model.partition("/")
    return rest if slash and "/" in rest else model


def _adapter(log: "EvalLog", place: Record) -> dict[str, Any]:
    steps: Sequence[Any] = log.plan.steps
    adapter: dict[str, Any] = {
        "method": place.checked_name(
            ",".join(str(step.solver) for step in steps) or "generate", "the solvers"
        )
    }
    for config in (log.eval.model_generate_config, log.plan.config):
        for name in ("temperature", "max_tokens"):
            value = getattr(config, name, None)
            if value is not None:
                adapter[name] = place.checked_number(value, name)
    return adapter


def _text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)
