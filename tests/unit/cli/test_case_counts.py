"""What the live view of cases says, from what has happened to them."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from runner.cli.case_counts import CaseCounts, Row
from runner.evaluation.input_changes import FIRST, SHUFFLED, InputChange
from runner.evaluation.task import CaseTask
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import SandboxPolicy


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counts(clock: Clock) -> CaseCounts:
    return CaseCounts(clock)


def task(image: str, case: str, change: InputChange = FIRST) -> CaseTask:
    made = Image(image, f"sha256:{image}")
    return CaseTask(made, "v1", Path(), "sha256:1", case, SandboxPolicy(), 1, change)


def names(rows: Sequence[Row]) -> list[str]:
    return [row.name for row in rows]


def test_a_row_counts_what_is_over_runs_and_failed(counts: CaseCounts) -> None:
    counts.expect("a", "v1", ["1", "2", "3"])
    counts.begin(task("a", "1"))
    counts.begin(task("a", "2"))
    counts.end(task("a", "1"), 5.0, failed=True)
    assert counts.rows(10) == [Row("a", over=1, cases=3, running=1, failed=1)]


def test_nothing_expected_has_no_row(counts: CaseCounts) -> None:
    assert counts.rows(10) == []


def test_the_last_row_is_over_all_images(counts: CaseCounts) -> None:
    counts.expect("a", "v1", ["1", "2"])
    counts.expect("b", "v1", ["1", "2"])
    counts.find("b", "v1", 1)
    counts.begin(task("a", "1"))
    assert counts.rows(10) == [
        Row("a", over=0, cases=2, running=1, failed=0),
        Row("b", over=1, cases=2, running=0, failed=0),
        Row("all", over=1, cases=4, running=1, failed=0),
    ]


def test_the_suite_is_named_only_where_there_are_several(counts: CaseCounts) -> None:
    counts.expect("a", "v1", ["1"])
    assert names(counts.rows(10)) == ["a"]
    counts.expect("a", "v2", ["1"])
    assert names(counts.rows(10)) == ["a on v1", "a on v2", "all"]


def test_further_runs_of_a_case_add_to_its_image(counts: CaseCounts) -> None:
    counts.expect("a", "v1", ["1"])
    counts.begin(task("a", "1"))
    assert counts.end(task("a", "1"), 1.0, failed=False) == "(1 of 1)"
    counts.expect("a", "v1", ["1"])
    counts.begin(task("a", "1", SHUFFLED))
    assert counts.rows(10) == [Row("a", over=1, cases=2, running=1, failed=0)]


def test_a_case_begun_again_runs_once(counts: CaseCounts) -> None:
    counts.expect("a", "v1", ["1", "2"])
    counts.begin(task("a", "1"))
    counts.begin(task("a", "1"))  # its node was lost
    assert counts.rows(10) == [Row("a", over=0, cases=2, running=1, failed=0)]


def test_a_case_that_could_not_be_run_is_over_and_failed(counts: CaseCounts) -> None:
    counts.expect("a", "v1", ["1", "2"])
    counts.begin(task("a", "1"))
    counts.end(task("a", "1"), None, failed=True)
    assert counts.rows(10) == [Row("a", over=1, cases=2, running=0, failed=1)]


def test_images_that_there_is_no_room_for_are_one_row(counts: CaseCounts) -> None:
    for number in range(300):
        counts.expect(f"image-{number}", "v1", ["1", "2"])
    counts.begin(task("image-7", "1"))
    counts.begin(task("image-200", "2"))
    counts.find("image-3", "v1", 2)
    assert counts.rows(24) == [
        Row("image-7", over=0, cases=2, running=1, failed=0),
        Row("image-200", over=0, cases=2, running=1, failed=0),
        Row("and 298 more", over=2, cases=596, running=0, failed=0),
        Row("all", over=2, cases=600, running=2, failed=0),
    ]


@pytest.mark.parametrize("most", range(2, 9))
def test_there_are_never_more_rows_than_there_is_room_for(counts: CaseCounts, most: int) -> None:
    for image in "abcdefgh":
        counts.expect(image, "v1", ["1"])
        counts.begin(task(image, "1"))
    rows = counts.rows(most)
    assert len(rows) == most
    assert sum(row.cases for row in rows[:-1]) == rows[-1].cases == 8
    assert sum(row.running for row in rows[:-1]) == rows[-1].running == 8


def test_all_images_are_shown_where_there_is_just_room_for_them(counts: CaseCounts) -> None:
    for image in "abcdefgh":
        counts.expect(image, "v1", ["1"])
    assert names(counts.rows(9)) == [*"abcdefgh", "all"]


@pytest.mark.parametrize("most", [1, 0, -3])
def test_with_no_room_for_two_rows_there_is_that_over_all(counts: CaseCounts, most: int) -> None:
    counts.expect("a", "v1", ["1"])
    counts.expect("b", "v1", ["1"])
    assert names(counts.rows(most)) == ["all"]


def test_no_time_is_told_before_a_case_has_ended(counts: CaseCounts, clock: Clock) -> None:
    counts.expect("a", "v1", ["1", "2"])
    counts.begin(task("a", "1"))
    clock.seconds = 100.0
    assert counts.rows(10)[0].seconds_left is None


def test_the_time_left_is_the_mean_of_what_ended_for_each_that_is_left(
    counts: CaseCounts, clock: Clock
) -> None:
    counts.expect("a", "v1", ["1", "2", "3", "4"])
    for case, seconds in [("1", 10.0), ("2", 30.0)]:
        counts.begin(task("a", case))
        clock.seconds += seconds
        counts.end(task("a", case), seconds, failed=False)
    counts.begin(task("a", "3"))
    clock.seconds += 5.0
    # One at a time, 20 s each: one of which 5 s are over, and a whole one.
    assert counts.rows(10)[0].seconds_left == pytest.approx(15.0 + 20.0)


def test_the_time_left_is_divided_by_how_many_run_at_a_time(
    counts: CaseCounts, clock: Clock
) -> None:
    counts.expect("a", "v1", [str(number) for number in range(8)])
    for case in "0123":
        counts.begin(task("a", case))
    clock.seconds = 10.0
    for case in "0123":
        counts.end(task("a", case), 10.0, failed=False)
    assert counts.rows(10)[0].seconds_left == pytest.approx(4 * 10.0 / 4)


def test_time_lost_between_cases_is_expected_again(counts: CaseCounts, clock: Clock) -> None:
    counts.expect("a", "v1", ["1", "2"])
    counts.begin(task("a", "1"))
    clock.seconds = 15.0  # of which its container took 10
    counts.end(task("a", "1"), 10.0, failed=False)
    assert counts.rows(10)[0].seconds_left == pytest.approx(15.0)


def test_a_case_that_another_image_has_had_is_expected_to_take_its_own_time(
    counts: CaseCounts, clock: Clock
) -> None:
    for image in "ab":
        counts.expect(image, "v1", ["long", "short"])
    for case, seconds in [("long", 90.0), ("short", 10.0)]:
        counts.begin(task("a", case))
        clock.seconds += seconds
        counts.end(task("a", case), seconds, failed=False)
    counts.begin(task("b", "long"))
    clock.seconds += 90.0
    counts.end(task("b", "long"), 90.0, failed=False)
    assert counts.rows(10)[-1].seconds_left == pytest.approx(10.0)  # not 63, the mean


def test_no_time_is_told_of_an_image_that_has_not_begun(counts: CaseCounts, clock: Clock) -> None:
    counts.expect("a", "v1", ["1", "2"])
    counts.expect("b", "v1", ["1"])
    counts.begin(task("a", "1"))
    clock.seconds = 10.0
    counts.end(task("a", "1"), 10.0, failed=False)
    assert [row.seconds_left for row in counts.rows(10)] == [10.0, None, 20.0]


def test_what_runs_alone_at_the_end_is_not_divided(counts: CaseCounts, clock: Clock) -> None:
    counts.expect("a", "v1", ["1", "2", "3"])
    counts.begin(task("a", "1"))
    counts.begin(task("a", "2"))
    clock.seconds = 60.0
    counts.end(task("a", "1"), 60.0, failed=False)
    counts.end(task("a", "2"), 60.0, failed=False)
    counts.begin(task("a", "3"))
    assert counts.rows(10)[0].seconds_left == pytest.approx(60.0)


def test_no_time_is_told_when_nothing_is_left_or_the_last_is_overdue(
    counts: CaseCounts, clock: Clock
) -> None:
    counts.expect("a", "v1", ["1", "2"])
    counts.begin(task("a", "1"))
    clock.seconds = 10.0
    counts.end(task("a", "1"), 10.0, failed=False)
    counts.begin(task("a", "2"))
    clock.seconds = 30.0
    assert counts.rows(10)[0].seconds_left is None
    counts.end(task("a", "2"), 20.0, failed=False)
    assert counts.rows(10)[0].seconds_left is None


def test_a_run_that_two_images_share_is_over_in_both(counts: CaseCounts, clock: Clock) -> None:
    for image in ("a:1", "a:2"):
        counts.expect(image, "v1", ["1"])
    counts.begin(task("a:1", "1"))
    clock.seconds = 10.0
    for image in ("a:1", "a:2"):
        counts.end(task(image, "1"), 10.0, failed=False)
    assert counts.rows(10)[-1] == Row("all", over=2, cases=2, running=0, failed=0)
