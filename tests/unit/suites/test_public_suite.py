"""What may be staged has no way to an actual: mypy refuses it, and no name leads there."""

import ast
import inspect
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.suites import public_suite, suite
from runner.suites.public_suite import PublicSuite
from runner.suites.suite import Suite
from tests.helm_builder import write_suite
from tests.suite_builder import build_unaudited, shared
from tests.versions_builder import Versions, build_versions

ROOT = Path(__file__).parents[3]

WITHHELD = re.compile("actual|answer|private|secret", re.IGNORECASE)

SNIPPET = """
from pathlib import Path

from runner.evaluation.task import CaseTask
from runner.evaluation.staged_task import stage_task
from runner.reports.verification import verify_report
from runner.suites.opening import open_public_half, open_suite

def use(root: Path, task: CaseTask) -> None:
    whole, public = open_suite(root), open_public_half(root)
    whole.actuals(whole.cases[0])
    whole.private
    stage_task(task, whole)
    stage_task(task, public)
    whole.public.actuals(whole.cases[0])
    public.private
    public.actuals(public.cases[0])
    verify_report(root, public)
"""


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return the lines of the snippet that mypy finds an error in."""
    source = tmp_path_factory.mktemp("types") / "snippet.py"
    source.write_text(SNIPPET, encoding="utf-8")
    # No other options than `make lint` has: with them mypy would check all modules again, as that
    # then would too.
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml")]
    command += [str(source)]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 1, found.stdout + found.stderr
    numbers = re.findall(r"snippet\.py:(\d+): error", found.stdout)
    lines = {SNIPPET.splitlines()[int(number) - 1].strip() for number in numbers}
    assert not any("import" in line for line in lines)  # what is not found may be anything
    return lines


@pytest.mark.parametrize(
    "line",
    [
        "whole.public.actuals(whole.cases[0])",
        "public.private",
        "public.actuals(public.cases[0])",
        "verify_report(root, public)",
    ],
)
def test_the_suite_of_a_task_has_no_actuals_for_the_type_checker(
    refused: set[str], line: str
) -> None:
    assert line in refused


@pytest.mark.parametrize(
    "line",
    [
        "whole.actuals(whole.cases[0])",
        "whole.private",
        "stage_task(task, whole)",
        "stage_task(task, public)",
    ],
)
def test_control_the_suite_with_both_halves_has_actuals_for_the_type_checker(
    refused: set[str], line: str
) -> None:
    assert line in SNIPPET
    assert line not in refused


def withheld_names(kind: type) -> list[str]:
    """Return the names of fields, methods and properties that tell of something withheld."""
    return sorted(filter(WITHHELD.search, {*dir(kind), *inspect.get_annotations(kind)}))


def test_no_name_of_the_public_suite_leads_to_the_private_half() -> None:
    assert withheld_names(PublicSuite) == []


def test_control_names_of_the_whole_suite_lead_there() -> None:
    assert {"actuals", "private", "private_manifest"} <= {*withheld_names(Suite)}


def withheld_identifiers(source: str) -> set[str]:
    """Return the identifiers of a module that tell of something withheld."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        for field in ("id", "attr", "arg", "name", "module"):
            name = getattr(node, field, None)
            if isinstance(name, str) and WITHHELD.search(name):
                found.add(name)
    return found


def test_the_code_of_the_public_suite_names_nothing_of_the_private_half() -> None:
    assert withheld_identifiers(inspect.getsource(public_suite)) == set()


def test_control_the_code_of_the_whole_suite_names_it() -> None:
    assert {"PrivateManifest", "ACTUALS"} <= withheld_identifiers(inspect.getsource(suite))


def change_mean(source: Path, suite: Suite, side: str) -> None:
    """Give the first run on one side of the suite's case another mean."""
    (case,) = suite.cases
    runs = case.train_runs if side == "train" else case.eval_runs
    path = source / runs[0].name.replace("/", "_") / "stats.json"
    stats = json.loads(path.read_bytes())
    path.write_text(json.dumps([{**each, "mean": each["mean"] + 0.05} for each in stats]))


@pytest.mark.parametrize(("side", "is_same"), [("eval", True), ("train", False)])
def test_what_a_container_sees_has_another_digest_only_if_it_sees_the_change(
    tmp_path: Path, side: str, is_same: bool
) -> None:
    source = write_suite(tmp_path)
    before = build_unaudited(source, tmp_path / "suite")
    change_mean(source, before, side)
    after = build_unaudited(source, tmp_path / "suite")
    assert after.digest != before.digest
    assert (after.inputs_digests == before.inputs_digests) == is_same


CHOICES: dict[str, dict[str, Any]] = {
    "name": {"name": "v2"},
    "revealed": {"revealed": {"instances": 2, "completions": False}},
    "seed": {"seed": 2},
}


@pytest.mark.parametrize("choice", CHOICES)
def test_choices_that_a_container_sees_are_in_the_digest_of_its_inputs(
    tmp_path: Path, choice: str
) -> None:
    source = write_suite(tmp_path)
    one, other = (
        build_unaudited(source, tmp_path / "1"),
        build_unaudited(source, tmp_path / "2", **CHOICES[choice]),
    )
    assert one.inputs_digests.keys() == other.inputs_digests.keys() == {"case-1"}
    assert one.inputs_digests != other.inputs_digests


def test_assets_are_in_the_digest_of_the_inputs(tmp_path: Path) -> None:
    source, assets = write_suite(tmp_path), tmp_path / "assets"
    assets.mkdir()
    digests = set()
    for content in ("1", "2"):
        (assets / "model").write_text(content)
        suite = build_unaudited(source, tmp_path / content, assets=str(assets))
        digests.add(suite.inputs_digests["case-1"])
    assert len(digests) == 2


@pytest.fixture(scope="module")
def versions() -> Versions:
    return shared(build_versions)


def test_inputs_are_the_same_where_only_actuals_or_the_version_differ(versions: Versions) -> None:
    first = versions.first.inputs_digests
    assert first == versions.corrected.inputs_digests == versions.renamed.inputs_digests
    assert versions.first.digest != versions.corrected.digest != versions.renamed.digest


def test_inputs_differ_for_the_case_that_reveals_something_else(versions: Versions) -> None:
    first, other = versions.first.inputs_digests, versions.other_inputs.inputs_digests
    assert [first[case] == other[case] for case in first] == [True, False, True, True]


def test_inputs_of_each_case_and_each_suites_name_have_their_own_digest(
    versions: Versions,
) -> None:
    first = set(versions.first.inputs_digests.values())
    assert len(first) == 4
    named = versions.first.manifest.model_copy(update={"name": "other"})
    other = replace(versions.first, manifest=named)
    assert first.isdisjoint(other.inputs_digests.values())
