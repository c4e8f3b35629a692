"""Batches simulated by the code that decides what runs next; small ones are worked by hand."""

import pytest

from benchmarks.scale import Costs, costs_table, duration, size, times_table
from benchmarks.simulation import Machines, simulate_batch

EQUAL = {"a": [2.0], "b": [2.0]}
COSTS = Costs(EQUAL, head_seconds=0.1, kept_bytes=1e5, entry_seconds=0.01, pair_seconds=0.001)


def test_equal_cases_fill_the_slots_in_waves() -> None:
    found = simulate_batch(3, EQUAL, Machines(1, 2))
    assert found.seconds == 6  # 6 cases, 2 at a time, 2 s each
    assert found.busy == 1
    assert found.pulls == 3  # one node gets each image once


def test_the_longest_case_is_begun_first_so_that_it_is_not_the_last() -> None:
    cases = {"short": [1.0], "also short": [1.0], "long": [2.0]}
    assert simulate_batch(1, cases, Machines(1, 2)).seconds == 2  # else 3


def test_more_slots_than_cases_are_idle() -> None:
    found = simulate_batch(1, EQUAL, Machines(2, 2))
    assert found.seconds == 2
    assert found.busy == 0.5


def test_an_image_is_fetched_by_each_node_that_runs_a_case_of_it() -> None:
    assert simulate_batch(1, EQUAL, Machines(2, 1)).pulls == 2
    assert simulate_batch(1, EQUAL, Machines(1, 2)).pulls == 1


def test_a_simulation_is_the_same_each_time() -> None:
    cases = {"a": [1.0, 2.0, 3.0], "b": [2.0, 5.0]}
    first = simulate_batch(20, cases, Machines(2, 3))
    assert simulate_batch(20, cases, Machines(2, 3)) == first


def test_the_tables_have_a_line_for_each_batch() -> None:
    times = times_table(COSTS, [1, 10], [Machines(1, 2), Machines(2, 2)]).splitlines()
    assert len(times) == 2 + 4
    assert times[2] == "| 1 | 1 x 2 | 2 s | 100% | 1 | 50 MB |"
    costs = costs_table(COSTS, [10]).splitlines()
    assert costs[2] == "| 10 | 20 | 40 s | 2 s | 2 MB | 0.145 s |"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.5, "0.5 s"), (99, "99 s"), (600, "10 min"), (36_000, "10 h"), (864_000, "10 days")],
)
def test_durations_are_easily_read(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(("bytes_", "text"), [(5e6, "5 MB"), (2e10, "20 GB"), (3e12, "3 TB")])
def test_sizes_are_easily_read(bytes_: float, text: str) -> None:
    assert size(bytes_) == text
