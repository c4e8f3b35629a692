"""Copies of another team's predictor, found by their exact scores."""

import pytest

from runner.submissions.copies import find_originals
from runner.submissions.entries import Attempt, Began, Released, Scored
from tests.unit.submissions.builder import NOON, submission


def attempt(
    name: str, submitter: str, value: float = 0.2, *left_out: float, suite: str = "s"
) -> Attempt:
    asked = submission(f"sha256:{name}", submitter, suite)
    began = Began(id=name, at=NOON, reference=name, submission=asked)
    return Attempt(began, Scored(id=name, at=NOON, value=value, left_out=left_out, published=0.3))


FIRST = attempt("1", "team-a", 0.2, 0.19, 0.21)


@pytest.mark.parametrize(
    "copy",
    [
        attempt("2", "team-b", 0.2, 0.19, 0.21),
        attempt("2", "team-b", 0.2 + 1e-8, 0.19, 0.21 - 1e-8),
    ],
)
def test_what_scores_alike_on_every_part_is_told_with_the_first_that_did(copy: Attempt) -> None:
    later = attempt("3", "team-c", 0.2, 0.19, 0.21)
    assert find_originals([FIRST, copy, later]) == {"2": FIRST, "3": FIRST}


@pytest.mark.parametrize(
    "other",
    [
        attempt("2", "team-b", 0.2, 0.18, 0.22),
        attempt("2", "team-b", 0.2001, 0.1901, 0.2101),
        attempt("2", "Team A", 0.2, 0.19, 0.21),
        attempt("2", "team-b", 0.2, 0.19, 0.21, suite="another"),
        Attempt(attempt("2", "team-b").began, Released(id="2", at=NOON, reason="failed")),
        Attempt(attempt("2", "team-b").began, None),
    ],
)
def test_another_score_the_same_submitter_and_another_suite_are_no_copy(other: Attempt) -> None:
    assert find_originals([FIRST, other]) == {}
