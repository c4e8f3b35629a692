"""``runner suite run`` with HELM itself: ``make check-helm``."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

RUNNER = Path(sys.executable).with_name("runner")
PAGE = Path(__file__).parents[2] / "docs" / "helm.md"
QUESTIONS = [
    {
        "input": f"Is {number} even?",
        "choices": ["yes", "no"],
        "answer": "no" if number % 2 else "yes",
    }
    for number in range(12)
]


def suite_run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [RUNNER, "suite", "run", "--suite", "tiny", "-m", "8", *arguments]
    return subprocess.run(
        command, cwd=folder, text=True, capture_output=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two data sets, of which HELM's simple model has answered each."""
    root = tmp_path_factory.mktemp("helm")
    lines = "\n".join(json.dumps(question) for question in QUESTIONS)
    for name in ("even", "odd"):
        (root / f"{name}.jsonl").write_text(lines)
    done = suite_run(
        root,
        *("--local-dataset", "even.jsonl", "--local-dataset", "odd.jsonl"),
        *("--models-to-run", "simple/model1"),
        *("--spec", str(write_spec(root)), "--json"),
        *("--", "--priority", "1"),
    )
    assert done.returncode == 0, done.stderr
    (root / "stdout").write_text(done.stdout)
    (root / "stderr").write_text(done.stderr)
    return root


def write_spec(root: Path) -> Path:
    path = root / "spec.yaml"
    fields = {
        "name": "tiny",
        "version": "1",
        "helm_runs": ["benchmark_output/runs/tiny"],
        "division": {"method": "leave_one_out", "by": "scenario"},
        "targets": ["exact_match"],
        "keep_together": [],
        "accept": ["twins", "shared", "derivable"],
    }
    path.write_text(json.dumps(fields))
    return path


def read_spec(folder: Path, name: str) -> dict[str, Any]:
    (directory,) = (folder / "benchmark_output" / "runs" / "tiny").glob(f"*name={name},*")
    document: dict[str, Any] = json.loads((directory / "run_spec.json").read_text())
    return document


def test_local_datasets_become_a_suite(folder: Path) -> None:
    suite = json.loads((folder / "stdout").read_text())
    assert suite["runs"] == 2
    assert [case["targets"] > 0 for case in suite["by_case"]] == [True, True]


def test_every_finished_run_is_announced(folder: Path) -> None:
    stderr = (folder / "stderr").read_text()
    assert "run 1 of 2 is finished: local_dataset:name=" in stderr
    assert "run 2 of 2 is finished: local_dataset:name=" in stderr


def test_choices_are_asked_as_multiple_choice(folder: Path) -> None:
    assert read_spec(folder, "even")["adapter_spec"]["method"] == "multiple_choice_joint"


def test_the_run_tells_the_data_set_by_digest_and_not_by_its_path(folder: Path) -> None:
    spec = read_spec(folder, "even")
    assert len(spec["scenario_spec"]["args"]["sha256"]) == 64
    for path in (folder / "benchmark_output" / "runs" / "tiny").rglob("*.json"):
        assert str(folder) not in path.read_text()


def test_finished_runs_are_not_run_again(folder: Path) -> None:
    states = list((folder / "benchmark_output").rglob("scenario_state.json"))
    before = [path.stat().st_mtime_ns for path in states]
    done = suite_run(
        folder,
        *("--local-dataset", "even.jsonl", "--models-to-run", "simple/model1"),
        *("--spec", "spec.yaml"),
    )
    assert done.returncode == 0, done.stderr
    assert "nothing has changed" in done.stderr
    assert [path.stat().st_mtime_ns for path in states] == before


def test_what_helm_refuses_is_told_with_the_end_of_its_log(folder: Path) -> None:
    done = suite_run(
        folder, "--run-entries", "local_dataset:name=absent", "--models-to-run", "simple/model1"
    )
    assert done.returncode == 3
    assert "no data set 'absent' is given with --local-dataset (given: none)" in done.stderr
    assert "helm-run.log" in done.stderr


def test_an_unknown_model_is_told(folder: Path) -> None:
    done = suite_run(folder, "--local-dataset", "even.jsonl", "--models-to-run", "no/such")
    assert done.returncode == 3
    assert "Unknown model 'no/such'" in done.stderr


def test_the_commands_of_the_page_on_helm_run(tmp_path: Path) -> None:
    (block,) = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", block],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{RUNNER.parent}:{os.environ['PATH']}"},
        text=True,
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "case-2" in done.stdout
