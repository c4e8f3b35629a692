import json
import shutil
from pathlib import Path

import pytest

from runner.errors import SuiteError, UsageError
from runner.importing.importing import import_results
from runner.importing.writing import directory_name
from tests.imports import DATA, unpack_records

CAREFUL = DATA / "lm_eval" / "demo__careful"


def files_below(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_the_same_results_make_the_same_bytes(tmp_path: Path) -> None:
    import_results(CAREFUL, tmp_path / "one")
    import_results(CAREFUL, tmp_path / "two")
    assert files_below(tmp_path / "one") == files_below(tmp_path / "two")


def test_what_is_there_already_is_kept_and_the_rest_added(tmp_path: Path) -> None:
    import_results(CAREFUL, tmp_path)
    (written,) = import_results(DATA / "lm_eval", tmp_path)
    assert (len(written.new), written.kept) == (8, 4)


def test_a_run_that_is_there_with_other_content_is_not_replaced(tmp_path: Path) -> None:
    import_results(CAREFUL, tmp_path)
    changed = tmp_path / "runs" / "lm_eval" / "lm_eval:task=sums,model=demo_careful" / "stats.json"
    changed.write_text("[]")
    before = files_below(tmp_path)
    with pytest.raises(SuiteError, match="there is such a run already, with other content"):
        import_results(DATA / "lm_eval", tmp_path)
    assert files_below(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_results_of_two_harnesses_are_written_together_or_not_at_all(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(CAREFUL, source / "lm_eval")
    records = unpack_records(tmp_path)
    shutil.copytree(records / "demo_category", source / "records")
    import_results(source / "lm_eval", tmp_path / "out")
    (changed,) = (tmp_path / "out").rglob("lm_eval:task=sums,*/stats.json")
    changed.write_text("[]")
    with pytest.raises(SuiteError, match="with other content"):
        import_results(source, tmp_path / "out")
    assert not list((tmp_path / "out").rglob("every_eval_ever:*"))
    shutil.rmtree(changed.parent)  # control: without the other run both are written
    written = import_results(source, tmp_path / "out")
    assert sorted((each.directory.name, len(each.new)) for each in written) == [
        ("every_eval_ever", 5),
        ("lm_eval", 1),
    ]


def test_two_results_of_one_task_and_model_are_refused(tmp_path: Path) -> None:
    source = Path(shutil.copytree(CAREFUL, tmp_path / "source"))
    for path in list(source.iterdir()):
        later = path.name.rpartition("_")[0] + "_2027-01-31T12-00-00" + path.suffix
        (source / later).write_bytes(path.read_bytes())
    with pytest.raises(SuiteError, match="it has the same task, model and settings as"):
        import_results(source, tmp_path / "out")
    assert not list((tmp_path / "out").rglob("*.json"))


def test_an_output_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(UsageError, match="can't be written"):
        import_results(CAREFUL, tmp_path / "out")


def test_a_long_or_foreign_name_makes_a_folder_of_its_own() -> None:
    names = ["m" * 400, "m" * 401, "\u00e9" * 200, "\u00e8" * 200]
    folders = [directory_name(name) for name in names]
    assert len(set(folders)) == len(names)
    assert all(len(folder.encode()) < 255 for folder in folders)
    assert json.loads(json.dumps(folders)) == folders
