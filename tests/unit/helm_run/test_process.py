from pathlib import Path

import pytest
from click.testing import CliRunner

from runner.cli.main import cli
from runner.errors import SuiteError, UsageError
from runner.helm_run.process import HelmOptions, helm_arguments, run_helm


def write_helm(folder: Path, code: str) -> None:
    """Write a package that is found in the place of HELM."""
    package = folder / "helm" / "benchmark"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "__init__.py").write_text(code)


def test_the_options_are_handed_on_by_helms_names() -> None:
    options = HelmOptions(
        "v1",
        5,
        run_entries=["mmlu:subject=anatomy", "boolq:"],
        models_to_run=["a/b"],
        others=["--priority", "2"],
    )
    assert helm_arguments(options) == [
        *("--skip-completed-runs", "--run-entries", "mmlu:subject=anatomy", "boolq:"),
        *("--models-to-run", "a/b", "--suite", "v1", "--max-eval-instances", "5"),
        *("--output-path", "benchmark_output", "--priority", "2"),
    ]


def test_without_entries_every_local_data_set_is_run() -> None:
    options = HelmOptions("v1", 5, local_datasets=[Path("x/a.jsonl"), Path("b.json")])
    arguments = helm_arguments(options)
    assert arguments[1:4] == ["--run-entries", "local_dataset:name=a", "local_dataset:name=b"]


def test_without_helm_the_command_that_installs_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_helm(tmp_path, "raise ImportError(\"No module named 'torch'\")")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    options = HelmOptions("v1", 5, run_entries=["boolq:"], output_path=tmp_path / "out")
    with pytest.raises(
        UsageError, match=r"No module named 'torch'.*-m pip install 'crfm-helm==[0-9.]+'"
    ):
        run_helm(options, print)


def test_helm_that_fails_is_told_with_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_helm(tmp_path, "raise ValueError('no such scenario')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    options = HelmOptions("v1", 5, run_entries=["boolq:"], output_path=tmp_path / "out")
    with pytest.raises(SuiteError, match=r"exit code 1(?s:.*)no such scenario"):
        run_helm(options, print)


def test_a_run_of_nothing_is_refused() -> None:
    result = CliRunner().invoke(cli, ["suite", "run", "--suite", "v1", "-m", "5"])
    assert isinstance(result.exception, UsageError)
    assert "Say what to run" in str(result.exception)
