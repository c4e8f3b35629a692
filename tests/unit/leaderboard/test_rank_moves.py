from pathlib import Path

from runner.contract.stat import Stat
from runner.leaderboard.rank_moves import rank_moves
from runner.reports.report import Report, SuiteRecord
from tests.unit.reports.builder import NAME, make_report

A, B = Path("a"), Path("b")


def report(image: str, predicted: float, version: str = "1") -> Report:
    """Return a report whose one actual is 0.5."""
    stat = Stat(NAME, count=1, mean=predicted)
    found = make_report(f"sha256:{image}", stat)
    suite = SuiteRecord(name="v", version=version, digest=f"sha256:{version}", choices={})
    reference = found.image.model_copy(update={"reference": image})
    return found.model_copy(update={"image": reference, "suite": suite})


def test_ranks_and_scores_before_and_now_stand_side_by_side_the_best_now_first() -> None:
    before = {A: report("a", 0.5), B: report("b", 0.75)}
    now = {A: report("a", 1.0, "2"), B: report("b", 0.5, "2")}
    first, second = rank_moves(before, now)
    assert (first.image, first.value_before, first.value) == ("b", 0.25, 0.0)
    assert (second.image, second.value_before, second.value) == ("a", 0.0, 0.5)
    assert (first.directory, first.rank_before, first.rank) == (B, "1-2, tied", "1-2, tied")


def test_evaluations_that_were_on_several_versions_had_no_common_ranks() -> None:
    before = {A: report("a", 0.5), B: report("b", 0.75, "1.1")}
    now = {A: report("a", 1.0, "2"), B: report("b", 0.5, "2")}
    assert [each.rank_before for each in rank_moves(before, now)] == [None, None]


def test_without_reports_nothing_moves() -> None:
    assert rank_moves({}, {}) == []
