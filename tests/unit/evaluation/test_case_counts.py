"""What the live view of cases says, from what has happened to them."""

import pytest

from runner.evaluation.case_counts import CaseCounts
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
    return CaseTask(made, "v1", "sha256:1", case, case, SandboxPolicy(), 1, change)


Row = tuple[str, int, int, int, int]


def rows(counts: CaseCounts, most: int = 10) -> list[Row]:
    """Return of each line its name, how many are over, of how many, and that run and failed."""
    return [
        (row.name, row.count.over, row.count.cases, len(row.count.running), row.count.failed)
        for row in counts.rows(most)
    ]


def names(counts: CaseCounts, most: int = 10) -> list[str]:
    return [row.name for row in counts.rows(most)]


def seconds_left(counts: CaseCounts) -> list[float | None]:
    return [row.count.seconds_left(counts.clock()) for row in counts.rows(10)]


def run(counts: CaseCounts, clock: Clock, case: str, seconds: float, image: str = "a") -> None:
    """Run a case while the clock goes on."""
    counts.begin(task(image, case))
    clock.seconds += seconds
    counts.end(task(image, case), failed=False)


def test_a_line_counts_what_is_over_runs_and_failed(counts: CaseCounts) -> None:
    counts.expect("a", "v1", 3)
    counts.begin(task("a", "1"))
    counts.begin(task("a", "2"))
    counts.end(task("a", "1"), failed=True)
    assert rows(counts) == [("a", 1, 3, 1, 1)]


def test_nothing_expected_has_no_line(counts: CaseCounts) -> None:
    assert rows(counts) == []


def test_the_last_line_is_over_all_images(counts: CaseCounts) -> None:
    counts.expect("a", "v1", 2)
    counts.expect("b", "v1", 2)
    counts.find("b", "v1", 1)
    counts.begin(task("a", "1"))
    assert rows(counts) == [("a", 0, 2, 1, 0), ("b", 1, 2, 0, 0), ("all", 1, 4, 1, 0)]


def test_the_suite_is_named_only_where_there_are_several(counts: CaseCounts) -> None:
    counts.expect("a", "v1", 1)
    assert names(counts) == ["a"]
    counts.expect("a", "v2", 1)
    assert names(counts) == ["a on v1", "a on v2", "all"]


def test_further_runs_of_a_case_add_to_its_image(counts: CaseCounts) -> None:
    counts.expect("a", "v1", 1)
    counts.begin(task("a", "1"))
    assert counts.end(task("a", "1"), failed=False) == "(1 of 1)"
    counts.expect("a", "v1", 1)
    counts.begin(task("a", "1", SHUFFLED))
    assert rows(counts) == [("a", 1, 2, 1, 0)]


def test_a_case_begun_again_runs_once(counts: CaseCounts) -> None:
    counts.expect("a", "v1", 2)
    counts.begin(task("a", "1"))
    counts.begin(task("a", "1"))  # its node was lost
    assert rows(counts) == [("a", 0, 2, 1, 0)]


def test_a_run_that_two_images_share_is_over_in_both(counts: CaseCounts, clock: Clock) -> None:
    for image in ("a:1", "a:2"):
        counts.expect(image, "v1", 1)
    run(counts, clock, "1", 10.0, image="a:1")
    counts.end(task("a:2", "1"), failed=False)
    assert rows(counts)[-1] == ("all", 2, 2, 0, 0)


def test_images_that_there_is_no_room_for_are_one_line(counts: CaseCounts) -> None:
    for number in range(300):
        counts.expect(f"image-{number}", "v1", 2)
    counts.begin(task("image-7", "1"))
    counts.begin(task("image-200", "2"))
    counts.find("image-3", "v1", 2)
    assert rows(counts, most=24) == [
        ("image-3", 2, 2, 0, 0),
        ("image-7", 0, 2, 1, 0),
        ("image-200", 0, 2, 1, 0),
        ("and 297 more", 0, 594, 0, 0),
        ("all", 2, 600, 2, 0),
    ]


def test_where_there_is_little_room_the_last_to_end_keep_half_of_it(
    counts: CaseCounts, clock: Clock
) -> None:
    for image in "abcdefgh":
        counts.expect(image, "v1", 1)
    for image in "bad":
        run(counts, clock, "1", 10.0, image)
    for image in "cefgh":
        counts.begin(task(image, "1"))
    assert names(counts, most=6) == ["a", "c", "d", "e", "and 4 more", "all"]


@pytest.mark.parametrize("most", range(2, 9))
def test_there_are_never_more_lines_than_there_is_room_for(counts: CaseCounts, most: int) -> None:
    for image in "abcdefgh":
        counts.expect(image, "v1", 1)
        counts.begin(task(image, "1"))
    *images, (_, _, cases, running, _) = rows(counts, most)
    assert len(images) == most - 1
    assert sum(row[2] for row in images) == cases == 8
    assert sum(row[3] for row in images) == running == 8


def test_all_images_are_shown_where_there_is_just_room_for_them(counts: CaseCounts) -> None:
    for image in "abcdefgh":
        counts.expect(image, "v1", 1)
    assert names(counts, most=9) == [*"abcdefgh", "all"]


@pytest.mark.parametrize("most", [1, 0, -3])
def test_with_no_room_for_two_lines_there_is_that_over_all(counts: CaseCounts, most: int) -> None:
    counts.expect("a", "v1", 1)
    counts.expect("b", "v1", 1)
    assert names(counts, most) == ["all"]


def test_no_time_is_told_before_a_case_has_ended(counts: CaseCounts, clock: Clock) -> None:
    counts.expect("a", "v1", 2)
    counts.begin(task("a", "1"))
    clock.seconds = 100.0
    assert seconds_left(counts) == [None]


def test_cases_are_expected_to_end_as_often_as_they_did(counts: CaseCounts, clock: Clock) -> None:
    counts.expect("a", "v1", 5)
    counts.find("a", "v1", 1)  # takes no time
    run(counts, clock, "1", 10.0)
    run(counts, clock, "2", 30.0)
    assert seconds_left(counts) == [2 * 20.0]
    clock.seconds += 5.0
    assert seconds_left(counts) == [2 * 20.0 - 5.0]


def test_cases_that_run_at_the_same_time_take_no_longer_than_one(
    counts: CaseCounts, clock: Clock
) -> None:
    counts.expect("a", "v1", 8)
    for case in "0123":
        counts.begin(task("a", case))
    clock.seconds = 10.0
    for case in "0123":
        counts.end(task("a", case), failed=False)
    assert seconds_left(counts) == [10.0]


def test_no_time_is_told_of_an_image_that_has_not_begun(counts: CaseCounts, clock: Clock) -> None:
    counts.expect("a", "v1", 2)
    counts.expect("b", "v1", 1)
    run(counts, clock, "1", 10.0)
    assert seconds_left(counts) == [10.0, None, 20.0]


def test_no_time_is_told_when_nothing_is_left_or_the_last_is_overdue(
    counts: CaseCounts, clock: Clock
) -> None:
    counts.expect("a", "v1", 2)
    run(counts, clock, "1", 10.0)
    counts.begin(task("a", "2"))
    clock.seconds += 20.0
    assert seconds_left(counts) == [None]
    counts.end(task("a", "2"), failed=False)
    assert seconds_left(counts) == [None]
