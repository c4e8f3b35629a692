"""What may be staged has no way to an actual: mypy refuses it, and no name leads there."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from runner.suites import public_suite, suite
from runner.suites.public_suite import PublicSuite
from runner.suites.suite import Suite

ROOT = Path(__file__).parents[3]

WITHHELD = re.compile("actual|answer|private|secret", re.IGNORECASE)

SNIPPET = """
from pathlib import Path

from runner.evaluation.task import CaseTask, stage_task
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
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml")]
    command += ["--follow-imports", "silent", str(source)]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 1, found.stdout + found.stderr
    numbers = re.findall(r"snippet\.py:(\d+): error", found.stdout)
    return {SNIPPET.splitlines()[int(number) - 1].strip() for number in numbers}


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
