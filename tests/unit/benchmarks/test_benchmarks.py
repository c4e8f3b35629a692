import time
from pathlib import Path

import pytest

from benchmarks.cluster import NODES, cpus_of_a_case
from benchmarks.copies import copy_runs, copy_with_distinct_stats
from benchmarks.measurement import compare_in_turns, fastest, run_measured
from benchmarks.scoring import measure_scoring
from runner.helm_outputs import RUN_FILES, STATS, find_runs, read_run
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


def test_a_command_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="ended with 3: no such suite"):
        run_measured(["sh", "-c", "echo no such suite; exit 3"], tmp_path / "log")


def test_a_command_is_measured_with_its_peak_of_memory(tmp_path: Path) -> None:
    allocate = "import time; b = bytearray(300_000_000); time.sleep(0.1)"
    seconds, peak_mb = run_measured(["python3", "-c", allocate], tmp_path / "log")
    assert seconds > 0.1
    assert 286 < peak_mb < 400


def test_contenders_take_turns() -> None:
    turns: list[str] = []
    fastest({"one": lambda: turns.append("one"), "other": lambda: turns.append("other")}, 2)
    assert turns == ["one", "other", "one", "other"]


def test_a_ratio_is_the_median_over_rounds_without_the_first() -> None:
    pauses = iter([0.3, 0.0, 0.01, 0.03, 0.01, 0.03, 0.03, 0.03])
    rows = compare_in_turns(
        {"one": lambda: time.sleep(next(pauses)), "other": lambda: time.sleep(next(pauses))}, 3
    )
    assert [row.ratio for row in rows] == [1, pytest.approx(3, rel=0.5)]


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


def test_scoring_is_measured_against_a_merge_of_the_same_targets() -> None:
    merge, *others = measure_scoring(1000, 1000, rounds=1)
    assert merge.ratio == 1
    assert all(row.seconds > 0 for row in others)
    assert [row.ratio is None for row in others] == [False, False, True]


@pytest.mark.parametrize(("cores", "cpus"), [(2, 0.6), (3, 1.0), (64, 1.0)])
def test_a_machine_has_room_for_as_many_cases_as_the_benchmarks_cluster(
    cores: int, cpus: float
) -> None:
    assert cpus_of_a_case(cores) == cpus
    assert NODES * cpus <= cores
