from pathlib import Path

from benchmarks.copies import copy_runs, copy_with_distinct_stats
from runner.helm_outputs.frames import read_run
from runner.helm_outputs.runs import RUN_FILES, STATS, find_runs
from tests.helm_builder import write_run, write_suite


def test_copies_are_runs_of_new_names_with_the_same_stats(tmp_path: Path) -> None:
    runs = find_runs(write_suite(tmp_path / "given", runs=2))
    copy_runs(runs, 5, tmp_path / "copied")
    copies = find_runs(tmp_path / "copied")
    assert sorted(run.name.partition(",copy=")[2] for run in copies) == ["", "", "1", "1", "2"]
    twice = [run for run in copies if run.name.startswith(runs[0].name)]
    means = [read_run(run).stats["stats.mean"].to_list() for run in [runs[0], *twice]]
    assert means == [means[0]] * 4


def test_copies_leave_the_given_runs_as_they_are(tmp_path: Path) -> None:
    runs = find_runs(write_suite(tmp_path / "given", runs=1))
    before = [(runs[0].path / name).read_bytes() for name in RUN_FILES]
    copy_runs(runs, 3, tmp_path / "copied")
    assert [(runs[0].path / name).read_bytes() for name in RUN_FILES] == before


def test_copies_with_distinct_stats_have_no_two_alike(tmp_path: Path) -> None:
    for name in ("a:x=1", "b:x=1"):
        path = write_run(tmp_path / "given", name)
        before = (path / STATS).read_text()
    copy_with_distinct_stats(find_runs(tmp_path / "given"), tmp_path / "copied")
    frames = [read_run(run) for run in find_runs(tmp_path / "copied")]
    sums = [each for of_run in frames for each in of_run.stats["stats.sum"].to_list()]
    for of_run in frames:
        sums += of_run.per_instance_stats["per_instance_stats.stats.sum"].to_list()
    assert len(sums) == len(set(sums)) > 4
    assert (path / STATS).read_text() == before
