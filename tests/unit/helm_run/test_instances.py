import json
from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.helm_run.instances import is_multiple_choice, read_instances


def write_lines(path: Path, *documents: object) -> Path:
    path.write_text("\n".join(json.dumps(document) for document in documents))
    return path


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
