"""A ledger and its clock."""

from pathlib import Path

import pytest

from runner.submissions.ledger import Ledger
from runner.submissions.rules import Rules
from tests.unit.submissions.builder import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Ledger:
    """Return a ledger of two evaluations a day, with a step of 0.1."""
    made = Ledger(tmp_path / "ledger", clock)
    made.create(Rules(evaluations=2, period_hours=24, step=0.1, seed="s"))
    return made
