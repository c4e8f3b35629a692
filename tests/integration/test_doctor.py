"""``runner doctor`` on the real engine."""

import json
import subprocess

from tests.integration.command import runner


def doctor(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return runner("doctor", *arguments, **environment)


def test_the_engine_that_these_tests_run_on_holds_every_promise() -> None:
    ended = doctor()
    assert ended.returncode == 0, ended.stdout
    assert "LACKING" not in ended.stdout
    assert "HELD     seccomp" in ended.stdout


def test_json_has_the_same_findings_for_programs() -> None:
    ended = doctor("--json")
    found = {finding["name"]: finding for finding in json.loads(ended.stdout)["findings"]}
    assert found["swap limit"]["level"] == "held"
    assert found["engine"]["found"].endswith("linux")


def test_control_without_an_engine_it_is_exit_5_with_what_to_do() -> None:
    ended = doctor(DOCKER_HOST="unix:///nonexistent/docker.sock")
    assert ended.returncode == 5
    assert "point DOCKER_HOST" in ended.stderr


def test_attacks_under_a_runtime_that_the_engine_lacks_are_refused_before_any_runs() -> None:
    ended = doctor("--attack", "--runtime", "unheard-of")
    assert ended.returncode == 2
    assert "unheard-of: the engine has no such runtime" in ended.stderr


def test_a_runtime_is_for_attacks_alone() -> None:
    ended = doctor("--runtime", "runc")
    assert ended.returncode == 2
    assert "--runtime is for --attack" in ended.stderr
