from pathlib import Path

import pytest

from runner.errors import SuiteError
from runner.helm_outputs.json_text import to_text
from runner.helm_outputs.origin import ORIGIN, Origin, read_origin
from runner.helm_outputs.runs import RunDirectory

ORIGINAL = Origin("harness", "1.0", ("perturbations",), {"results.json": "ab"})


def test_an_origin_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / ORIGIN).write_bytes(to_text(ORIGINAL.to_json()))
    assert read_origin(RunDirectory(tmp_path, "a:b=c")) == ORIGINAL


def test_a_run_of_helm_has_none(tmp_path: Path) -> None:
    assert read_origin(RunDirectory(tmp_path, "a:b=c")) is None


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b"{}", b'{"harness": 1, "version": "", "lost": [], "files": {}}']
)
def test_another_file_of_this_name_is_refused_by_its_path(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ORIGIN).write_bytes(content)
    with pytest.raises(SuiteError, match=r"import\.json: not what `runner import` writes"):
        read_origin(RunDirectory(tmp_path, "a:b=c"))
