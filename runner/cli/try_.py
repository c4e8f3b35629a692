"""``runner try``."""

import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from runner.authoring.build_warnings import find_build_warnings
from runner.authoring.context_files import DOCKERFILE, context_files, reading
from runner.authoring.image_check import Result, check_outcome, check_scale, with_any_key
from runner.authoring.image_packages import base_pins
from runner.authoring.trial import default_command, require_program, run_here, run_trial
from runner.authoring.trial_case import TrialCase, staged, staged_case
from runner.authoring.trial_environment import find_environment
from runner.building.draw import Draw
from runner.building.named import opened_suite
from runner.cli.check_text import print_results
from runner.cli.echo import echo, echo_json
from runner.cli.live.display import Display
from runner.cli.live.terminal import open_display
from runner.contract.stat import Stat, Target
from runner.errors import ExitCode, UsageError
from runner.evaluation.local_report import local_report
from runner.evaluation.records import case_record
from runner.evaluation.verdict import JudgedCase, Verdict, judge
from runner.reports.report import Report
from runner.reports.score_text import score_lines
from runner.sandbox.engine.image_names import image_name_for
from runner.sandbox.outcome import Outcome
from runner.sandbox.sandbox_run import SandboxRun
from runner.untrusted import printable

MOST_ROWS = 20

Run = Callable[[TrialCase], SandboxRun]


@dataclass
class _Tried:
    """What was found, of one case or of several."""

    results: list[Result] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, case: TrialCase, run: SandboxRun, verdict: Verdict, title: str = "") -> None:
        """Take what was found of one case.

        Args:
            title: of the case, if there are several.
        """
        predicted = verdict.predictions.stats
        known = {target: stat.mean for target, stat in case.actuals.items()}
        found = [
            *check_outcome(verdict, run.log),
            *check_scale(with_any_key(predicted), dict(known.items()), "actual means"),
        ]
        for one in found:
            check = f"{title}, {one.check}" if title else one.check
            self.results.append(Result(check, one.passed, one.text, one.advice))
        self.rows += _rows(predicted, case.actuals)

    @property
    def exit_code(self) -> int:
        """Return whether all was scored."""
        failed = any(found.passed is False for found in self.results)
        return ExitCode.PREDICTOR_FAULT if failed else ExitCode.SCORED


def try_predictor(
    directory: Path,
    command: tuple[str, ...],
    suite: str,
    root_dir: Path | None,
    private: Path | None,
    case_id: str | None,
    all_cases: bool,
    here: bool,
    as_json: bool,
) -> int:
    """Run a predictor as a process and print what it predicted; return the exit code."""
    if all_cases and case_id is not None:
        raise UsageError("--case is one case, --all-cases are all: use only one of them.")
    if here and as_json:
        raise UsageError(
            "--json can't be used with --here, whose predictor prints to the same place."
        )
    words = list(command) or default_command(directory)
    display = open_display()
    run = _way_to_run(directory, words, display, here=here)
    tried, report = _Tried(), None
    if all_cases:
        report = _try_all(suite, root_dir, private, run, tried, display, directory.resolve().name)
    else:
        with staged_case(suite, root_dir, private, case_id, display) as case:
            with _task(display, case, here=here):
                ended = run(case)
            verdict = judge(ended, case.wanted_files, case.targets, case.limits, case.scoring)
            tried.add(case, ended, verdict)
            if verdict.outcome is not Outcome.SCORED:
                display.say(f"The inputs are in {case.input_dir} (the demo's stay there).")
    if as_json:
        _print_json(tried, report)
    else:
        _print(directory, tried, report)
    return tried.exit_code


def _way_to_run(directory: Path, words: list[str], display: Display, *, here: bool) -> Run:
    if here:
        return lambda case: run_here(directory, words, case)
    if (directory / DOCKERFILE).is_file():
        with reading(directory):
            found = find_build_warnings(directory, context_files(directory), base_pins())
        for warning in found:
            display.say(f"warning: {printable(warning)}")
    require_program(directory, words)
    environment = find_environment(directory, display)
    return lambda case: run_trial(directory, words, case, environment, display.say)


@contextmanager
def _task(display: Display, case: TrialCase, *, here: bool) -> Iterator[None]:
    """Show how long it may take; a predictor that has the terminal is left alone."""
    if here:
        yield
        return
    with display.task(f"running, {case.limits.wall_seconds:g} s at most"):
        yield


def _try_all(
    name: str,
    root_dir: Path | None,
    private: Path | None,
    run: Run,
    tried: _Tried,
    display: Display,
    title: str,
) -> Report:
    """Run every case, and return their report with scores."""
    records = []
    with opened_suite(name, root_dir, Draw(), display, private) as suite:
        with display.task("cases", len(suite.cases)) as task:
            for case in suite.cases:
                with staged(suite, case) as trial:
                    ended = run(trial)
                    verdict = judge(
                        ended, trial.wanted_files, trial.targets, trial.limits, trial.scoring
                    )
                    tried.add(trial, ended, verdict, case.id)
                judged = JudgedCase(case, ended, verdict, suite.actuals(case))
                records.append(case_record(suite, judged, suite.limits))
                task.advance()
        return local_report(suite, title, records)


def _rows(
    predicted: Mapping[Target, Stat], actual: Mapping[Target, Stat]
) -> Iterator[dict[str, Any]]:
    for target, stat in actual.items():
        guess = predicted.get(target)
        if guess is not None and guess.mean is not None and stat.mean is not None:
            yield {
                "run": target.run_spec_name,
                "target": str(stat.name),
                "predicted": guess.mean,
                "actual": stat.mean,
            }


def _print(directory: Path, tried: _Tried, report: Report | None) -> None:
    rows = tried.rows
    if rows:
        echo("predicted   actual  target")
        for row in rows[:MOST_ROWS]:
            echo(f"{row['predicted']:9.4f} {row['actual']:8.4f}  {printable(row['target'])}")
        if len(rows) > MOST_ROWS:
            echo(f"... and {len(rows) - MOST_ROWS} more")
    if report is None and rows:
        errors = [abs(row["predicted"] - row["actual"]) for row in rows]
        echo(f"MAE {fmean(errors):.4f} on this case")
    for line in score_lines(report) if report is not None else ():
        echo(line)
    name = image_name_for(directory.resolve().name)
    following = f"Next: runner build {shlex.quote(str(directory))} -t {name}"
    print_results(str(directory), tried.results, following)


def _print_json(tried: _Tried, report: Report | None) -> None:
    scores = [] if report is None else [asdict(score) for score in report.scores]
    results = [asdict(found) for found in tried.results]
    echo_json({"results": results, "rows": tried.rows, "scores": scores}, indent=None)
