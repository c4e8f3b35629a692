import json
from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.helm_run.instances import read_instances
from runner.helm_run.process import describe_datasets


def write_lines(path: Path, *documents: object) -> Path:
    path.write_text("\n".join(json.dumps(document) for document in documents))
    return path


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
