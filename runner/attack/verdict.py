"""What was observed outside an attack's container -> whether the sandbox holds. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from runner.attack.pack import HARM_EXIT_CODE, Attack, spell_outcome
from runner.contract.limits import MIB, Limits
from runner.untrusted import printable

LIMITS = Limits(
    memory_bytes=128 * MIB,
    cpus=0.5,  # so that an unlimited attack is recognized on a busy machine too
    pids=64,
    output_bytes=4 * MIB,
    output_files=64,
    tmp_bytes=8 * MIB,
    tmp_files=512,
    shm_bytes=8 * MIB,
    open_files=256,
    log_bytes=MIB // 4,
)
"""The limits of every attack except its wall time: small, so that they are soon reached."""

MOST_RUNNER_BYTES = 96 * MIB
"""How much the runner's own memory may grow by reading an output: 20 times the largest document
that is parsed (see ``predictions.SPARE_BYTES``), and /output itself a few times over."""

KILL_SECONDS = 15.0
"""How long after its deadline a container may still exist on a busy host."""

MOST_MEMORY_BYTES = LIMITS.memory_bytes + MIB
"""The kernel counts pages in batches, so it may count a few more than the limit."""

SPARE_CPU_SECONDS = 0.5
"""The engine assigns CPU time in slices, and also counts the time to create the container."""

LONGEST_MESSAGE = 2000
MOST_LOG_SHOWN = 200


@dataclass(frozen=True)
class Seen:
    """What was observed of one run of an attack; only the exit code comes from the predictor.

    Attributes:
        outcome, cause, exit_code, message, wall_seconds: of the case's record.
        extra_predictions: text in the record that the predictor chose.
        log: of the container, as the organizer gets it.
        heard: what the organizer's listener received meanwhile.
        left: names of the runner's containers and volumes that still exist afterwards.
        cpu_seconds, memory_bytes: what the engine counted, or None if it did not.
        runner_bytes: by how much the runner's peak memory grew meanwhile.
    """

    outcome: str
    cause: str | None
    exit_code: int
    message: str | None
    wall_seconds: float
    extra_predictions: tuple[str, ...]
    log: bytes
    heard: tuple[str, ...]
    left: tuple[str, ...]
    cpu_seconds: float | None
    memory_bytes: int | None
    runner_bytes: int


@dataclass(frozen=True)
class AttackVerdict:
    """Whether the sandbox held against one attack, i.e. there is no breach."""

    attack: Attack
    found: str
    breaches: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Return whether nothing was breached."""
        return not self.breaches

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as plain data: the attack's fields, expected, found, holds."""
        return {**asdict(self.attack), **_fields(self)}


def _fields(verdict: AttackVerdict) -> dict[str, Any]:
    return {
        "expected": verdict.attack.expected,
        "found": verdict.found,
        "holds": verdict.holds,
        "breaches": list(verdict.breaches),
    }


def judge_attack(attack: Attack, seen: Seen, secrets: tuple[str, ...]) -> AttackVerdict:
    """Return the verdict on one run of an attack.

    Args:
        secrets: texts of the organizer's side that no container should be able to read.
    """
    found = spell_outcome(seen.outcome, seen.cause)
    return AttackVerdict(attack, found, tuple(_breaches(attack, seen, secrets)))


def _breaches(attack: Attack, seen: Seen, secrets: tuple[str, ...]) -> Iterator[str]:
    found = spell_outcome(seen.outcome, seen.cause)
    if found != attack.expected or seen.exit_code == HARM_EXIT_CODE:
        yield _unexpected(attack, seen, found)
    if seen.heard:
        yield f"the listener heard {printable(', '.join(seen.heard))}"
    if seen.left:
        yield f"left behind: {printable(', '.join(seen.left))}"
    if seen.wall_seconds > attack.wall_seconds + KILL_SECONDS:
        yield f"it ran for {seen.wall_seconds:.1f} s of {attack.wall_seconds:g} s"
    if seen.cpu_seconds is not None and seen.cpu_seconds > _most_cpu_seconds(seen):
        yield f"it had {seen.cpu_seconds:.1f} s of CPU in {seen.wall_seconds:.1f} s"
    if seen.memory_bytes is not None and seen.memory_bytes > MOST_MEMORY_BYTES:
        yield f"it had {seen.memory_bytes // MIB} MiB of memory"
    if len(seen.log) > LIMITS.log_bytes:
        yield f"its log has {len(seen.log)} bytes, of {LIMITS.log_bytes}"
    if seen.runner_bytes > MOST_RUNNER_BYTES:
        yield f"reading its output took the runner {seen.runner_bytes // MIB} MiB of memory"
    yield from (f"its log holds {secret!r}" for secret in secrets if secret.encode() in seen.log)
    yield from _shown_unescaped(seen)


def _most_cpu_seconds(seen: Seen) -> float:
    return LIMITS.cpus * seen.wall_seconds + SPARE_CPU_SECONDS


def _unexpected(attack: Attack, seen: Seen, found: str) -> str:
    lines = seen.log.decode(errors="replace").strip().splitlines() or ["(nothing)"]
    said = printable(lines[-1][:MOST_LOG_SHOWN])
    if seen.exit_code == HARM_EXIT_CODE:
        return f"the attempt succeeded: {said}"
    return f"the case is {found}, not {attack.expected}; its log ends with: {said}"


def _shown_unescaped(seen: Seen) -> Iterator[str]:
    """Yield texts of the predictor that an organizer would see unescaped."""
    for text in (*seen.extra_predictions, *([seen.message] if seen.message else [])):
        if not text.isascii() or not text.isprintable():
            yield f"shown unescaped: {printable(text[:200])}"
        elif text.startswith(("=", "+", "-", "@")):
            yield f"a spreadsheet would compute {text[:200]}"
        elif len(text) > LONGEST_MESSAGE:
            yield f"a message of {len(text)} characters"


def count_by_promise(verdicts: Sequence[AttackVerdict]) -> Mapping[int, tuple[int, int]]:
    """Return for each promise how many attacks it held against, and how many there were."""
    counts: dict[int, tuple[int, int]] = {}
    for verdict in verdicts:
        held, tried = counts.get(verdict.attack.promise, (0, 0))
        counts[verdict.attack.promise] = (held + verdict.holds, tried + 1)
    return counts
