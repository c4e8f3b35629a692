"""A report stands only if all that it follows from is the same."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.code_version import scoring_versions
from runner.contract.limits import Limits
from runner.evaluation.evaluation_key import EvaluationKey
from runner.evaluation.finished_cases import FinishedCases
from runner.evaluation.input_changes import BLANKED, SHUFFLED, make_repetition
from runner.evaluation.passes import Pass
from runner.evaluation.run_options import RunSettings
from runner.reports.report_directory import find_report, write_evaluation
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import SandboxPolicy
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function, oracle
from tests.suite_builder import shared_suite

SETTINGS = RunSettings(SandboxPolicy(), 1)
IMAGE = Image("team/predictor:1", "sha256:1", ("team/predictor@sha256:2",))


@pytest.fixture(scope="module")
def suite() -> Suite:
    return shared_suite()


def key(suite: Suite, **parts: Any) -> EvaluationKey:
    return EvaluationKey.of(replace(first(suite), **parts), "Team")


def first(suite: Suite) -> Pass:
    return Pass(IMAGE, suite, SETTINGS, FinishedCases(Path("results")))


PARTS: dict[str, dict[str, Any]] = {
    "image": {"image": replace(IMAGE, id="sha256:9")},
    "reference": {"image": replace(IMAGE, reference="team/predictor:2")},
    "registry digest": {"image": replace(IMAGE, digests=())},
    "seed": {"settings": replace(SETTINGS, seed=2)},
    "limits": {"settings": replace(SETTINGS, policy=SandboxPolicy(Limits(cpus=2)))},
    "runtime": {"settings": replace(SETTINGS, policy=SandboxPolicy(runtime="runsc"))},
    "gpus": {"settings": replace(SETTINGS, policy=SandboxPolicy(Limits(gpus=1)))},
    **{
        change.name: {"settings": replace(SETTINGS, input_changes=(change,))}
        for change in (make_repetition(1), SHUFFLED, BLANKED)
    },
}


@pytest.mark.parametrize("part", PARTS)
def test_a_change_of_one_part_is_another_report(suite: Suite, part: str) -> None:
    assert key(suite, **PARTS[part]).digest != key(suite).digest


def test_another_suite_is_another_report(suite: Suite) -> None:
    assert key(replace(suite, digest="sha256:9")).digest != key(suite).digest


@pytest.mark.parametrize("package", scoring_versions())
def test_another_version_of_what_computes_is_another_report(suite: Suite, package: str) -> None:
    same = key(suite)
    other = replace(same, code={**same.code, package: "0"})
    assert other.digest != same.digest


def test_another_submitter_schema_or_contract_is_another_report(suite: Suite) -> None:
    same = key(suite)
    cases = tuple(replace(case, contract_version=0) for case in same.cases)
    others = [
        replace(same, submitter=None),
        replace(same, schema_version=0),
        replace(same, cases=cases),
    ]
    assert same.digest not in {other.digest for other in others}


def test_control_where_cases_are_kept_and_how_they_run_make_no_other_report(suite: Suite) -> None:
    elsewhere = FinishedCases(Path("elsewhere"))
    assert key(suite, finished=elsewhere).digest == key(suite).digest
    assert key(suite, settings=replace(SETTINGS, rerun=True)).digest == key(suite).digest


@pytest.fixture
def written(suite: Suite, tmp_path: Path) -> Path:
    """Return the directory of a report that follows from "this"."""
    made = evaluate_function(suite, oracle)
    report = made.report.model_copy(update={"evaluation_key": "this"})
    write_evaluation(replace(made, report=report), tmp_path / "image")
    return tmp_path / "image"


def test_a_report_is_found_by_what_it_follows_from(written: Path) -> None:
    found = find_report(written, "this")
    assert found is not None
    assert found.is_scored
    assert find_report(written, "that") is None
    assert find_report(written.with_name("other"), "this") is None


def remove(path: Path) -> None:
    path.unlink()


def add_a_space(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b" ")


FILES = ("report.json", "SHA256SUMS", "records.jsonl", "case-1/container.log")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", [remove, add_a_space])
def test_a_report_of_which_a_file_has_changed_is_made_again_and_kept_hidden(
    suite: Suite, written: Path, name: str, damage: Callable[[Path], None]
) -> None:
    damage(written / name)
    assert find_report(written, "this") is None
    assert write_evaluation(evaluate_function(suite, oracle), written) == kept(written)
    assert kept(written).is_dir()


def kept(directory: Path) -> Path:
    return directory.with_name(f".{directory.name}.changed")
