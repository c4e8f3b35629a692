import shutil
from pathlib import Path

import pytest

from runner.errors import SuiteError
from runner.importing.importing import import_results
from tests.hardships import without_rights
from tests.imports import DATA

CAREFUL = DATA / "lm_eval" / "demo__careful"


def test_a_folder_without_results_says_what_can_be_imported(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("[1]")
    with pytest.raises(SuiteError, match=r"no results there\. What can be imported: results_"):
        import_results(tmp_path, tmp_path / "out")


def test_a_source_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="no such file or folder"):
        import_results(tmp_path / "none", tmp_path / "out")


def test_another_json_file_beside_results_is_passed_over(tmp_path: Path) -> None:
    source = Path(shutil.copytree(CAREFUL, tmp_path / "source"))
    (source / "other.json").write_text("{}")
    (written,) = import_results(source, tmp_path / "out")
    assert len(written.new) == 4


def test_results_in_a_folder_that_is_closed_to_this_user_are_not_passed_over(
    open_folder: Path,
) -> None:
    open_folder.chmod(0o777)
    shutil.copytree(CAREFUL, open_folder / "source" / "open")
    (open_folder / "source" / "closed").mkdir(mode=0)
    with without_rights(), pytest.raises(PermissionError):
        import_results(open_folder / "source", open_folder / "out")
    assert not (open_folder / "out").exists()
    (open_folder / "source" / "closed").chmod(0o755)
    with without_rights():
        (written,) = import_results(open_folder / "source", open_folder / "out")  # the control
    assert len(written.new) == 4
