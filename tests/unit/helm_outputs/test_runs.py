"""HELM's run directories are found wherever they are, and named if they are not whole."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import SuiteError
from runner.helm_outputs.frames import read_run
from runner.helm_outputs.runs import RUN_FILES, find_partial_runs, find_runs
from tests.helm_builder import run_files, write_run, write_suite


@pytest.mark.parametrize("level", ["", "benchmark_output", "benchmark_output/runs"])
def test_runs_are_found_from_every_level_above_the_suite(tmp_path: Path, level: str) -> None:
    write_suite(tmp_path, runs=3)
    assert len(find_runs(tmp_path / level)) == 3


def test_a_suite_a_run_and_a_glob_of_runs_are_sources_too(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, runs=3)
    assert len(find_runs(suite)) == 3
    assert len(find_runs(find_runs(suite)[0].path)) == 1
    assert len(find_runs(str(suite / "*subject=[01]*"))) == 2


def test_runs_are_ordered_by_path_whatever_the_order_of_creation(tmp_path: Path) -> None:
    for name in ("c:x=1", "a:x=1", "b:x=1"):
        write_run(tmp_path, name)
    assert [run.name for run in find_runs(tmp_path)] == ["a:x=1", "b:x=1", "c:x=1"]


def test_the_name_is_the_run_specs_not_the_directorys(tmp_path: Path) -> None:
    write_run(tmp_path, "demo:model=a/b")
    assert find_runs(tmp_path)[0].path.name == "demo:model=a_b"
    assert find_runs(tmp_path)[0].name == "demo:model=a/b"


def test_the_latest_link_of_older_helm_is_not_a_second_suite(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, runs=2)
    (suite.parent / "latest").symlink_to(suite)
    assert len(find_runs(tmp_path)) == 2


def test_a_missing_source_is_named(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="nowhere: no such file"):
        find_runs(tmp_path / "nowhere")


def test_a_source_without_runs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="holds no HELM run"):
        find_runs(tmp_path)


@pytest.mark.parametrize("file_name", [name for name in RUN_FILES if name != "run_spec.json"])
def test_a_run_without_one_of_its_files_is_refused_by_name(tmp_path: Path, file_name: str) -> None:
    suite = write_suite(tmp_path)
    (find_runs(suite)[2].path / file_name).unlink()
    with pytest.raises(SuiteError, match=rf"subject=2.*{file_name}: no such file \(1 missing"):
        find_runs(suite)


def test_two_runs_of_one_name_are_refused(tmp_path: Path) -> None:
    write_suite(tmp_path, "v1", runs=1)
    write_suite(tmp_path, "v2", runs=1)
    with pytest.raises(SuiteError, match=r"v2.*same run_spec\.name as .*v1"):
        find_runs(tmp_path)


@pytest.mark.parametrize(
    ("name", "directory"),
    [
        ("mmlu:subject=a,model=org/m", "mmlu:subject=a,model=org_m"),
        ("mmlu:subject=a,model=m", "mmlu_subject=a,model=m"),
        ("boolq,data_augmentation=canonical:model=m", "boolq,data_augmentation=canonical:model=m"),
        ("civil comments:demographic=all,category=None", "any folder at all"),
    ],
)
def test_a_directory_may_be_named_in_any_way(tmp_path: Path, name: str, directory: str) -> None:
    write_run(tmp_path, directory, run_files(name))
    run = find_runs(tmp_path)[0]
    assert (run.path.name, run.name) == (directory, name)
    assert read_run(run).stats["run_spec.name"].unique().to_list() == [name]


@pytest.mark.parametrize("file_name", RUN_FILES[1:])
def test_a_partial_run_is_used_for_what_it_has_with_a_warning(
    tmp_path: Path, file_name: str
) -> None:
    suite = write_suite(tmp_path, runs=2)
    lacking = find_runs(suite)[1].path
    (lacking / file_name).unlink()
    found = find_partial_runs(suite)
    assert found.warnings == (f"{lacking}: has no {file_name}; the run is used for what it has",)
    assert file_name not in found.runs[1].files
    frames = read_run(found.runs[1])
    heights = {
        "scenario_state.json": frames.scenario_states.height,
        "stats.json": frames.stats.height,
        "per_instance_stats.json": frames.per_instance_stats.height,
    }
    assert [name for name, height in heights.items() if not height] == [file_name]
    assert frames.run_specs.height == 1


def test_complete_runs_have_no_warning(tmp_path: Path) -> None:
    found = find_partial_runs(write_suite(tmp_path, runs=2))
    assert found.warnings == ()
    assert [run.files for run in found.runs] == [RUN_FILES] * 2


def test_a_folder_with_stats_but_no_run_spec_is_refused_by_name(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, runs=2)
    (find_runs(suite)[0].path / "run_spec.json").unlink()
    with pytest.raises(SuiteError, match=r"subject=0.*run_spec\.json: no such file"):
        find_runs(suite)


def test_a_folder_with_stats_but_no_run_spec_is_left_out_with_a_warning(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, runs=2)
    nameless = find_runs(suite)[0].path
    (nameless / "run_spec.json").unlink()
    found = find_partial_runs(suite)
    assert [run.name for run in found.runs] == ["demo:subject=1,model=demo/model"]
    assert len(found.warnings) == 1
    assert f"{nameless}: left out, as it has no run_spec.json" in found.warnings[0]


def test_folders_of_summaries_are_no_runs(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, runs=2)
    (suite / "groups").mkdir()
    (suite / "groups" / "core_scenarios.json").write_text("[]")
    (suite / "runs.json").write_text("[]")
    assert len(find_runs(suite)) == 2
    assert find_partial_runs(suite).warnings == ()


def test_a_source_in_which_no_run_has_a_name_is_refused(tmp_path: Path) -> None:
    (write_run(tmp_path, "a:x=1") / "run_spec.json").unlink()
    with pytest.raises(SuiteError, match=r"no run there has a run_spec\.json"):
        find_partial_runs(tmp_path)


@pytest.mark.parametrize("file_name", RUN_FILES)
def test_a_compressed_file_is_refused_by_name(tmp_path: Path, file_name: str) -> None:
    path = write_run(tmp_path, "a:x=1") / file_name
    path.with_name(f"{file_name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    for find in (find_runs, find_partial_runs):
        with pytest.raises(SuiteError, match=rf"{file_name}\.gz: compressed files are not read"):
            find(tmp_path)


def test_a_compressed_copy_beside_the_file_is_left_alone(tmp_path: Path) -> None:
    path = write_run(tmp_path, "a:x=1") / "stats.json"
    path.with_name("stats.json.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert len(find_runs(tmp_path)) == 1


def test_a_glob_that_matches_a_suite_and_the_link_latest_finds_its_runs_once(
    tmp_path: Path,
) -> None:
    suite = write_suite(tmp_path, runs=2)
    (suite.parent / "latest").symlink_to(suite)
    assert len(find_runs(f"{suite.parent}/*")) == 2
    assert len(find_runs(suite.parent / "latest")) == 2


def test_links_to_runs_and_suites_are_followed_and_each_run_is_found_once(tmp_path: Path) -> None:
    suite = write_suite(tmp_path / "elsewhere", runs=3)
    linked = tmp_path / "benchmark_output" / "runs" / "v1"
    linked.mkdir(parents=True)
    for path in suite.iterdir():
        (linked / path.name).symlink_to(path)
    (linked.parent / "v2").symlink_to(suite)
    (linked / "around").symlink_to(linked.parent)
    (linked.parent / "latest").symlink_to(tmp_path / "gone")
    assert len(find_runs(tmp_path / "benchmark_output")) == 3


@pytest.mark.parametrize("file_name", RUN_FILES[1:])
@pytest.mark.parametrize("is_hard", [False, True], ids=["a link", "a hard link"])
def test_a_file_of_one_run_that_is_the_file_of_another_is_refused(
    tmp_path: Path, file_name: str, is_hard: bool
) -> None:
    """Its author need not know the results that it shows of another model, only the run's name."""
    suite = write_suite(tmp_path, runs=2)
    first, second = sorted(suite.iterdir())
    content = (second / file_name).read_bytes()
    (second / file_name).unlink()
    (second / file_name).write_bytes(content)
    assert len(find_runs(suite)) == 2  # the control
    (second / file_name).unlink()
    if is_hard:
        (second / file_name).hardlink_to(first / file_name)
    else:
        (second / file_name).symlink_to(f"../{first.name}/{file_name}")
    for find in (find_runs, find_partial_runs):
        with pytest.raises(SuiteError, match=f"{file_name}: the same file as .*{file_name}, by a"):
            find(suite)


def test_links_of_a_cache_to_files_of_its_own_and_to_one_without_a_result_are_followed(
    tmp_path: Path,
) -> None:
    suite = write_suite(tmp_path, runs=2)
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / "none").write_text("[]")
    for number, run in enumerate(suite.iterdir()):
        blob = (run / "stats.json").rename(tmp_path / "blobs" / str(number))
        (run / "stats.json").symlink_to(blob)
        (run / "per_instance_stats.json").unlink()
        (run / "per_instance_stats.json").symlink_to(tmp_path / "blobs" / "none")
    assert len(find_runs(suite)) == 2


def test_a_link_to_nowhere_where_a_run_should_be_is_named(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, runs=2)
    (suite / "demo:subject=7").symlink_to(tmp_path / "gone")
    with pytest.raises(SuiteError, match="demo:subject=7: a link to nowhere"):
        find_runs(tmp_path)


def make_link(path: Path) -> None:
    path.symlink_to("/nowhere")


@pytest.mark.parametrize(
    ("make", "what"),
    [(make_link, "a link to nowhere"), (Path.mkdir, "a folder"), (os.mkfifo, "no file")],
)
def test_what_is_no_file_in_a_files_place_is_named(
    tmp_path: Path, make: Callable[[Path], None], what: str
) -> None:
    path = find_runs(write_suite(tmp_path, runs=2))[0].path / "stats.json"
    path.unlink()
    make(path)
    for find in (find_runs, find_partial_runs):
        with pytest.raises(SuiteError, match=rf"subject=0.*stats\.json: {what}"):
            find(tmp_path)


def test_a_packed_run_is_refused_and_another_archive_left_alone(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, runs=2)
    (suite / "plots.zip").write_bytes(b"")
    assert len(find_runs(tmp_path)) == 2
    (suite / "demo:subject=7.zip").write_bytes(b"")
    with pytest.raises(SuiteError, match=r"subject=7\.zip: a packed run is not read"):
        find_runs(tmp_path)


def test_a_folder_whose_name_looks_like_a_glob_is_that_folder(tmp_path: Path) -> None:
    write_suite(tmp_path / "exp[1]", runs=2)
    write_suite(tmp_path / "exp1", runs=3)
    assert len(find_runs(tmp_path / "exp[1]")) == 2
    assert len(find_runs(f"{tmp_path}/exp[1]/benchmark_output/runs/*/demo*")) == 2
    assert len(find_runs(f"{tmp_path}/exp[12]/benchmark_output")) == 3
