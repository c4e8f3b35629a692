"""Evaluates each attack like any predictor, and observes it from outside."""

import os
import resource
import secrets
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from runner.attack.listener import Listener, listening
from runner.attack.pack import NETWORK, Attack, pack_directory
from runner.attack.suite import attack_suite
from runner.attack.verdict import LIMITS, AttackVerdict, Seen, judge_attack
from runner.errors import EngineError, RunnerError
from runner.evaluation.evaluation import evaluate
from runner.evaluation.finished_cases import FinishedCases
from runner.evaluation.local_pool import open_local_pool
from runner.evaluation.passes import Pass, SilentCases
from runner.evaluation.run_options import RunSettings
from runner.files.scratch import scratch_directory
from runner.sandbox.cleanup import find_leftovers
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.host import check_capacity
from runner.sandbox.engine.image import Image
from runner.sandbox.live_runs import dead_entries, known_tokens
from runner.sandbox.policy import SandboxPolicy
from runner.suites.suite import Suite

BASE_IMAGE = "runner-base"
REPOSITORY = "runner-attack"

ENGINE_FAULT = "engine fault"
"""Recorded instead of an outcome if the engine failed during an attack."""

SECRET_VARIABLE = "RUNNER_ATTACK_SECRET"  # noqa: S105  (its name; each run makes a new value)


class _PackImages:
    """Images of the whole pack, one for each VOLUME. Which attack runs, a variable says."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._built: dict[str, Image] = {}

    def of(self, attack: Attack) -> Image:
        """Return the image of an attack; it is built if none of the same VOLUME was before."""
        if attack.volume not in self._built:
            self._built[attack.volume] = self._build(attack.volume)
        image = self._built[attack.volume]
        return replace(image, environment={**image.environment, "SCRIPT": attack.name})

    def _build(self, volume: str) -> Image:
        tag = f"{REPOSITORY}:{len(self._built)}"
        try:
            with tempfile.TemporaryFile() as context:
                with tarfile.open(fileobj=context, mode="w") as archive:
                    archive.add(pack_directory(), ".")
                context.seek(0)
                self._engine.images.build(context, tag, {}, {"VOLUME": volume}, _say_nothing)
            return self._engine.images.resolve(tag)
        except BaseException:
            self._engine.remove("image", tag)
            raise

    def remove(self) -> None:
        """Remove all of them from the engine."""
        for image in self._built.values():
            self._engine.remove("image", image.reference)


@dataclass(frozen=True)
class _Range:
    """What all attacks of one call share.

    Attributes:
        suite: for attacks that have no use for the listener's address.
        suite_of_network: the same with that address, for attacks on the network.
        secrets: texts that no container may be able to read.
    """

    engine: Engine
    images: _PackImages
    listener: Listener
    suite: Suite
    suite_of_network: Suite
    finished: FinishedCases
    secrets: tuple[str, ...]
    runtime: str | None


def run_attacks(
    engine: Engine,
    attacks: Sequence[Attack],
    report: Callable[[AttackVerdict], None],
    runtime: str | None = None,
) -> list[AttackVerdict]:
    """Run hostile predictors one after another, and return a verdict on each.

    One at a time, so that all that the listener hears has one sender. Afterwards all their
    containers, volumes, networks and images are removed from the engine.

    Args:
        report: called with each verdict as soon as it is known.
        runtime: an OCI runtime of the engine, e.g. ``runsc``; None for the engine's default.

    Raises:
        UsageError: the engine has no base image, or lacks the runtime.
        EngineError: the engine was lost before the first attack.
    """
    base = engine.images.resolve(BASE_IMAGE)
    check_capacity(engine.fetch_info(), LIMITS, runtime)
    verdicts = []
    with (
        scratch_directory() as folder,
        _secret_in_environment() as secret,
        listening(engine, base.id) as listener,
        _pack_images(engine) as images,
    ):
        shared = _Range(
            engine=engine,
            images=images,
            listener=listener,
            suite=attack_suite(folder / "others", None),
            suite_of_network=attack_suite(folder / "network", listener.address),
            finished=FinishedCases(folder / "finished_cases"),
            secrets=(secret, str(folder)),
            runtime=runtime,
        )
        for attack in attacks:
            verdicts.append(_run_attack(shared, attack))
            report(verdicts[-1])
    return verdicts


def _run_attack(shared: _Range, attack: Attack) -> AttackVerdict:
    """Return the verdict on an attack's first run with a breach, or else on its last run."""
    try:
        image = shared.images.of(attack)
        for number in range(1, attack.runs + 1):
            verdict = judge_attack(attack, _observe(shared, attack, image), shared.secrets)
            if not verdict.holds or number == attack.runs:
                break
    except EngineError as error:
        if _was_interrupted(error):
            raise KeyboardInterrupt from error
        return AttackVerdict(attack, ENGINE_FAULT, (str(error),))
    return verdict


def _was_interrupted(error: BaseException | None) -> bool:
    """Return whether the error was raised while an interrupt was handled."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


@contextmanager
def _pack_images(engine: Engine) -> Iterator[_PackImages]:
    """Yield the images of attacks; they are removed after the block."""
    images = _PackImages(engine)
    try:
        yield images
    finally:
        images.remove()


def _observe(shared: _Range, attack: Attack, image: Image) -> Seen:
    """Evaluate the attack's image once, and return what was seen of it."""
    limits = replace(LIMITS, wall_seconds=attack.wall_seconds)
    settings = RunSettings(SandboxPolicy(limits, shared.runtime), seed=1, rerun=True)
    suite = shared.suite_of_network if attack.promise == NETWORK else shared.suite
    left, heard = _left_behind(shared.engine), len(shared.listener.heard())
    peak_bytes = _peak_bytes()
    with open_local_pool(shared.engine, 1, _say_nothing) as pool:
        one = Pass(image, suite, settings, shared.finished)
        ((_, evaluation),) = evaluate([one], pool, SilentCases())
    if isinstance(evaluation, RunnerError):
        raise evaluation
    (case,) = evaluation.report.cases
    return Seen(
        outcome=case.outcome,
        cause=case.cause,
        exit_code=case.exit_code,
        message=case.message,
        wall_seconds=case.wall_seconds,
        extra_predictions=case.extra_predictions,
        log=evaluation.files[case.log_file],
        heard=shared.listener.heard()[heard:],
        left=tuple(sorted(_left_behind(shared.engine) - left)),
        cpu_seconds=case.resources.cpu_seconds,
        memory_bytes=case.resources.peak_memory_bytes,
        runner_bytes=_peak_bytes() - peak_bytes,
    )


def _left_behind(engine: Engine) -> frozenset[str]:
    """Return the names of what ended evaluations left; other evaluations may be running."""
    with dead_entries() as dead:
        live = known_tokens() - {entry.token for entry in dead}
    return frozenset(left.name for left in find_leftovers(engine) if left.token not in live)


def _say_nothing(_line: str) -> None:
    """Ignore lines of progress, because each attack has a line of its own."""


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@contextmanager
def _secret_in_environment() -> Iterator[str]:
    """Put a fresh secret into the runner's own environment, where no container may see it."""
    secret = secrets.token_hex(16)
    os.environ[SECRET_VARIABLE] = secret
    try:
        yield secret
    finally:
        del os.environ[SECRET_VARIABLE]
