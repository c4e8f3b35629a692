"""The verdict on an attack is decided from what was seen outside; each breach has a control."""

from dataclasses import replace

import pytest

from runner.attack.pack import HARM_EXIT_CODE, Attack
from runner.attack.verdict import (
    KILL_SECONDS,
    LIMITS,
    LONGEST_MESSAGE,
    MOST_MEMORY_BYTES,
    MOST_RUNNER_BYTES,
    SPARE_CPU_SECONDS,
    AttackVerdict,
    Seen,
    count_by_promise,
    judge_attack,
)
from runner.contract.limits import MIB
from runner.output.predictions import Cause
from runner.sandbox.outcome import Outcome

ATTACK = Attack(
    name="tcp",
    does="Connects.",
    promise=1,
    outcome=Outcome.SCORED,
    cause=None,
    wall_seconds=10,
    runs=1,
    volume="/data",
)
REFUSED = Seen(
    outcome="scored",
    cause=None,
    exit_code=0,
    message=None,
    wall_seconds=0.5,
    extra_predictions=(),
    log=b"TCP: refused: Network is unreachable\n",
    heard=(),
    left=(),
    cpu_seconds=0.25,
    memory_bytes=MIB,
    runner_bytes=0,
)
MOST_CPU_SECONDS = LIMITS.cpus * REFUSED.wall_seconds + SPARE_CPU_SECONDS
SECRETS = ("a-secret-of-the-host",)


def breaches(**seen: object) -> tuple[str, ...]:
    return judge_attack(ATTACK, replace(REFUSED, **seen), SECRETS).breaches  # type: ignore[arg-type]


def test_an_attack_that_was_refused_holds() -> None:
    verdict = judge_attack(ATTACK, REFUSED, SECRETS)
    assert (verdict.holds, verdict.found) == (True, "scored")


def test_an_attack_that_says_it_succeeded_does_not_hold() -> None:
    (breach,) = breaches(outcome="failed", exit_code=HARM_EXIT_CODE, log=b"x\nTCP: done\n")
    assert breach == "the attempt succeeded: TCP: done"


def test_success_is_told_from_the_failure_that_is_expected() -> None:
    attack = replace(ATTACK, outcome=Outcome.FAILED)
    failed = replace(REFUSED, outcome="failed", exit_code=1)
    assert judge_attack(attack, failed, ()).holds
    assert not judge_attack(attack, replace(failed, exit_code=HARM_EXIT_CODE), ()).holds


def test_an_attack_that_says_it_was_refused_but_was_heard_does_not_hold() -> None:
    (breach,) = breaches(heard=("heard b'tcp' from 172.18.0.3",))
    assert "the listener heard" in breach


def test_another_outcome_than_expected_does_not_hold_and_shows_the_logs_end_escaped() -> None:
    (breach,) = breaches(outcome="failed", exit_code=1, log=b"Error: \x1b[2Jno\n")
    assert breach == r"the case is failed, not scored; its log ends with: Error: \x1b[2Jno"


def test_the_right_outcome_with_another_cause_does_not_hold() -> None:
    attack = replace(ATTACK, outcome=Outcome.INVALID_OUTPUT, cause=Cause.TOO_DEEP)
    seen = replace(REFUSED, outcome="invalid_output", cause="not_json")
    assert not judge_attack(attack, seen, ()).holds
    assert judge_attack(attack, replace(seen, cause="too_deep"), ()).holds


@pytest.mark.parametrize(
    ("broken", "bounded"),
    [
        ({"log": b"x" * (LIMITS.log_bytes + 1)}, {"log": b"x" * LIMITS.log_bytes}),
        ({"runner_bytes": MOST_RUNNER_BYTES + 1}, {"runner_bytes": MOST_RUNNER_BYTES}),
        ({"wall_seconds": 10.1 + KILL_SECONDS}, {"wall_seconds": 10.0 + KILL_SECONDS}),
        ({"cpu_seconds": MOST_CPU_SECONDS + 0.1}, {"cpu_seconds": MOST_CPU_SECONDS}),
        ({"cpu_seconds": MOST_CPU_SECONDS + 0.1}, {"cpu_seconds": None}),
        ({"memory_bytes": MOST_MEMORY_BYTES + 1}, {"memory_bytes": MOST_MEMORY_BYTES}),
        ({"left": ("runner-1-keeper",)}, {"left": ()}),
        ({"log": b"PATH=a-secret-of-the-host"}, {"log": b"PATH=a-secret"}),
        ({"message": "x" * (LONGEST_MESSAGE + 1)}, {"message": "x" * LONGEST_MESSAGE}),
        ({"message": "\x1b[2J"}, {"message": r"'\x1b[2J'"}),
        ({"extra_predictions": ("scored\u202e",)}, {"extra_predictions": (r"'scored\u202e'",)}),
        ({"extra_predictions": ("=1+1",)}, {"extra_predictions": ("'=1+1'",)}),
    ],
)
def test_a_bound_that_is_passed_is_a_breach_and_one_that_is_kept_is_none(
    broken: dict[str, object], bounded: dict[str, object]
) -> None:
    assert len(breaches(**broken)) == 1
    assert breaches(**bounded) == ()


def test_promises_are_counted_by_attacks_held_and_attacks_tried() -> None:
    held = AttackVerdict(ATTACK, "scored", ())
    not_held = replace(held, breaches=("heard",))
    elsewhere = replace(held, attack=replace(ATTACK, promise=3))
    assert count_by_promise([held, not_held, elsewhere]) == {1: (1, 2), 3: (1, 1)}


def test_a_verdict_for_programs_has_the_attack_and_what_was_found() -> None:
    document = AttackVerdict(ATTACK, "failed", ("heard",)).to_json()
    assert document["name"] == "tcp"
    assert (document["expected"], document["found"], document["holds"]) == (
        *("scored", "failed"),
        False,
    )
