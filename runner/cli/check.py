"""``runner check``."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from runner.authoring.image_check import (
    Measurement,
    Result,
    check_determinism,
    check_label,
    check_outcome,
    check_parity,
    forecast,
    predicted_stats,
    with_any_key,
)
from runner.building.demo_suite import DEMO_SUITE
from runner.building.named import Draw, opened_suite
from runner.cli.progress import Display, open_display
from runner.contract.layout import PREDICTIONS
from runner.errors import ExitCode, UsageError
from runner.evaluation.verdict import Verdict, judge
from runner.output.findings import InvalidOutputError
from runner.output.predictions import read_predictions
from runner.sandbox.docker_command import command_line
from runner.sandbox.engine.build import CONTRACT_LABEL, EXPECTED_LABEL, image_labels
from runner.sandbox.engine.client import check_policy, connect, resolve_image
from runner.sandbox.engine.image import Image
from runner.sandbox.outcome import Outcome
from runner.sandbox.policy import SandboxPolicy
from runner.sandbox.run import SandboxRun
from runner.sandbox.sandbox import Sandbox, open_sandbox
from runner.suites.opening import read_manifest
from runner.suites.staging import stage_inputs
from runner.suites.suite import Case, Suite
from runner.untrusted import printable

LARGE_DRAW = 20
"""Train runs of the demo's larger case, which a forecast is made from."""


def check(
    reference: str,
    suite: str,
    root_dir: Path | None,
    forecast_suite: Path | None,
    save_expected: Path | None,
    verbose: bool,
    as_json: bool,
) -> int:
    """Run an image on a public case and print what was found; return the exit code."""
    client = connect()
    image = resolve_image(client, reference)
    display = open_display()
    draw = Draw(None, None, None, ())
    with opened_suite(
        suite, root_dir, draw, display.announce, display, needs_private=False
    ) as opened:
        policy = SandboxPolicy(opened.limits)
        check_policy(client, policy)
        if verbose:
            display.announce(command_line(image, policy))
        with open_sandbox(client, display.announce) as sandbox:
            runs = _Runs(sandbox, image, policy, display)
            case, is_scorable = opened.cases[0], opened.has_actuals
            first = runs.run(opened, case, "first", show_log=True)
            results = _results(runs, image_labels(client, image.id), opened, case, first)
            if forecast_suite is not None:
                measured = [_measured(opened, case, first), *_measure_larger(runs, suite, opened)]
                results.append(_forecast(measured, forecast_suite))
    if save_expected is not None:
        _save(first, save_expected)
    if as_json:
        click.echo(json.dumps({"image": image.id, "results": [asdict(found) for found in results]}))
    else:
        _print_results(reference, suite, results, is_scorable=is_scorable)
    failed = any(found.passed is False for found in results)
    return ExitCode.PREDICTOR_FAULT if failed else ExitCode.SCORED


@dataclass(frozen=True)
class _Runs:
    """Runs of the image, each with the suite's own limits."""

    sandbox: Sandbox
    image: Image
    policy: SandboxPolicy
    display: Display

    def run(self, suite: Suite, case: Case, which: str, *, show_log: bool = False) -> SandboxRun:
        """Return what came of one run; its log is shown whole if asked for."""

        def stage() -> Mapping[str, bytes]:
            seed, limits = suite.manifest.choices["seed"], self.policy.limits.to_json()
            return stage_inputs(suite.inputs(case), seed=seed, limits=limits).files

        self.display.announce(f"{self.image.reference} on {suite.name}, {case.id}: {which} run")
        at_most = f"{self.policy.limits.wall_seconds:g} s at most"
        with self.display.task(f"{case.id}: {which} run, {at_most}"):
            preparation = self.sandbox.prepare(self.image, self.policy, stage)
            run = self.sandbox.run(preparation, case.wanted_files)
        for line in run.log.decode(errors="replace").splitlines() if show_log else ():
            self.display.announce(f"  log: {printable(line)}")
        return run


def _results(
    runs: _Runs, labels: Mapping[str, str], suite: Suite, case: Case, run: SandboxRun
) -> list[Result]:
    """Return what the first run tells, and if it is sound a second one."""
    targets = suite.targets(case)
    first = judge(run, case, targets, suite.limits, suite.scoring)
    results = [check_label(labels, CONTRACT_LABEL), check_outcome(first)]
    if first.outcome is not Outcome.SCORED:
        return results
    again = runs.run(suite, case, "second")
    second = judge(again, case, targets, suite.limits, suite.scoring)
    if second.outcome is Outcome.SCORED:
        results.append(check_determinism(predicted_stats(first), predicted_stats(second)))
    else:
        results.append(check_outcome(second))
    return results + _parity(labels.get(EXPECTED_LABEL), first, case)


def _parity(expected: str | None, verdict: Verdict, case: Case) -> list[Result]:
    """Return whether the image predicts what it says to expect, if it says so of this case."""
    targets = list(verdict.predictions.stats)
    if expected is None or PREDICTIONS not in case.wanted_files:
        return []
    try:
        predictions = read_predictions(expected.encode(), targets)
    except InvalidOutputError:
        text = "the image's expected output is not of this case"
        return [Result("parity", None, text, ("Make it again with --save-expected.",))]
    return [check_parity(with_any_key(predictions.stats), predicted_stats(verdict))]


def _measured(suite: Suite, case: Case, run: SandboxRun) -> Measurement:
    return Measurement(
        _case_bytes(suite, case), run.end.wall_seconds, run.resources.peak_memory_bytes
    )


def _measure_larger(runs: _Runs, name: str, suite: Suite) -> list[Measurement]:
    """Return what the image takes on a larger case, if there is one."""
    if name == DEMO_SUITE:
        draw = Draw(LARGE_DRAW, None, None, ())
        with opened_suite(name, None, draw, runs.display.announce, runs.display) as larger:
            case = larger.cases[0]
            return [_measured(larger, case, runs.run(larger, case, "larger"))]
    largest = max(suite.cases, key=lambda case: _case_bytes(suite, case))
    if largest == suite.cases[0]:
        return []
    return [_measured(suite, largest, runs.run(suite, largest, "larger"))]


def _forecast(measured: list[Measurement], directory: Path) -> Result:
    suite = read_manifest(directory)
    sizes = [_case_bytes(suite, case) for case in suite.cases]
    return forecast(measured, sizes, suite.limits, suite.name)


def _case_bytes(suite: Suite, case: Case) -> int:
    parts = [part for paths in suite.inputs(case).parts.values() for part in paths]
    return sum(part.stat().st_size for part in parts)


def _save(run: SandboxRun, path: Path) -> None:
    content = run.output.files.get(PREDICTIONS)
    if content is None:
        raise UsageError(f"{path}: nothing to keep, the image wrote no {PREDICTIONS}.")
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{path}: can't be written ({error.strerror}).") from error


_MARKS: Mapping[bool | None, str] = {True: "ok  ", False: "FAIL", None: "note"}


def _print_results(reference: str, suite: str, results: list[Result], *, is_scorable: bool) -> None:
    for found in results:
        click.echo(f"{_MARKS[found.passed]} {found.check}: {printable(found.text)}")
        for line in found.advice:
            click.echo(f"       {printable(line)}")
    failed = sum(found.passed is False for found in results)
    if failed:
        click.echo(f"{reference}: {failed} of {len(results)} checks failed")
    else:
        again = f" Next: runner evaluate {reference} --suite {suite}" if is_scorable else ""
        click.echo(f"{reference}: works here, so it works there.{again}")
