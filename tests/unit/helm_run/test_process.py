import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from runner.cli.main import cli
from runner.errors import SuiteError, UsageError
from runner.helm_run.instances import is_multiple_choice, read_instances
from runner.helm_run.process import HelmOptions, describe_datasets, helm_arguments, run_helm


def write_lines(path: Path, *documents: object) -> Path:
    path.write_text("\n".join(json.dumps(document) for document in documents))
    return path


def write_helm(folder: Path, code: str) -> None:
    """Write a package that is found in the place of HELM."""
    package = folder / "helm" / "benchmark"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "__init__.py").write_text(code)


def test_a_question_with_choices_has_a_reference_for_each(tmp_path: Path) -> None:
    question = {"input": "2 + 2?", "choices": ["3", "4"], "answer": "4"}
    (instance,) = read_instances(write_lines(tmp_path / "a.jsonl", question))
    assert instance == {
        "input": {"text": "2 + 2?"},
        "references": [
            {"output": {"text": "3"}, "tags": []},
            {"output": {"text": "4"}, "tags": ["correct"]},
        ],
        "split": "test",
    }
    assert is_multiple_choice([instance])


def test_a_question_without_choices_has_its_answer_as_reference(tmp_path: Path) -> None:
    question = {"input": "2 + 2?", "answer": "4", "split": "train"}
    (instance,) = read_instances(write_lines(tmp_path / "a.jsonl", question))
    assert instance["references"] == [{"output": {"text": "4"}, "tags": ["correct"]}]
    assert instance["split"] == "train"
    assert not is_multiple_choice([instance])


def test_helms_own_form_in_a_json_list_is_kept(tmp_path: Path) -> None:
    instance = {
        "input": {"text": "Which?"},
        "references": [{"output": {"text": "this"}, "tags": ["correct"]}],
        "split": "valid",
        "id": "id7",
    }
    path = tmp_path / "a.json"
    path.write_text(json.dumps([instance], indent=2))
    assert read_instances(path) == [instance]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"answer": "4"}, "it has no 'input'"),
        ({"input": "2 + 2?"}, "it has no 'answer'"),
        ({"input": 4, "answer": "4"}, "input is 4, not a text"),
        ({"input": "2 + 2?", "answer": 4}, "output is 4, not a text"),
        ({"input": "2 + 2?", "answer": "5", "choices": ["4"]}, "answer '5' is none of the choices"),
        ({"input": "2 + 2?", "answer": "4", "split": "dev"}, "split is 'dev', not one of train"),
        (3, "instance 2"),
    ],
)
def test_an_instance_of_another_form_is_named(
    tmp_path: Path, document: object, reason: str
) -> None:
    good = {"input": "2 + 2?", "answer": "4"}
    with pytest.raises(UsageError, match=f"a.jsonl: instance 2: .*expected|{reason}") as refusal:
        read_instances(write_lines(tmp_path / "a.jsonl", good, document))
    assert reason in str(refusal.value)


@pytest.mark.parametrize("text", ["", "[]", "{", "[1", "no json"])
def test_a_file_that_is_no_data_set_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"a\.jsonl: "):
        read_instances(path)


def test_a_data_set_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a\.jsonl: the data set can't be read"):
        read_instances(tmp_path / "a.jsonl")


def test_two_data_sets_of_one_name_are_refused(tmp_path: Path) -> None:
    question = {"input": "2 + 2?", "answer": "4"}
    paths = [write_lines(tmp_path / name, question) for name in ("a.jsonl", "a.json")]
    assert set(json.loads(describe_datasets(paths[:1]))) == {"a"}
    with pytest.raises(UsageError, match="another data set is called a too"):
        describe_datasets(paths)


def test_a_name_that_can_not_stand_in_a_run_entry_is_refused(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a,b=c.jsonl", {"input": "2 + 2?", "answer": "4"})
    with pytest.raises(UsageError, match="Rename the file"):
        describe_datasets([path])


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
