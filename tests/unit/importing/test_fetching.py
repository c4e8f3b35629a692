"""On a store of fsspec with the layout of HELM's public bucket."""

from pathlib import Path

import pytest

from runner.errors import SuiteError, UsageError
from runner.files.remote_folders import RemoteFolder
from runner.helm_outputs.runs import find_runs
from runner.importing.fetching import fetch_runs, list_projects, list_runs, list_versions
from tests.helm_builder import run_files, write_run
from tests.suite_builder import Said

RUNS = ("quiz:subject=a,model=x_y", "quiz:subject=b,model=x_y", "other:subject=a[1],model=x_y")


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    for version in ("v1.0.0", "v1.1.0"):
        folder = tmp_path / "bucket" / "lite" / "benchmark_output" / "runs" / version
        for name in RUNS:
            write_run(folder, name)
        (folder / "groups").mkdir()
        (folder / "runs.json").write_text("[]")
    (tmp_path / "bucket" / "classic").mkdir()
    return tmp_path / "bucket"


def source(bucket: Path) -> RemoteFolder:
    return RemoteFolder(f"file://{bucket}")


def test_projects_versions_and_runs_are_listed(bucket: Path) -> None:
    assert list_projects(source(bucket)) == ["classic", "lite"]
    assert list_versions(source(bucket), "lite") == ["v1.0.0", "v1.1.0"]
    assert list_runs(source(bucket), "lite", "v1.0.0") == sorted(RUNS)


def test_brackets_in_a_pattern_are_themselves(bucket: Path) -> None:
    assert list_runs(source(bucket), "lite", "v1.0.0", "*a[1]*") == [RUNS[2]]


def test_the_runs_that_match_are_fetched_as_they_are(bucket: Path, tmp_path: Path) -> None:
    fetched = fetch_runs(source(bucket), "lite", "v1.0.0", "quiz:*", tmp_path / "out")
    assert fetched.new == RUNS[:2]
    assert [run.name for run in find_runs(tmp_path / "out")] == list(RUNS[:2])
    for path in (tmp_path / "out").rglob("*.json"):
        original = bucket / "lite" / "benchmark_output" / path.relative_to(tmp_path / "out")
        assert path.read_bytes() == original.read_bytes()
    sizes = sum(path.stat().st_size for path in (tmp_path / "out").rglob("*.json"))
    assert fetched.bytes == sizes


def test_what_is_there_is_kept_and_the_rest_fetched(bucket: Path, tmp_path: Path) -> None:
    fetch_runs(source(bucket), "lite", "v1.0.0", RUNS[0], tmp_path / "out")
    again = fetch_runs(source(bucket), "lite", "v1.0.0", "*", tmp_path / "out")
    assert (set(again.new), again.kept) == ({RUNS[1], RUNS[2]}, 1)


def test_after_an_interruption_no_run_is_there_in_part_and_the_same_call_continues(
    bucket: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, calls = RemoteFolder.copy, []

    def break_off(folder: RemoteFolder, files: dict[Path, object]) -> None:
        calls.append(files)
        if len(calls) == 2:
            next(iter(files)).write_text("{")
            raise KeyboardInterrupt
        copy(folder, files)  # type: ignore[arg-type]

    monkeypatch.setattr(RemoteFolder, "copy", break_off)
    with pytest.raises(KeyboardInterrupt):
        fetch_runs(source(bucket), "lite", "v1.0.0", "*", tmp_path / "out")
    left = list((tmp_path / "out" / "runs" / "v1.0.0").iterdir())
    assert [path.name for path in left] == [RUNS[2]]
    monkeypatch.undo()
    assert fetch_runs(source(bucket), "lite", "v1.0.0", "*", tmp_path / "out").kept == 1
    assert len(find_runs(tmp_path / "out")) == 3


def test_a_run_that_is_there_with_other_content_is_not_replaced(
    bucket: Path, tmp_path: Path
) -> None:
    fetch_runs(source(bucket), "lite", "v1.0.0", RUNS[0], tmp_path / "out")
    stats = tmp_path / "out" / "runs" / "v1.0.0" / RUNS[0] / "stats.json"
    stats.write_text("[]")
    with pytest.raises(SuiteError, match=r"stats\.json: it is not the file that the store lists"):
        fetch_runs(source(bucket), "lite", "v1.0.0", RUNS[0], tmp_path / "out")
    assert stats.read_text() == "[]"


def test_a_run_that_lacks_a_file_is_fetched_with_a_warning(bucket: Path, tmp_path: Path) -> None:
    runs = bucket / "lite" / "benchmark_output" / "runs" / "v1.0.0"
    (runs / RUNS[0] / "per_instance_stats.json").unlink()
    (runs / RUNS[1] / "run_spec.json").unlink()
    said = Said()
    fetched = fetch_runs(source(bucket), "lite", "v1.0.0", "quiz:*", tmp_path / "out", said)
    assert (fetched.new, fetched.kept) == ((RUNS[0],), 0)
    assert any("has no per_instance_stats.json" in line for line in said.lines)
    assert any("left out, as it has no run_spec.json" in line for line in said.lines)


def test_a_pattern_without_a_match_is_told(bucket: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"lite v1\.0\.0 has no run 'none:\*'\. Without --runs"):
        fetch_runs(source(bucket), "lite", "v1.0.0", "none:*", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_only_what_helm_run_wrote_is_fetched(bucket: Path, tmp_path: Path) -> None:
    folder = bucket / "lite" / "benchmark_output" / "runs" / "v1.0.0" / RUNS[0]
    (folder / "display_predictions.json").write_text("[]")
    fetch_runs(source(bucket), "lite", "v1.0.0", RUNS[0], tmp_path / "out")
    fetched = {path.name for path in (tmp_path / "out").rglob("*.json")}
    assert fetched == set(run_files("a:b=c"))


def test_an_output_that_cannot_be_written_is_told(bucket: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(UsageError, match="can't be written"):
        fetch_runs(source(bucket), "lite", "v1.0.0", "*", tmp_path / "out")


@pytest.mark.parametrize(("project", "version"), [("..", "v1.0.0"), ("lite", "a/../.."), ("", "")])
def test_a_path_is_no_name_of_a_project_or_a_version(
    bucket: Path, tmp_path: Path, project: str, version: str
) -> None:
    with pytest.raises(UsageError, match="no name of a project or a version"):
        fetch_runs(source(bucket), project, version, "*", tmp_path / "out")
    assert not (tmp_path / "out").exists()
