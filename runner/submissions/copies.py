"""Submissions that score like an earlier one of another submitter.

A pull request says which image it is about, so that anyone may submit the same, or one that is made
from it, and share its rank. Whether that is a copy is for the organizer to decide: two teams may
submit the same published baseline.
"""

import math
from collections.abc import Sequence

from runner.files.submitter_names import identity
from runner.submissions.entries import Attempt, Scored

TOLERANCE = 1e-6
"""Of a score. Predictors of two teams differ by far more, also without a group of runs."""


def find_originals(attempts: Sequence[Attempt]) -> dict[str, Attempt]:
    """Return, by the ID of an attempt, the first one of another submitter that scored alike.

    Args:
        attempts: in the order in which they began.
    """
    found = {}
    scored: list[tuple[Attempt, Scored]] = []
    for each in attempts:
        if isinstance(each.ended, Scored):
            ended = each.ended
            alike = (one for one, before in scored if _are_alike(before, ended))
            original = next((one for one in alike if _is_of_another(one, each)), None)
            if original is not None:
                found[each.began.id] = original
            scored.append((each, ended))
    return found


def _are_alike(one: Scored, other: Scored) -> bool:
    pairs = zip((one.value, *one.left_out), (other.value, *other.left_out), strict=False)
    return all(math.isclose(*pair, abs_tol=TOLERANCE) for pair in pairs)


def _is_of_another(one: Attempt, other: Attempt) -> bool:
    """Return whether they are of two submitters, on one suite."""
    first, second = one.began.submission, other.began.submission
    is_same = identity(first.submitter) == identity(second.submitter)
    return first.suite == second.suite and not is_same
