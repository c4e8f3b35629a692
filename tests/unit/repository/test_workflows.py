"""The action and the workflows that are shipped: by the public schemas, and by rules of our own."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
COMPETITION = ROOT / "examples" / "competition" / ".github" / "workflows"
WORKFLOWS = sorted(COMPETITION.glob("*.yml"))
TEMPLATES = sorted(ROOT.glob("predictor_template/*/.github/workflows/*.yml"))
SUBMISSION = COMPETITION / "submission.yml"
ACTION = ROOT / "action.yml"

EXPRESSION = "$" + "{{"


def check(schema: str, *paths: Path) -> subprocess.CompletedProcess[str]:
    """Check files against a schema that the package brings, without a network."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    return subprocess.run([*command, *paths], capture_output=True, text=True, check=False)


def steps_of(path: Path) -> list[Any]:
    document = yaml.safe_load(path.read_text())
    if path == ACTION:
        return list(document["runs"]["steps"])
    return [step for job in document["jobs"].values() for step in job["steps"]]


def test_the_workflows_and_the_action_follow_the_public_schemas() -> None:
    assert len(WORKFLOWS) == 2
    workflows = check("github-workflows", *WORKFLOWS)
    assert workflows.returncode == 0, workflows.stdout
    action = check("github-actions", ACTION)
    assert action.returncode == 0, action.stdout


def test_the_schemas_refuse_what_is_wrong(tmp_path: Path) -> None:
    """The control."""
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(SUBMISSION.read_text().replace("    steps:", "    stages:"))
    assert check("github-workflows", wrong).returncode == 1
    wrong.write_text(ACTION.read_text().replace("using: composite", "using: magic"))
    assert check("github-actions", wrong).returncode == 1


@pytest.mark.parametrize("path", [ACTION, *WORKFLOWS], ids=lambda path: path.parts[-1])
def test_no_expression_stands_in_a_script(path: Path) -> None:
    """What is put into a script is part of it: a title or a name could be a command."""
    scripts = [step["run"] for step in steps_of(path) if "run" in step]
    assert scripts
    assert not [script for script in scripts if EXPRESSION in script]


@pytest.mark.parametrize("path", [ACTION, *WORKFLOWS, *TEMPLATES], ids=str)
def test_actions_of_others_are_pinned_to_commits(path: Path) -> None:
    for line in path.read_text().splitlines():
        found = re.search(r"uses: (actions/\S+)@(\S+)(.*)", line)
        if found:
            assert re.fullmatch(r"[0-9a-f]{40}", found[2]), line
            assert re.search(r"# v\d", found[3]), line


def zizmor(*paths: Path) -> subprocess.CompletedProcess[str]:
    """Look for what is dangerous, without a network."""
    command = [str(Path(sys.executable).parent / "zizmor"), "--quiet", "--offline"]
    return subprocess.run([*command, *paths], capture_output=True, text=True, check=False)


def test_nothing_dangerous_is_in_a_workflow_but_what_says_why() -> None:
    found = zizmor(ACTION, *WORKFLOWS, *TEMPLATES)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(
    ("reason", "finding"),
    [
        (" # zizmor: ignore[dangerous-triggers]", "dangerous-triggers"),
        (" # zizmor: ignore[unpinned-uses]", "unpinned-uses"),
        ("          persist-credentials: false\n", "artipacked"),
    ],
)
def test_control_without_its_reason_or_its_protection_each_is_found(
    tmp_path: Path, reason: str, finding: str
) -> None:
    workflow = tmp_path / ".github" / "workflows" / "submission.yml"
    workflow.parent.mkdir(parents=True)
    text = SUBMISSION.read_text()
    assert reason in text
    workflow.write_text(text.replace(reason, ""))
    found = zizmor(workflow)
    assert found.returncode != 0
    assert finding in found.stdout


def test_a_pull_request_is_fetched_and_never_checked_out() -> None:
    steps = steps_of(SUBMISSION)
    (checkout,) = [step for step in steps if step.get("uses", "").startswith("actions/checkout@")]
    assert checkout["with"]["ref"] == EXPRESSION + " github.sha }}"
    scripts = "\n".join(step.get("run", "") for step in steps)
    assert not re.search(
        r"git (checkout|switch|merge|worktree|reset|pull|restore|archive)", scripts
    )


def test_its_author_chooses_neither_the_branch_nor_the_time_of_the_base() -> None:
    """An old branch, or main as it was, may have another suite with a quota of its own."""
    text = SUBMISSION.read_text()
    assert yaml.safe_load(text)[True]["pull_request_target"]["branches"] == ["main"]
    assert "pull_request.base" not in text


def test_the_workflow_of_a_pull_request_may_only_read() -> None:
    document = yaml.safe_load(SUBMISSION.read_text())
    assert document["permissions"] == {"contents": "read"}
    assert list(document[True]) == ["pull_request_target"]  # YAML 1.1 takes `on` for true
    assert "permissions" not in document["jobs"]["evaluate"]


def test_a_pull_request_sets_nothing_but_the_image_and_whose_it_is() -> None:
    (evaluate,) = [step for step in steps_of(SUBMISSION) if step.get("name") == "Evaluate"]
    of_the_request = {
        name: value
        for name, value in evaluate["with"].items()
        if "steps.submission" in value or "github.event" in value
    }
    assert set(of_the_request) == {"image", "submitter", "out"}
    assert "closed" not in evaluate["with"]  # the action's default holds


def test_the_action_is_closed_by_default() -> None:
    assert yaml.safe_load(ACTION.read_text())["inputs"]["closed"]["default"] == "true"


def test_the_action_attests_only_if_asked_and_says_that_it_was_not_tried() -> None:
    (attest,) = [each for each in steps_of(ACTION) if "/attest-" in each.get("uses", "")]
    assert "inputs.attest != ''" in attest["if"]
    asked = yaml.safe_load(ACTION.read_text())["inputs"]["attest"]
    assert asked["default"] == ""
    assert "Not tried on GitHub." in asked["description"]
