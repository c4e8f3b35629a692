"""``runner check``."""

import json
import shlex
from dataclasses import asdict
from pathlib import Path

from runner.authoring.image_runs import (
    ImageRuns,
    check_runs,
    forecast_suite,
    measure,
    measure_larger,
)
from runner.building.draw import Draw
from runner.building.named import opened_public_half
from runner.cli.check_text import print_results
from runner.cli.echo import echo_json
from runner.cli.live.terminal import open_display
from runner.contract.layout import PREDICTIONS
from runner.contract.limits import MIB
from runner.errors import ExitCode, UsageError
from runner.files.regular_files import read_regular
from runner.files.whole_writes import whole_file
from runner.sandbox.docker_command import command_line
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.host import check_capacity
from runner.sandbox.image_archive import is_archive, load_image_archive
from runner.sandbox.policy import SandboxPolicy
from runner.sandbox.sandbox import open_sandbox
from runner.sandbox.sandbox_run import SandboxRun
from runner.suites.opening import has_private_half


def check(
    reference: str,
    suite: str,
    root_dir: Path | None,
    forecast: Path | None,
    save_expected: Path | None,
    verbose: bool,
    as_json: bool,
) -> int:
    """Run an image on a public case and print what was found; return the exit code."""
    if save_expected is not None:
        _refuse_other_content(save_expected)
    engine = Engine.connect()
    display = open_display()
    if is_archive(reference):
        image = load_image_archive(engine, reference, display.say)
    else:
        image = engine.images.resolve(reference)
    engine.images.require_platform(image)
    draw = Draw()
    with opened_public_half(suite, root_dir, draw, display) as opened:
        policy = SandboxPolicy(opened.limits)
        check_capacity(engine.fetch_info(), policy.limits, policy.runtime)
        if verbose:
            display.say(command_line(image, policy))
        with open_sandbox(engine, display.say) as sandbox:
            if policy.limits.gpus:
                sandbox.try_policy(policy)
            runs = ImageRuns(sandbox, image, policy, display)
            case, is_scorable = opened.cases[0], has_private_half(opened.root)
            first = runs.run(opened, case, "first", show_log=True)
            results = check_runs(runs, opened, case, first)
            if forecast is not None:
                measured = [measure(opened, case, first), *measure_larger(runs, suite, opened)]
                results.append(forecast_suite(measured, forecast))
    if save_expected is not None:
        _save(first, save_expected)
    if as_json:
        echo_json({"image": image.id, "results": [asdict(found) for found in results]}, indent=None)
    else:
        works = f"{reference}: works in the sandbox, so it will work in an evaluation."
        if is_scorable:
            evaluate = shlex.join(["runner", "evaluate", reference, "--suite", suite])
            works += f" Next: {evaluate}"
        print_results(reference, results, works)
    failed = any(found.passed is False for found in results)
    return ExitCode.PREDICTOR_FAULT if failed else ExitCode.SCORED


LARGEST_REPLACED_BYTES = 64 * MIB
"""More than predictions may have by the usual limits; a larger file is something else."""


def _refuse_other_content(path: Path) -> None:
    """Refuse a file that is there and has no predictions, before an image runs for nothing."""
    try:
        found = json.loads(read_regular(path, LARGEST_REPLACED_BYTES))
    except FileNotFoundError:
        return
    except (OSError, ValueError, RecursionError) as error:
        found = error
    if not (isinstance(found, dict) and isinstance(found.get("predictions"), dict)):
        why = found.strerror if isinstance(found, OSError) else "it has no predictions"
        raise UsageError(f"{path}: not replaced ({why}). Name another file, or remove this one.")


def _save(run: SandboxRun, path: Path) -> None:
    content = run.output.files.get(PREDICTIONS)
    if content is None:
        raise UsageError(f"{path}: nothing to save, the image wrote no {PREDICTIONS}.")
    try:
        with whole_file(path) as file:
            file.write(content)
    except OSError as error:
        raise UsageError(f"{path}: can't be written ({error.strerror}).") from error
