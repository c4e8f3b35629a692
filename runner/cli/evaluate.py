"""``runner evaluate``."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner.errors import EngineError, ExitCode, UsageError
from runner.sandbox.limits import ALL_GPUS, MIB, Limits
from runner.untrusted import printable

if TYPE_CHECKING:
    import docker

    from runner.cases.case_runs import Terms
    from runner.reports.report import CaseRecord, Evaluation
    from runner.sandbox.image import Image
    from runner.suites.suite import Suite

DEFAULTS = Limits()
LOG_LINES = 40
MOST_ROWS = 80
FINISHED_CASES = "finished_cases"
"""Below the reports: the cases that have finished, whatever comes after."""


def read_gpus(_context: click.Context, _parameter: click.Parameter, value: str) -> int:
    """Return how many GPUs ``--gpus`` asks for, ALL_GPUS for all."""
    if value == "all":
        return ALL_GPUS
    if not value.isdecimal():
        raise click.BadParameter(f"{value!r} is neither a number nor 'all'")
    return int(value)


EXAMPLES = """\b
Examples:
  runner evaluate train_mean:latest --suite demo
  runner evaluate my_predictor --suite suites/mmlu
  runner evaluate registry.org/team/predictor@sha256:1f2e... --suite suites/mmlu --pull missing
  runner evaluate my_predictor --suite v1 --root-dir helm/benchmark_output
  runner evaluate a b c --suite 'helm/benchmark_output/runs/v1/mmlu*' --seed 7 --json
"""


@click.command(epilog=EXAMPLES)
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True)
@click.option(
    "--suite",
    required=True,
    help="A built suite (its path, or its name in ./suites), 'demo', or HELM runs: a path or glob "
    "(benchmark_output, its runs, a suite of it, one run), or with --root-dir the name of one of "
    "HELM's own suites.",
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
@click.option(
    "--train-runs",
    type=click.IntRange(min=1),
    help="Of HELM runs: how many are drawn to train on.  [default: 3]",
)
@click.option(
    "--eval-samples",
    type=click.IntRange(min=0),
    help="Of HELM runs: instances of the eval run that are revealed.  [default: 20]",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    help="Given to the predictor; of HELM runs it also draws runs and instances.  [default: the "
    "suite's, or 1]",
)
@click.option(
    "--target",
    "stat_names",
    multiple=True,
    help="Of HELM runs: the name of a stat to predict; may be repeated.  [default: exact_match]",
)
@click.option(
    "--wall-seconds",
    type=click.FloatRange(min=0, min_open=True),
    help=f"The time a container may take.  [default: the suite's, or {DEFAULTS.wall_seconds:g}]",
)
@click.option(
    "--memory-mib",
    type=click.IntRange(min=16),
    help="Memory and swap together, with all that is in /output and /tmp.  [default: the suite's, "
    f"or {DEFAULTS.memory_bytes // MIB}]",
)
@click.option(
    "--cpus",
    type=click.FloatRange(min=0.1),
    help=f"[default: the suite's, or {DEFAULTS.cpus:g}]",
)
@click.option(
    "--runtime",
    help="An OCI runtime of the engine, e.g. runsc for gVisor.  [default: the engine's own]",
)
@click.option(
    "--gpus",
    callback=read_gpus,
    default="0",
    metavar="N|all",
    help="GPUs that the container gets; each adds a driver to what a predictor can reach.  "
    "[default: none]",
)
@click.option(
    "--pull",
    type=click.Choice(["never", "missing", "always"]),
    default="never",
    show_default=True,
    help="Fetch images from their registry: those that the engine lacks, or all of them.",
)
@click.option("--rerun", is_flag=True, help="Run cases again that have finished before.")
@click.option(
    "--repeat",
    type=click.IntRange(min=0),
    default=0,
    help="Run every case so many times more and compare the predictions, stat by stat.",
)
@click.option("--shuffle", is_flag=True, help="Run every case again, all rows in another order.")
@click.option(
    "--probe",
    is_flag=True,
    help="Run every case again with nothing revealed of its eval runs: predictions that stay the "
    "same don't look at their input.",
)
@click.option("--show-log", is_flag=True, help="Print the log's end when a case is not scored.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
def evaluate(
    images: tuple[str, ...],
    suite: str,
    root_dir: Path | None,
    out: Path | None,
    train_runs: int | None,
    eval_samples: int | None,
    seed: int | None,
    stat_names: tuple[str, ...],
    wall_seconds: float | None,
    memory_mib: int | None,
    cpus: float | None,
    runtime: str | None,
    gpus: int,
    pull: str,
    rerun: bool,
    repeat: int,
    shuffle: bool,
    probe: bool,
    show_log: bool,
    as_json: bool,
) -> int:
    """Run predictor images on a suite and score them.

    A built suite (see `runner suite build`) is checked and taken as it is. HELM runs are divided
    as in MAGNET: --train-runs runs and one eval run are drawn. The predictor sees the train runs
    whole, and of the eval run a sample of requests with their completions. It predicts the eval
    run's stats, which stay withheld until its container is gone.

    A report directory is written for each image: report.json, the predictions as they were
    written, and the container's log. A case that has finished is kept: after an interruption the
    same command runs only what is missing.
    """
    from runner.cases.case_runs import Terms
    from runner.cases.variants import choose_variants
    from runner.sandbox.engine import check_policy, connect
    from runner.sandbox.policy import SandboxPolicy
    from runner.sandbox.pull import Pull, obtain_image
    from runner.suites.names import Draw, opened_suite

    client = connect()
    resolved = [obtain_image(client, reference, Pull(pull), _announce) for reference in images]
    draw = Draw(train_runs, eval_samples, seed, stat_names)
    with opened_suite(suite, root_dir, draw, _announce) as loaded:
        limits = _choose_limits(loaded.limits, wall_seconds, memory_mib, cpus)
        policy = SandboxPolicy(limits, runtime, gpus)
        check_policy(client, policy)
        own_seed = loaded.manifest.choices["seed"] if seed is None else seed
        reports = out or Path("results") / loaded.name
        is_required = loaded.scoring.determinism != "not_required"
        variants = choose_variants(max(repeat, is_required), shuffle, probe)
        terms = Terms(policy, own_seed, rerun, variants)
        return _evaluate_all(client, resolved, loaded, terms, reports, show_log, as_json)


def _choose_limits(
    of_suite: Limits, wall_seconds: float | None, memory_mib: int | None, cpus: float | None
) -> Limits:
    """Return the suite's limits, those that the organizer names in their place."""
    return replace(
        of_suite,
        wall_seconds=of_suite.wall_seconds if wall_seconds is None else wall_seconds,
        memory_bytes=of_suite.memory_bytes if memory_mib is None else memory_mib * MIB,
        cpus=of_suite.cpus if cpus is None else cpus,
    )


def _evaluate_all(
    client: "docker.DockerClient",
    images: "list[Image]",
    suite: "Suite",
    terms: "Terms",
    reports: Path,
    show_log: bool,
    as_json: bool,
) -> int:
    """Evaluate one image after the other; one that can't be evaluated does not stop the next."""
    from runner.cases.finished_cases import FinishedCases
    from runner.evaluate import evaluate as evaluate_image
    from runner.reports.report import write_evaluation

    places = _report_places(reports, [image.reference for image in images])
    finished = FinishedCases(reports / FINISHED_CASES)
    printed, engine_failed = [], False
    for image, directory in zip(images, places, strict=True):
        try:
            evaluation = evaluate_image(client, image, suite, terms, finished, _announce)
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
    scored = all(evaluation.report.meets_policy for evaluation, _ in printed)
    return ExitCode.SCORED if scored else ExitCode.PREDICTOR_FAULT


def _report_places(reports: Path, images: list[str]) -> list[Path]:
    """Return a directory for each image, all checked before anything runs."""
    from runner.reports.report import check_writable, report_directory_name

    places = [reports / report_directory_name(reference) for reference in images]
    for place, reference in zip(places, images, strict=True):
        if places.count(place) > 1:
            raise UsageError(f"{reference}: two images would report to {place}; evaluate one.")
        check_writable(place)
    return places


def _announce(line: str) -> None:
    click.echo(line, err=True)


def _print_evaluation(evaluation: "Evaluation", directory: Path) -> None:
    from runner.cli.score_text import repetition_lines, score_lines
    from runner.reports.report import REPORT_FILE, comparison_table

    report = evaluation.report
    click.echo()
    if report.is_scored:
        table = comparison_table(report)
        shown = table.head(MOST_ROWS)
        text = shown.to_string(index=False, na_rep="-", float_format="{:.4g}".format)
        click.echo("\n".join(map(printable, text.splitlines())))
        if len(table) > MOST_ROWS:
            click.echo(f"... and {len(table) - MOST_ROWS} more rows; --json prints all.")
        click.echo()
        for line in [*score_lines(report), *repetition_lines(report)]:
            click.echo(printable(line))
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
    from runner.reports.report import comparison_table

    table = comparison_table(evaluation.report).astype(object)
    rows = table.where(table.notna(), None).to_dict(orient="records")
    return {
        "report_directory": str(directory),
        "rows": rows,
        **evaluation.report.model_dump(mode="json"),
    }
