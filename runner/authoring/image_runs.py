"""Runs of an image in the sandbox for its author, and the checks of their results."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.authoring.image_check import (
    Measurement,
    Result,
    check_determinism,
    check_facts,
    check_label,
    check_outcome,
    check_parity,
    check_scale,
    forecast,
    predicted_stats,
    with_any_key,
)
from runner.building.demo_suite import DEMO_SUITE
from runner.building.draw import Draw
from runner.building.named import opened_public_half
from runner.contract.layout import PREDICTIONS
from runner.evaluation.verdict import Verdict, judge
from runner.output.findings import InvalidOutputError
from runner.output.predictions import read_predictions
from runner.progress import Progress
from runner.reports.baselines import find_baselines
from runner.sandbox.engine.build import CONTRACT_LABEL, EXPECTED_LABEL
from runner.sandbox.engine.image import Image
from runner.sandbox.outcome import Outcome
from runner.sandbox.policy import SandboxPolicy
from runner.sandbox.sandbox import Sandbox
from runner.sandbox.sandbox_run import SandboxRun
from runner.suites.opening import read_manifest
from runner.suites.public_suite import PublicSuite, SuiteCase
from runner.suites.staging import stage_inputs
from runner.suites.suite_frames import read_targets
from runner.untrusted import printable

LARGE_DRAW = 20
"""How many train runs the demo's larger case has; forecasts use it."""


@dataclass(frozen=True)
class ImageRuns:
    """Runs of the image, each with the suite's own limits."""

    sandbox: Sandbox
    image: Image
    policy: SandboxPolicy
    progress: Progress

    def run(
        self, suite: PublicSuite, case: SuiteCase, which: str, *, show_log: bool = False
    ) -> SandboxRun:
        """Return the result of one run; show its whole log if asked to."""

        def stage() -> Mapping[str, bytes]:
            seed, limits = suite.manifest.choices["seed"], self.policy.limits.to_json()
            return stage_inputs(suite.inputs(case), seed=seed, limits=limits).files

        self.progress.say(f"{self.image.reference} on {suite.name}, {case.id}: {which} run")
        at_most = f"{self.policy.limits.wall_seconds:g} s at most"
        with self.progress.task(f"{case.id}: {which} run, {at_most}"):
            preparation = self.sandbox.prepare(
                self.image, self.policy, stage, assets=suite.shared_files
            )
            run = self.sandbox.run(preparation, case.wanted_files)
        for line in run.log.decode(errors="replace").splitlines() if show_log else ():
            self.progress.say(f"  log: {printable(line)}")
        return run


def check_runs(
    runs: ImageRuns, suite: PublicSuite, case: SuiteCase, run: SandboxRun
) -> list[Result]:
    """Return the results of the first run and, if that is sound, of a second one."""
    targets = read_targets(suite, case)
    first = judge(run, case.wanted_files, targets, suite.limits, suite.scoring)
    label = check_label(runs.image.labels, CONTRACT_LABEL)
    results = [label, *check_facts(runs.image.labels), *check_outcome(first, run.log)]
    if first.outcome is not Outcome.SCORED:
        return results
    train_means = find_baselines(suite, case, targets)
    results += check_scale(predicted_stats(first), dict(train_means.items()), "train means")
    again = runs.run(suite, case, "second")
    second = judge(again, case.wanted_files, targets, suite.limits, suite.scoring)
    if second.outcome is Outcome.SCORED:
        results.append(check_determinism(predicted_stats(first), predicted_stats(second)))
    else:
        results += check_outcome(second, again.log)
    return results + _parity(runs.image.labels.get(EXPECTED_LABEL), first, case)


def _parity(expected: str | None, verdict: Verdict, case: SuiteCase) -> list[Result]:
    """Check the predictions against those that the image names for this case, if it does."""
    targets = list(verdict.predictions.stats)
    if expected is None or PREDICTIONS not in case.wanted_files:
        return []
    try:
        predictions = read_predictions(expected.encode(), targets)
    except InvalidOutputError:
        text = "the image's expected output is for another case"
        return [Result("parity", None, text, ("Make it again with --save-expected.",))]
    return [check_parity(with_any_key(predictions.stats), predicted_stats(verdict))]


def measure(suite: PublicSuite, case: SuiteCase, run: SandboxRun) -> Measurement:
    """Return what a run used, and the size of its input."""
    return Measurement(
        suite.case_bytes(case), run.end.wall_seconds, run.resources.peak_memory_bytes
    )


def measure_larger(runs: ImageRuns, name: str, suite: PublicSuite) -> list[Measurement]:
    """Return what the image uses on a larger case, if there is one."""
    if name == DEMO_SUITE:
        draw = Draw(train_runs=LARGE_DRAW)
        with opened_public_half(name, None, draw, runs.progress) as larger:
            case = larger.cases[0]
            return [measure(larger, case, runs.run(larger, case, "larger"))]
    largest = max(suite.cases, key=suite.case_bytes)
    if largest == suite.cases[0]:
        return []
    return [measure(suite, largest, runs.run(suite, largest, "larger"))]


def forecast_suite(measured: list[Measurement], directory: Path) -> Result:
    """Return a forecast of what the image will use on a built suite, from measured runs."""
    suite = read_manifest(directory)
    sizes = [suite.case_bytes(case) for case in suite.cases]
    return forecast(measured, sizes, suite.limits, suite.name)
