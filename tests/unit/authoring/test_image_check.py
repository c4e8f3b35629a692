from pathlib import Path

import pytest

from runner.authoring.image_check import (
    Key,
    Measurement,
    check_determinism,
    check_facts,
    check_label,
    check_outcome,
    check_parity,
    check_scale,
    forecast,
)
from runner.contract import MetricName, Stat, Target
from runner.contract.limits import MIB, Limits
from runner.evaluation.verdict import Verdict
from runner.output.findings import Cause, Finding, InvalidOutputError, OutputPlace
from runner.output.predictions import Predictions
from runner.reports.fact_sheet import FACTS_LABEL
from runner.sandbox.docker_command import docker_run_command
from runner.sandbox.engine.image import Image
from runner.sandbox.outcome import Outcome
from runner.sandbox.policy import SandboxPolicy

LABEL = "runner.contract_version"
LIMITS = Limits(wall_seconds=100, memory_bytes=1000 * MIB)


def stats(**means: float) -> dict[Key, Stat]:
    return {
        Target("run", MetricName(name)): Stat(MetricName(f"predicted_{name}"), mean=mean)
        for name, mean in means.items()
    }


@pytest.mark.parametrize(
    ("labels", "passed"), [({}, None), ({LABEL: "1"}, True), ({LABEL: "2"}, False)]
)
def test_an_image_of_another_version_of_the_contract_fails(
    labels: dict[str, str], passed: bool | None
) -> None:
    assert check_label(labels, LABEL).passed is passed


def test_every_finding_of_an_output_is_told() -> None:
    findings = (
        Finding(Cause.BAD_NUMBER, OutputPlace(run="'a'"), "one"),
        Finding(Cause.BAD_NUMBER, OutputPlace(run="'b'"), "two"),
    )
    message = str(InvalidOutputError(findings, 2))
    (found,) = check_outcome(Verdict(Outcome.INVALID_OUTPUT, Cause.BAD_NUMBER, message))
    assert found.passed is False
    assert found.text == "invalid_output (bad_number): 2 findings"
    assert found.advice[:2] == ("run 'a': one", "run 'b': two")
    assert "no data" in found.advice[2]


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome != "scored"])
def test_every_outcome_but_scored_fails_with_advice(outcome: Outcome) -> None:
    (found,) = check_outcome(Verdict(outcome, None, "what happened"))
    assert found.passed is False
    assert found.advice


def test_why_an_image_failed_is_told_from_its_log() -> None:
    log = b"Traceback (most recent call last):\nModuleNotFoundError: No module named 'sklearn'\n"
    (found,) = check_outcome(Verdict(Outcome.FAILED, None, "it exited with code 1"), log)
    (hint,) = found.advice
    assert "scikit-learn" in hint


def scale(predicted: float, train_mean: float | None) -> list[str]:
    target = Target("r", MetricName("exact_match"))
    stat = Stat(MetricName("predicted_exact_match"), mean=predicted)
    return [
        found.text for found in check_scale({target: stat}, {target: train_mean}, "train means")
    ]


def test_a_share_in_percent_is_noted_with_the_train_mean() -> None:
    (text,) = scale(75.0, 0.8)
    assert "where train means lie between 0 and 1, e.g. 75 for exact_match, not 0.8" in text


@pytest.mark.parametrize(
    ("predicted", "train_mean"), [(0.75, 0.8), (1.2, 0.9), (75.0, 60.0), (75.0, None)]
)
def test_control_what_may_be_in_the_stats_own_unit_is_not_noted(
    predicted: float, train_mean: float | None
) -> None:
    assert scale(predicted, train_mean) == []


def test_extra_stats_are_told_and_pass() -> None:
    verdict = Verdict(Outcome.SCORED, None, None, Predictions({}, ("a", "b")))
    output, extra = check_outcome(verdict)
    assert (output.passed, extra.passed) == (True, None)
    assert extra.text == "2 predicted stats are no targets and are ignored, e.g. a"


def test_equal_means_pass_also_when_summed_in_another_order() -> None:
    assert check_determinism(stats(f1=0.3), stats(f1=0.1 + 0.2)).passed is True


def test_means_that_differ_fail_with_the_largest_difference() -> None:
    found = check_determinism(stats(f1=0.5, bleu=0.5), stats(f1=0.75, bleu=0.625))
    assert found.passed is False
    assert found.text == "two runs: 2 of 2 means differ, the most by 0.25: f1"


def test_targets_that_one_side_lacks_fail() -> None:
    assert check_parity(stats(f1=0.5, bleu=0.5), stats(f1=0.5)).passed is False


MEASURED = [Measurement(1000, 10, 100 * MIB), Measurement(2000, 12, 150 * MIB)]


def test_a_forecast_goes_on_along_the_line_through_two_runs() -> None:
    found = forecast(MEASURED, [1000, 4000], LIMITS, "mmlu")
    # 2 s and 50 MiB per 1000 bytes: 10 + 3 * 2 = 16 s, 100 + 3 * 50 = 250 MiB.
    assert found.passed is True
    assert found.text == (
        "mmlu: 2 cases, about 16 s of 100 s for the largest, 26 s for all, 250 of 1000 MiB"
    )


def test_a_forecast_beyond_a_limit_fails_and_names_it() -> None:
    found = forecast(MEASURED, [50_000], LIMITS, "mmlu")
    # 10 + 49 * 2 = 108 s of 100; 100 + 49 * 50 = 2550 MiB of 1000.
    assert found.passed is False
    assert found.advice == ("It may run out of time and memory.",)


def test_a_forecast_does_without_memory_that_was_not_measured() -> None:
    found = forecast([Measurement(1000, 10, None)], [1000], LIMITS, "mmlu")
    assert "MiB" not in found.text


def test_a_forecast_never_falls_with_size() -> None:
    noisy = [Measurement(1000, 12, None), Measurement(2000, 10, None)]
    assert "about 12 s" in forecast(noisy, [9000], LIMITS, "mmlu").text


def test_the_command_of_docker_has_the_policys_settings() -> None:
    image = Image("mine", "sha256:1", declared_volumes=("/data",), environment={"A": "b c"})
    command = docker_run_command(image, SandboxPolicy(LIMITS))
    for part in (
        "--network none",
        "--read-only",
        "--cap-drop=ALL",
        "--user 20000:20000",
        f"--memory {1000 * MIB} --memory-swap {1000 * MIB}",
        "--tmpfs /data:ro,",
        "--mount type=bind,source=INPUT,target=/input,readonly",
        "--env 'A=b c'",
    ):
        assert part in command
    assert command.endswith(" sha256:1")
    assert Path(command.partition("seccomp=")[2].split()[0]).is_file()


def test_a_wrong_fact_sheet_is_told_and_fails_nothing() -> None:
    (result,) = check_facts({FACTS_LABEL: '{"title": "\\u001b[31m"}'})
    assert (result.check, result.passed) == ("fact sheet", None)
    assert "title" in result.text
    assert result.text.isprintable()
    assert check_facts({FACTS_LABEL: '{"title": "Mine"}'}) == check_facts({}) == []
