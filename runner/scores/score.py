"""A score, as a value."""

from dataclasses import dataclass

LEVEL = 0.95
"""How often an interval holds the value, and all ranks of a leaderboard together are right."""


@dataclass(frozen=True)
class Score:
    """A metric of one group of targets.

    Attributes:
        category: the column that makes the groups, or None over the suite.
        group: the column's value as text, None for the targets that have none.
        value: None if it can't be computed, and ``reason`` says why.
        low, high: the interval; None if there is none, and ``note`` says why. A note beside an
            interval warns of a weakness.
        targets: how many have an error, and so count in the value; copies of others don't.
        missing: how many have no prediction; they count only if the policy gives them an error.
        runs: how many have a target that counts.
        scenarios, models: of how many the runs are. The interval says how much the value would
            differ for other scenarios and models like these.
    """

    category: str | None
    group: str | None
    metric: str
    value: float | None
    reason: str | None
    low: float | None
    high: float | None
    note: str | None
    targets: int
    missing: int
    runs: int
    scenarios: int
    models: int
