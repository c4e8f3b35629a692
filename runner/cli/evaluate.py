"""``runner evaluate``."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner.demo_suite import DEMO_SUITE, unpack_demo_suite
from runner.errors import EngineError, ExitCode, SuiteError, UsageError
from runner.sandbox.limits import MIB, Limits
from runner.untrusted import printable

if TYPE_CHECKING:
    from runner.report import CaseRecord, Evaluation
    from runner.splits import SampledDivision
    from runner.suite import Suite

DEFAULTS = Limits()
LOG_LINES = 40

EXAMPLES = """\b
Examples:
  runner evaluate train_mean:latest --suite demo
  runner evaluate my_predictor --suite v1 --root-dir helm/benchmark_output
  runner evaluate a b c --suite 'helm/benchmark_output/runs/v1/mmlu*' --seed 7 --json
"""


@click.command(epilog=EXAMPLES)
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True)
@click.option(
    "--suite",
    required=True,
    help="The HELM runs: 'demo', a path or glob (benchmark_output, its runs, a suite of it, one "
    "run), or with --root-dir the name of one of HELM's own suites.",
)
@click.option(
    "--root-dir",
    type=click.Path(path_type=Path),
    help="A benchmark_output directory; --suite NAME then means ROOT_DIR/runs/NAME.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where reports go, one directory per image.  [default: results/SUITE]",
)
@click.option("--train-runs", type=click.IntRange(min=1), default=3, show_default=True)
@click.option(
    "--eval-samples",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Instances of the eval run that are revealed with their completions.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Draws the runs and the revealed instances; also given to the predictor.",
)
@click.option(
    "--target",
    "stat_names",
    multiple=True,
    default=["exact_match"],
    show_default=True,
    help="The name of a stat to predict; may be repeated.",
)
@click.option(
    "--wall-seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=DEFAULTS.wall_seconds,
    show_default=True,
    help="The time a container may take.",
)
@click.option(
    "--memory-mib",
    type=click.IntRange(min=16),
    default=DEFAULTS.memory_bytes // MIB,
    show_default=True,
    help="Memory and swap together, with all that is in /output and /tmp.",
)
@click.option(
    "--cpus",
    type=click.FloatRange(min=0.1),
    default=DEFAULTS.cpus,
    show_default=True,
)
@click.option("--show-log", is_flag=True, help="Print the log's end when a case is not scored.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
def evaluate(
    images: tuple[str, ...],
    suite: str,
    root_dir: Path | None,
    out: Path | None,
    train_runs: int,
    eval_samples: int,
    seed: int,
    stat_names: tuple[str, ...],
    wall_seconds: float,
    memory_mib: int,
    cpus: float,
    show_log: bool,
    as_json: bool,
) -> int:
    """Run predictor images on a suite and score them.

    As in MAGNET, --train-runs runs and one eval run are drawn from the suite. The predictor sees
    the train runs whole, and of the eval run a sample of requests with their completions. It
    predicts the eval run's stats, which stay withheld until its container is gone.

    A report directory is written for each image: report.json, the predictions as they were
    written, and the container's log.
    """
    from runner.evaluate import evaluate as evaluate_image
    from runner.report import write_evaluation
    from runner.sandbox.engine import check_limits, connect, resolve_image
    from runner.splits import SampledDivision

    limits = Limits(wall_seconds=wall_seconds, memory_bytes=memory_mib * MIB, cpus=cpus)
    client = connect()
    check_limits(client, limits)
    resolved = [resolve_image(client, reference) for reference in images]
    division = SampledDivision(train_runs, eval_samples, seed)
    loaded = _load_suite(suite, root_dir, division, stat_names)
    places = _report_places(out or Path("results") / loaded.name, images)
    printed, engine_failed = [], False
    for image, directory in zip(resolved, places, strict=True):
        try:
            evaluation = evaluate_image(client, image, loaded, limits, seed, _announce)
        except EngineError as error:
            _announce(f"{image.reference}: no report: {error} Run the same command again.")
            engine_failed = True
            continue
        kept = write_evaluation(evaluation, directory)
        if kept is not None:
            _announce(f"the report of another evaluation that was there is kept as {kept}")
        if show_log:
            _print_logs(evaluation)
        if not as_json:
            _print_evaluation(evaluation, directory)
        printed.append((evaluation, directory))
    if as_json:
        click.echo(json.dumps([_as_json(*pair) for pair in printed], indent=2))
    if engine_failed:
        return ExitCode.ENGINE_FAULT
    scored = all(evaluation.report.scores is not None for evaluation, _ in printed)
    return ExitCode.SCORED if scored else ExitCode.PREDICTOR_FAULT


def _load_suite(
    suite: str, root_dir: Path | None, division: "SampledDivision", stat_names: tuple[str, ...]
) -> "Suite":
    """Return the suite that the options name, after telling what to beware of in it."""
    from runner.suite import sample_suite

    with _suite_source(suite, root_dir) as (name, source):
        _announce(f"reading the suite {name}")
        loaded = sample_suite(name, source, division, stat_names)
    for warning in loaded.warnings:
        _announce(f"warning: {warning}")
    return loaded


def _report_places(reports: Path, images: tuple[str, ...]) -> list[Path]:
    """Return a directory for each image, all checked before anything runs."""
    from runner.report import check_writable, report_directory_name

    places = [reports / report_directory_name(reference) for reference in images]
    for place, reference in zip(places, images, strict=True):
        if places.count(place) > 1:
            raise UsageError(f"{reference}: two images would report to {place}; evaluate one.")
        check_writable(place)
    return places


@contextmanager
def _suite_source(suite: str, root_dir: Path | None) -> Iterator[tuple[str, str | Path]]:
    """Give the suite's name and where its HELM runs are, unpacked if it is the demo."""
    if root_dir is not None:
        path = root_dir / "runs" / suite
        if not path.parent.is_dir():
            raise SuiteError(f"{path.parent}: no such directory. --root-dir is a benchmark_output.")
        if not path.is_dir():
            found = sorted(entry.name for entry in path.parent.iterdir() if entry.is_dir())
            raise SuiteError(
                f"{path}: no such suite. {root_dir} has: {', '.join(found) or 'none'}."
            )
        yield suite, path
    elif suite == DEMO_SUITE:
        with tempfile.TemporaryDirectory(prefix="runner-demo-") as directory:
            yield DEMO_SUITE, unpack_demo_suite(Path(directory))
    else:
        last = Path(suite).resolve().name
        yield "".join(c if c.isalnum() or c in "._-" else "_" for c in last), suite


def _announce(line: str) -> None:
    click.echo(line, err=True)


def _print_evaluation(evaluation: "Evaluation", directory: Path) -> None:
    from runner.report import REPORT_FILE, comparison_table

    report = evaluation.report
    click.echo()
    if report.scores is not None:
        table = comparison_table(report)
        text = table.to_string(index=False, na_rep="-", float_format="{:.4g}".format)
        click.echo("\n".join(map(printable, text.splitlines())))
        click.echo(
            f"\n{report.image.reference} on {report.suite.name}, {report.scores.targets} targets: "
            f"MAE {report.scores.mean_absolute_error:.4f}  "
            f"RMSE {report.scores.root_mean_squared_error:.4f}  "
            f"bias {report.scores.bias:+.4f}"
        )
    else:
        click.echo(f"{report.image.reference} on {report.suite.name}: not scored")
    for case in report.cases:
        _print_case_notes(case, directory)
    click.echo(f"report: {directory / REPORT_FILE}")


def _print_logs(evaluation: "Evaluation") -> None:
    for case in evaluation.report.cases:
        if case.message is not None:
            lines = evaluation.files[case.log_file].decode(errors="replace").splitlines()
            for line in lines[-LOG_LINES:]:
                _announce(f"{case.id} log: {printable(line)}")


def _print_case_notes(case: "CaseRecord", directory: Path) -> None:
    if case.message is not None:
        cause = f" ({case.cause})" if case.cause else ""
        click.echo(f"{case.id}: {case.outcome}{cause}: {printable(case.message)}")
        click.echo(f"{case.id}: log: {directory / case.log_file} (--show-log prints its end)")
    if case.extra_predictions:
        some = "; ".join(case.extra_predictions[:3])
        click.echo(
            f"{case.id}: {len(case.extra_predictions)} predicted stats are no targets and were "
            f"ignored, e.g. {some}"
        )


def _as_json(evaluation: "Evaluation", directory: Path) -> dict[str, Any]:
    from runner.report import comparison_table

    table = comparison_table(evaluation.report).astype(object)
    rows = table.where(table.notna(), None).to_dict(orient="records")
    return {
        "report_directory": str(directory),
        "rows": rows,
        **evaluation.report.model_dump(mode="json"),
    }
