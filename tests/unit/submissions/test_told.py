"""While a competition is open, only what it has told is shown."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.files.stores import open_store
from runner.submissions.ledger import Ledger
from runner.submissions.rules import Rules
from runner.submissions.told import (
    MARK,
    Told,
    mark_reports,
    refuse_while_open,
    refuse_without_ledger,
    told_board,
)
from tests.unit.submissions.builder import scored, submission


def board(ledger: Ledger) -> list[Told]:
    return told_board(ledger.read()[1], "s")


def test_the_board_has_what_was_told_of_each_submitter_and_equal_values_share_a_rank(
    ledger: Ledger,
) -> None:
    scored(ledger, submission("1"), 0.52)
    scored(ledger, submission("2"), 0.31)
    scored(ledger, submission("3", submitter="team-b"), 0.39)
    scored(ledger, submission("4", submitter="team-c"), 0.95)
    scored(ledger, submission("5", submitter="team-d", suite="other"), 0.1)
    assert board(ledger) == [
        Told(1, "team-a", 0.4),
        Told(1, "team-b", 0.4),
        Told(3, "team-c", 0.9),
    ]


def test_where_every_score_is_told_the_best_of_each_submitter_stands(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "rounded")
    ledger.create(Rules(publish="rounded", step=0.1, seed="s"))
    assert scored(ledger, submission("1"), 0.3) == 0.3
    assert scored(ledger, submission("2"), 0.7) == 0.7
    assert board(ledger) == [Told(1, "team-a", 0.3)]


def test_two_spellings_are_one_line(ledger: Ledger) -> None:
    scored(ledger, submission("1"), 0.52)
    scored(ledger, submission("2", submitter="Team A"), 0.31)
    assert board(ledger) == [Told(1, "team-a", 0.4)]


def test_who_is_disqualified_stands_on_no_board(ledger: Ledger) -> None:
    scored(ledger, submission("1"), 0.52)
    scored(ledger, submission("2", submitter="team-b"), 0.31)
    ledger.disqualify("TEAM-B", by="ann", why="two accounts")
    assert [each.submitter for each in board(ledger)] == ["team-a"]


def test_reports_under_an_open_ledger_are_not_shown_and_under_a_closed_one_are(
    ledger: Ledger, tmp_path: Path
) -> None:
    mark_reports(tmp_path / "results", ledger.path)
    reports = [tmp_path / "results" / "image"]
    with pytest.raises(UsageError, match="runner ledger close"):
        refuse_while_open(reports)
    refuse_while_open([tmp_path / "elsewhere" / "image"])  # the control: no ledger made these
    ledger.close(by="ann", why="the end")
    refuse_while_open(reports)


def test_reports_of_a_closed_competition_are_compared_by_their_ledger_alone(
    ledger: Ledger, tmp_path: Path
) -> None:
    mark_reports(tmp_path / "results", ledger.path)
    reports = [tmp_path / "results" / "image"]
    ledger.close(by="ann", why="the end")
    with pytest.raises(UsageError, match=f"--ledger {ledger.path}"):
        refuse_without_ledger(reports)
    other = Ledger(tmp_path / "other")
    other.create(ledger.read()[0])
    with pytest.raises(UsageError, match=f"not under {other.path}"):
        refuse_without_ledger(reports, other.path)
    refuse_without_ledger(reports, ledger.path)  # the controls
    refuse_without_ledger([tmp_path / "elsewhere" / "image"])


def test_reports_at_a_url_and_on_a_disk_are_looked_at_together(
    ledger: Ledger, tmp_path: Path
) -> None:
    mark_reports(tmp_path / "results", ledger.path)
    remote, local = open_store("memory://told/image"), tmp_path / "results" / "image"
    with pytest.raises(UsageError, match="runner ledger close"):
        refuse_without_ledger([remote, local])
    refuse_without_ledger([remote, tmp_path / "elsewhere" / "image"])  # the control


def test_a_link_to_a_report_or_a_relative_path_does_not_hide_its_ledger(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "results" / "image").mkdir(parents=True)
    mark_reports(tmp_path / "results", ledger.path)
    (tmp_path / "linked").symlink_to(tmp_path / "results" / "image")
    with pytest.raises(UsageError, match="is open"):
        refuse_while_open([tmp_path / "linked"])
    monkeypatch.chdir(tmp_path / "results" / "image")
    with pytest.raises(UsageError, match="is open"):
        refuse_while_open([Path()])


def test_reports_whose_ledger_is_gone_are_not_shown(ledger: Ledger, tmp_path: Path) -> None:
    mark_reports(tmp_path / "results", ledger.path)
    ledger.path.unlink()
    with pytest.raises(UsageError, match="not a ledger"):
        refuse_while_open([tmp_path / "results" / "image"])


def test_a_ledger_in_a_folder_whose_name_is_not_utf_8_closes_its_reports_too(
    ledger: Ledger, tmp_path: Path
) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    other = Ledger(folder / "ledger")
    other.create(ledger.read()[0])
    mark_reports(tmp_path / "results", other.path)
    with pytest.raises(UsageError, match="which is open"):
        refuse_while_open([tmp_path / "results" / "image"])
    other.close(by="ann", why="the end")
    refuse_while_open([tmp_path / "results" / "image"])


def make_dangling(mark: Path) -> None:
    mark.symlink_to("gone")


def make_folder(mark: Path) -> None:
    mark.mkdir()


def make_binary(mark: Path) -> None:
    mark.write_bytes(b"\xff\xfe")


def make_empty(mark: Path) -> None:
    mark.touch()


def make_pipe(mark: Path) -> None:
    os.mkfifo(mark)


@pytest.mark.parametrize("make", [make_dangling, make_folder, make_binary, make_empty, make_pipe])
def test_what_is_made_under_a_mark_that_names_no_ledger_is_not_shown(
    make: Callable[[Path], None], tmp_path: Path
) -> None:
    (tmp_path / "image").mkdir()
    refuse_while_open([tmp_path / "image"])  # the control: there is no mark
    make(tmp_path / MARK)
    with pytest.raises(UsageError):
        refuse_while_open([tmp_path / "image"])


def test_of_a_mark_that_can_not_be_read_it_is_said_what_it_is_for(tmp_path: Path) -> None:
    """As in a folder that is closed to this user, who need not know of any ledger."""
    make_folder(tmp_path / MARK)
    with pytest.raises(UsageError, match=r"ledger\.txt: can't be read.*closed to this user"):
        refuse_without_ledger([tmp_path / "image"])
