"""``runner try``."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean

from runner.authoring.trial import Trial, default_command, run_trial
from runner.authoring.trial_case import TrialCase, staged_case
from runner.cli.echo import echo
from runner.cli.live.terminal import open_display
from runner.contract.layout import INSTANCE_PREDICTIONS, PREDICTIONS
from runner.contract.predictor import Case
from runner.contract.stat import Stat, Target
from runner.errors import ExitCode
from runner.output.findings import Cause, InvalidOutputError, refusal
from runner.output.predictions import read_instance_predictions, read_predictions
from runner.untrusted import printable

MOST_ROWS = 20


def try_predictor(
    directory: Path,
    command: tuple[str, ...],
    suite: str,
    root_dir: Path | None,
    private: Path | None,
    case_id: str | None,
) -> int:
    """Run a predictor as a process and print what it predicted; return the exit code."""
    words = list(command) or default_command(directory)
    display = open_display()
    with staged_case(suite, root_dir, private, case_id, display) as case:
        try:
            trial = run_trial(directory, words, case.input_dir, case.limits)
            if trial.exit_code != 0:
                _say(f"The predictor exited with code {trial.exit_code}; its output is above.")
                _say(f"Its inputs are in {case.input_dir} (the demo's stay there).")
                return ExitCode.PREDICTOR_FAULT
            predicted = _read_outputs(trial, case)
        except InvalidOutputError as error:
            _print_findings(error)
            return ExitCode.PREDICTOR_FAULT
        _print_scores(predicted, case.actuals)
    name = directory.resolve().name.lower()
    _say(f"Next: runner build {shlex.quote(str(directory))} -t {shlex.quote(name)}")
    return ExitCode.SCORED


def _read_outputs(trial: Trial, case: TrialCase) -> Mapping[Target, Stat]:
    """Return the predicted stats of runs, after checking those of instances as well."""
    asked = Case(case.input_dir)
    if asked.instance_targets:
        content = _wanted(trial, INSTANCE_PREDICTIONS)
        read_instance_predictions(content, asked.instance_targets)
        _say(f"{INSTANCE_PREDICTIONS}: all {len(asked.instance_targets)} targets predicted")
    if not asked.targets:
        return {}
    predictions = read_predictions(_wanted(trial, PREDICTIONS), asked.targets)
    _say(f"{PREDICTIONS}: all {len(asked.targets)} targets predicted")
    if predictions.extra:
        _say(
            f"{len(predictions.extra)} predicted stats are no targets and are ignored, e.g. "
            f"{predictions.extra[0]}"
        )
    return predictions.stats


def _wanted(trial: Trial, name: str) -> bytes:
    if name not in trial.outputs:
        what = f"the predictor wrote no {name}"
        raise refusal(Cause.NO_OUTPUT, what, "write it to the directory in RUNNER_OUTPUT_DIR")
    return trial.outputs[name]


def _print_findings(error: InvalidOutputError) -> None:
    _say(f"The output breaks the contract ({error.cause}):")
    for finding in error.findings:
        _say(f"  {printable(str(finding))}")
    if error.count > len(error.findings):
        _say(f"  and {error.count - len(error.findings)} more")


def _print_scores(predicted: Mapping[Target, Stat], actual: Mapping[Target, Stat]) -> None:
    pairs = [
        (guess.mean, stat.mean, stat.name)
        for target, stat in actual.items()
        if (guess := predicted.get(target)) is not None
        and guess.mean is not None
        and stat.mean is not None
    ]
    if not pairs:
        return
    echo("predicted   actual  target")
    for guess_mean, mean, name in pairs[:MOST_ROWS]:
        echo(f"{guess_mean:9.4f} {mean:8.4f}  {printable(str(name))}")
    if len(pairs) > MOST_ROWS:
        echo(f"... and {len(pairs) - MOST_ROWS} more")
    errors = [abs(guess_mean - mean) for guess_mean, mean, _ in pairs]
    echo(f"MAE {fmean(errors):.4f} on this case")


def _say(line: str) -> None:
    echo(line, err=True)
