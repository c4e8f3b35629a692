"""The pack: every hostile predictor says in its head what it does and how its case must end."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from runner.attack.pack import HARM_EXIT_CODE, NETWORK, PROMISES, pack_directory, read_pack
from runner.attack.suite import ACTUAL, EVAL_RUN, attack_suite
from runner.output.predictions import Cause, read_predictions
from runner.sandbox.outcome import Outcome
from tests.suite_builder import stage

PACK = read_pack(pack_directory())


def write_script(directory: Path, *lines: str) -> Path:
    directory.mkdir(exist_ok=True)
    docstring = "\n".join(["Does harm.", "", *lines])
    (directory / "attack.py").write_text(f'"""{docstring}\n"""\n')
    return directory


def test_the_head_of_a_script_names_promise_outcome_cause_and_what_it_does(tmp_path: Path) -> None:
    lines = ("promise: 7", "expected: invalid_output, too_deep", "wall_seconds: 2.5", "runs: 2")
    (attack,) = read_pack(write_script(tmp_path / "pack", *lines))
    assert (attack.name, attack.does, attack.promise) == ("attack", "Does harm.", 7)
    assert (attack.outcome, attack.cause) == (Outcome.INVALID_OUTPUT, Cause.TOO_DEEP)
    assert (attack.wall_seconds, attack.runs) == (2.5, 2)


def test_under_gvisor_a_case_may_have_to_end_otherwise(tmp_path: Path) -> None:
    lines = ("promise: 4", "expected: timed_out", "gvisor: failed")
    pack = write_script(tmp_path / "pack", *lines)
    for runtime, outcome in ((None, "timed_out"), ("runc", "timed_out"), ("runsc", "failed")):
        (attack,) = read_pack(pack, runtime)
        assert attack.expected == outcome
    (attack,) = read_pack(write_script(tmp_path / "pack", *lines[:2]), "runsc")  # the control
    assert attack.expected == "timed_out"


@pytest.mark.parametrize("lines", [("promise: 1",), ("promise: 1", "expected: unheard_of")])
def test_a_script_without_an_outcome_that_exists_is_an_error_not_skipped(
    tmp_path: Path, lines: tuple[str, ...]
) -> None:
    with pytest.raises((KeyError, ValueError)):
        read_pack(write_script(tmp_path / "pack", *lines))


def test_the_pack_has_thirty_attacks_and_more_on_every_promise_that_can_be_attacked() -> None:
    assert len(PACK) >= 30
    assert {attack.promise for attack in PACK} == set(PROMISES)
    assert all(attack.does.endswith(".") for attack in PACK)


def test_every_cause_of_an_invalid_output_has_an_attack() -> None:
    assert {attack.cause for attack in PACK if attack.cause} == set(Cause)


def test_every_attack_that_asks_for_the_listener_is_given_its_address() -> None:
    """Else it would end for want of the file, and that would look like a protection."""
    asking = {
        each for each in PACK if "listener" in (pack_directory() / f"{each.name}.py").read_text()
    }
    assert {each.name for each in asking} >= {"dns", "tcp", "udp"}
    assert {each.promise for each in asking} == {NETWORK}


def test_what_a_refused_attack_writes_scores_in_the_suite_of_the_attacks(tmp_path: Path) -> None:
    """Else no attack could end as ``scored``, and a typing error would look like a protection."""
    suite = attack_suite(tmp_path / "new", None)
    (case,) = suite.cases
    assert [run.name for run in case.eval_runs] == [EVAL_RUN]
    valid = _of_the_scripts("VALID", tmp_path)
    predicted = read_predictions(valid.encode(), list(suite.actuals(case).stats))
    assert [stat.mean for stat in predicted.stats.values()] == [0.5]
    assert [stat.mean for stat in suite.actuals(case).stats.values()] == [ACTUAL]


def test_the_attacks_inputs_do_not_hold_the_actual_that_one_of_them_searches(
    tmp_path: Path,
) -> None:
    staged = stage(attack_suite(tmp_path, "host:1"))
    assert all(str(ACTUAL).encode() not in content for content in staged.files.values())
    assert str(ACTUAL) == "0.8414709848"
    assert "8414709848" in (pack_directory() / "find_actuals.py").read_text()


def test_runner_and_scripts_mean_the_same_exit_code_by_harm(tmp_path: Path) -> None:
    assert _of_the_scripts("HARM_EXIT_CODE", tmp_path) == str(HARM_EXIT_CODE)


def _of_the_scripts(name: str, tmp_path: Path) -> str:
    """Return a constant of ``_attempt.py``, read in a process of its own."""
    source = (pack_directory() / "_attempt.py").read_text()
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"limits": {}}))
    code = source.replace("/input/manifest.json", str(manifest)) + f"\nprint({name}, end='')"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
