"""Every command in the README files runs, in a copy of the checkout."""

import os
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.authoring.carried_folders import TEMPLATES
from tests.integration.command import warm_programs
from tests.integration.images import OWN

ROOT = Path(__file__).parents[2]
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "build", "results", "*_cache", "__pycache__")


def shell_blocks(document: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", (ROOT / document).read_text(), re.DOTALL | re.MULTILINE)


def copy_checkout(folder: Path) -> Path:
    """Return a copy of the checkout that uses this one's .venv."""
    copy = folder / "checkout"
    shutil.copytree(ROOT, copy, ignore=NOT_COPIED)
    (copy / ".venv").symlink_to(ROOT / ".venv")
    return copy


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_checkout(tmp_path_factory.mktemp("docs"))


CACHES = {"MYPY_CACHE_DIR": str(ROOT / ".mypy_cache"), "RUFF_CACHE_DIR": str(ROOT / ".ruff_cache")}
"""What mypy and ruff know of this checkout, they need not find out again in its copies."""


IMAGE = re.compile(r"((?:-t|check|evaluate) )my_predictor\b(?!/)")
"""The image that the documents have their reader build: a user may have one of this name."""


def run_block(block: str, directory: Path, **environment: str) -> str:
    block = IMAGE.sub(rf"\g<1>{OWN.name('my_predictor')}", block)
    path = f"{warm_programs()}:{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"
    ended = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", block],
        cwd=directory,
        env={**os.environ, "PATH": path, **CACHES, **environment},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert ended.returncode == 0, f"{block}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


DEMO, *OTHERS = shell_blocks("README.md")


def test_the_demo_prints_three_tables_and_the_readmes_and_writes_three_reports(
    checkout: Path,
) -> None:
    assert DEMO == "make demo\n"
    shown = run_block(DEMO, checkout)
    assert shown.count(": MAE ") == 3
    readme = (ROOT / "README.md").read_text()
    (table,) = re.findall(r"ends with one table:\n\n```\n(.*?)```", readme, re.DOTALL)
    assert table in shown
    reports = sorted(path.parent.name for path in checkout.glob("results/demo/*/report.json"))
    assert {"perturbation_linear", "random", "train_mean"} <= set(reports)


SHOWN_ELSEWHERE = (
    ".venv/bin/runner init",  # by the tutorial, and test_the_readmes_predictor_is_built_and_scored
    ".venv/bin/runner suite build",  # by test_suites.py and unit tests of the commands
    "make .venv/developer",  # by make test itself
)
"""How the README's blocks begin whose commands are run at each change by other tests."""


def is_shown_elsewhere(block: str) -> bool:
    return block.startswith(SHOWN_ELSEWHERE)


@pytest.mark.parametrize("block", [each for each in OTHERS if not is_shown_elsewhere(each)])
def test_the_readmes_other_commands_run(checkout: Path, block: str) -> None:
    run_block(block, checkout)


@pytest.mark.long
def test_all_of_the_readmes_other_commands_run_one_after_the_other(checkout: Path) -> None:
    for block in OTHERS:
        run_block(block, checkout)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(each, marks=() if each == "python" else pytest.mark.long) for each in TEMPLATES
    ],
)
def template(checkout: Path, request: pytest.FixtureRequest) -> Path:
    """Return a template's folder. Its tests share the image made from it."""
    return checkout / "predictor_template" / str(request.param)


@pytest.mark.long
def test_the_templates_commands_run(template: Path) -> None:
    """The tutorial's commands and the workflow's steps do the same with Python's template."""
    for block in shell_blocks(f"predictor_template/{template.name}/README.md"):
        run_block(block, template)


def workflow(language: str) -> Path:
    return ROOT / "predictor_template" / language / ".github" / "workflows" / "check.yml"


def workflow_steps(language: str) -> list[str]:
    (job,) = yaml.safe_load(workflow(language).read_text())["jobs"].values()
    steps = [step["run"] for step in job["steps"] if "run" in step]
    assert "runner check my_predictor --suite demo" in steps
    return steps


@pytest.mark.parametrize("language", ["r", "shell"])
def test_a_templates_workflow_installs_the_runner_and_then_does_as_its_readme_tells(
    language: str,
) -> None:
    install, *others = workflow_steps(language)
    assert install in workflow_steps("node")  # where it is run, as the others are for the README
    told = "".join(shell_blocks(f"predictor_template/{language}/README.md")).splitlines()
    assert set(others) <= set(told)


def test_the_templates_workflow_is_one_of_githubs(template: Path) -> None:
    validate = "check-jsonschema --builtin-schema vendor.github-workflows"
    run_block(f"{validate} {workflow(template.name)}", ROOT)


def test_control_a_workflow_with_a_misspelt_key_is_refused(tmp_path: Path) -> None:
    wrong = workflow("python").read_text().replace("runs-on:", "run-on:")
    (tmp_path / "check.yml").write_text(wrong)
    with pytest.raises(AssertionError, match="run-on"):
        run_block("check-jsonschema --builtin-schema vendor.github-workflows check.yml", tmp_path)


@pytest.mark.parametrize(
    "template", [pytest.param("node", marks=pytest.mark.long), "python"], indirect=True
)
def test_the_steps_of_the_templates_workflow_run(template: Path, tmp_path: Path) -> None:
    """The runner is installed as a wheel of its own; its packages are those of this environment."""
    installed, constraints = tmp_path / "installed", tmp_path / "constraints.txt"
    constraints.write_text(f"pytest=={version('pytest')}\n")
    of_pip = {
        "PIP_TARGET": str(installed),
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # none: pip reads it as the option's value, which is False
        "PIP_CONSTRAINT": str(constraints),
    }
    environment = {
        "RUNNER_SOURCE": str(ROOT),
        "PYTHONPATH": str(installed),
        "PATH": f"{installed / 'bin'}:{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
    }
    for step in workflow_steps(template.name):
        is_pip = step.startswith("pip install ")
        run_block(step, template, **environment, **(of_pip if is_pip else {}))
    assert (installed / "runner" / "cli" / "main.py").is_file()


@pytest.mark.long
def test_the_site_is_built_from_the_docs(checkout: Path) -> None:
    run_block("make docs", checkout)
    assert (
        "Write a predictor" in (checkout / "build" / "site" / "tutorial" / "index.html").read_text()
    )


PAGES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md"))
NEED_HELM = {"docs/helm.md"}
"""Their commands run in ``make check-helm``: HELM is too large for every run of the tests."""
WITH_COMMANDS = [page for page in PAGES if shell_blocks(page) and page not in NEED_HELM]
READ_FIRST = {"install", "tutorial", "sandbox"}
"""Pages whose commands run at each change; the others' in ``make check-long``. A unit test shows
that there are such commands and options. What those of suites.md do, test_suites.py and the unit
tests of the commands do as well, those of scores.md test_scores.py and test_api.py, and those of
building.md test_layers.py and test_exported_images.py."""


def left_for_later(page: str) -> Any:
    is_long = Path(page).stem not in READ_FIRST
    return pytest.param(page, marks=pytest.mark.long if is_long else ())


@pytest.mark.parametrize("page", [left_for_later(page) for page in WITH_COMMANDS])
def test_the_commands_of_a_page_run_one_after_the_other(
    page: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy = copy_checkout(tmp_path_factory.mktemp("page"))
    for block in shell_blocks(page):
        run_block(block, copy)


def python_blocks(document: str) -> list[str]:
    text = (ROOT / document).read_text()
    return re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def test_the_python_of_its_page_runs_from_top_to_bottom(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    copy = copy_checkout(tmp_path_factory.mktemp("page"))
    blocks = python_blocks("docs/python.md")
    assert len(blocks) == 8
    (copy / "page.py").write_text("\n".join(blocks))
    run_block("python page.py", copy)


def test_the_readmes_predictor_is_built_and_scored(checkout: Path) -> None:
    (block,) = re.findall(
        r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )
    folder = shutil.copytree(
        ROOT / "predictor_template" / "python", checkout.parent / "from_readme"
    )
    (folder / "predictor.py").write_text(block)
    image = OWN.name("my-predictor")
    run_block(f"runner build ../from_readme -t {image}", checkout)
    shown = run_block(f"runner evaluate {image} --suite demo", checkout)
    score = re.search(r"MAE (\S+)", shown)
    assert score is not None
    assert float(score[1]) < 0.5


def test_the_readme_shows_the_templates_own_signature() -> None:
    readme = (ROOT / "README.md").read_text()
    template = (ROOT / "predictor_template" / "python" / "predictor.py").read_text()
    for name in re.findall(r"(\w+_df): pd\.DataFrame", template):
        assert name in readme


def test_no_document_has_an_empty_or_unknown_command_block() -> None:
    assert len(shell_blocks("README.md")) == 5
    assert len(shell_blocks("docs/tutorial.md")) == 5
    assert {"docs/sandbox.md", "docs/scores.md", "docs/suites.md"} < set(WITH_COMMANDS)
    assert len(list(filter(is_shown_elsewhere, OTHERS))) == len(SHOWN_ELSEWHERE)
