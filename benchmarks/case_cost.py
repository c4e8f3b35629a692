"""The cost of a case in the sandbox, compared with a plain `docker run` with the same flags.

    python -m benchmarks.case_cost [--image train_mean] [--cases 10] [--rounds 3]

Needs an engine, the docker command and the image (`make images`).
"""

import argparse
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from runner.building.demo_suite import DEMO_SUITE
from runner.building.draw import Draw
from runner.building.named import opened_public_half
from runner.contract.layout import PREDICTIONS
from runner.evaluation.local_pool import LocalPool, open_local_pool
from runner.evaluation.task import CaseTask
from runner.sandbox.docker_command import INPUT_PLACE, OUTPUT_PLACE, docker_run_command
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.image import Image
from runner.sandbox.outcome import predictor_fault
from runner.sandbox.policy import SandboxPolicy
from runner.sandbox.sandbox_run import SandboxRun
from runner.suites.public_suite import PublicSuite
from runner.suites.staging import stage_inputs

LARGEST_RATIO = 1.3


def measure_case_cost(image_name: str, cases: int, rounds: int) -> tuple[float, float]:
    """Return the seconds of a case with `docker run`, and in the sandbox.

    In each round both run this many cases in a row. The figures are those of the round with the
    median ratio, per case. The time for staging the inputs and reading the outputs counts for the
    sandbox only; it overlaps with the cases before and after, as in any evaluation.
    """
    engine = Engine.connect()
    image, policy = engine.images.resolve(image_name), SandboxPolicy()
    draw = Draw()
    with (
        opened_public_half(DEMO_SUITE, None, draw) as suite,
        tempfile.TemporaryDirectory(prefix="case-cost-") as scratch,
    ):
        places = _make_places(suite, Path(scratch))
        command = _plain_command(image, policy, places)
        plain = partial(_run_plainly, command, places[OUTPUT_PLACE])
        case = suite.cases[0].id
        of_suite = (suite.name, suite.digest, suite.inputs_digests[case])
        task = CaseTask(image, *of_suite, case, policy, seed=1)
        with open_local_pool(engine, 1, print) as pool:
            sandboxed = partial(_run_sandboxed, pool, task, suite)
            plain(1)  # the image's files are in the page cache from here on
            sandboxed(1)
            taken = [(_seconds(plain, cases), _seconds(sandboxed, cases)) for _ in range(rounds)]
    engine.close()
    return sorted(taken, key=lambda pair: pair[1] / pair[0])[len(taken) // 2]


def _seconds(run: Callable[[int], None], cases: int) -> float:
    begun = time.monotonic()
    run(cases)
    return (time.monotonic() - begun) / cases


def _stage(suite: PublicSuite) -> Mapping[str, bytes]:
    return stage_inputs(suite.inputs(suite.cases[0]), seed=1, limits={}).files


def _make_places(suite: PublicSuite, scratch: Path) -> dict[str, Path]:
    """Return a directory for /input, with the staged files, and one for /output."""
    places = {INPUT_PLACE: scratch / "in", OUTPUT_PLACE: scratch / "out"}
    scratch.chmod(0o755)
    for place in places.values():
        place.mkdir()
        place.chmod(0o777)
    for name, content in _stage(suite).items():
        path = places[INPUT_PLACE] / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    return places


def _run_plainly(command: list[str], output: Path, cases: int) -> None:
    for _ in range(cases):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        (output / PREDICTIONS).unlink()


def _plain_command(image: Image, policy: SandboxPolicy, places: Mapping[str, Path]) -> list[str]:
    command = docker_run_command(image, policy)
    for name, place in places.items():
        command = command.replace(f"source={name},", f"source={place},")
    return shlex.split(command)


def _run_sandboxed(pool: LocalPool, task: CaseTask, suite: PublicSuite, cases: int) -> None:
    ended = pool.run([task] * cases, {suite.digest: suite}, _ignore, _ignore, _ignore)
    for each in ended:
        assert isinstance(each.result, SandboxRun)  # noqa: S101
        assert predictor_fault(each.result.end) is None  # noqa: S101
        assert each.result.output.files  # noqa: S101


def _ignore(*_told: object) -> None:
    """Take what is told of a case; only the time counts here."""


def main() -> int:
    """Measure and print; return 1 if a case costs more than it may."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.case_cost")
    parser.add_argument("--image", default="train_mean")
    parser.add_argument("--cases", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    plain, sandboxed = measure_case_cost(arguments.image, arguments.cases, arguments.rounds)
    ratio = sandboxed / plain
    print(f"docker run      {plain:.2f} s a case")
    print(f"in the sandbox  {sandboxed:.2f} s a case, {ratio:.2f} times (at most {LARGEST_RATIO})")
    return int(ratio > LARGEST_RATIO)


if __name__ == "__main__":
    sys.exit(main())
