"""After a correction all is told again as if the suite had always been the corrected one."""

import shutil
from pathlib import Path

import pytest

from runner.errors import SuiteError, UsageError
from runner.evaluation.rescoring import rescore_results
from runner.files.signatures import make_key, read_public_key
from runner.progress import SILENT
from runner.reports.report import read_report
from runner.reports.report_directory import write_evaluation
from runner.submissions.correction import ToldAgain, correct_ledger
from runner.submissions.entries import Began, Rescored
from runner.submissions.ledger import Ledger
from runner.submissions.ledger_file import verify_ledger
from runner.submissions.public_score import score_public
from runner.submissions.quota import Answered, Refused
from runner.submissions.rules import Rules
from runner.submissions.split import public_runs
from runner.submissions.told import told_board
from runner.suites.suite import Suite
from tests.suite_builder import shared
from tests.unit.submissions.builder import Clock
from tests.unit.submissions.correction_builder import (
    ERRORS,
    RULES,
    Versions,
    build_versions,
    competition,
    counted,
    evaluation,
)

WHO = {"by": "ann", "why": "a typo in the labels"}


@pytest.fixture(scope="module")
def versions() -> Versions:
    return shared(build_versions)


def correct(ledger: Ledger, suite: Suite) -> list[ToldAgain]:
    return correct_ledger(ledger, ledger.path.with_name("results"), suite, progress=SILENT, **WHO)


@pytest.mark.parametrize("publish", ["exact", "rounded", "ladder"])
def test_all_is_told_as_if_the_suite_had_always_been_the_corrected_one(
    versions: Versions, tmp_path: Path, publish: str
) -> None:
    rules = Rules.model_validate({**RULES.model_dump(), "publish": publish, "step": 0.01})
    ledger = competition(tmp_path / "corrected", versions.first, rules)
    told = correct(ledger, versions.public)
    # The same predictions, on the corrected suite from the beginning.
    always = Ledger(tmp_path / "always", Clock())
    always.create(rules)
    for image in ERRORS:
        now = read_report(tmp_path / "corrected/results" / image)
        scores = score_public(now, public_runs(now, rules))
        began = always.admit(counted(versions.public, image), image)
        assert isinstance(began, Began)
        assert scores is not None
        always.settle(began, *scores, now.scoring.largest_loss)
    digest = versions.public.digest
    assert told_board(ledger.read()[1], digest) == told_board(always.read()[1], digest)
    assert told_board(ledger.read()[1], versions.first.digest) == []
    if publish == "exact":
        assert all(each.now != pytest.approx(each.before) for each in told)


def test_control_a_corrected_private_actual_changes_nothing_that_is_told(
    versions: Versions, tmp_path: Path
) -> None:
    ledger = competition(tmp_path, versions.first)
    assert all(each.now == pytest.approx(each.before) for each in correct(ledger, versions.private))


def test_attempts_count_as_before_and_the_same_image_gets_the_new_answer(
    versions: Versions, tmp_path: Path
) -> None:
    ledger = competition(tmp_path, versions.first)
    told = {each.id: each.now for each in correct(ledger, versions.public)}
    new = counted(versions.public, "1").model_copy(update={"image": "sha256:new"})
    refused = ledger.admit(new, "new")
    assert isinstance(refused, Refused)
    assert refused.why == "evaluations"  # two of two, both before the correction
    answered = ledger.admit(counted(versions.public, "1"), "1")
    assert isinstance(answered, Answered)
    assert answered.published == told[answered.attempt.began.id]


def test_the_version_that_was_corrected_is_evaluated_no_longer(
    versions: Versions, tmp_path: Path
) -> None:
    ledger = competition(tmp_path, versions.first)
    new = counted(versions.first, "3").model_copy(update={"image": "sha256:new"})
    assert ledger.find_refusal(new) is None  # the control
    correct(ledger, versions.public)
    refused = ledger.find_refusal(new)
    assert refused is not None
    assert refused.why == "corrected"


def test_a_correction_is_one_entry_with_who_when_and_why_and_later_scores_follow_it(
    versions: Versions, tmp_path: Path
) -> None:
    ledger = competition(tmp_path, versions.first)
    before = ledger.path.read_bytes()
    correct(ledger, versions.public)
    assert ledger.path.read_bytes().startswith(before)
    assert ledger.path.read_bytes().count(b"\n") == before.count(b"\n") + 1
    entry = ledger.read()[1][-1]
    assert isinstance(entry, Rescored)
    assert (entry.by, entry.why, entry.at) == ("ann", WHO["why"], ledger.clock())


def test_a_second_correction_follows_the_first(versions: Versions, tmp_path: Path) -> None:
    ledger = competition(tmp_path, versions.first)
    first = correct(ledger, versions.public)
    second = correct(ledger, versions.private)
    assert [each.before for each in second] == [each.now for each in first]
    assert [each.now for each in second] == pytest.approx([each.before for each in first])


def refused(ledger: Ledger, suite: Suite, match: str) -> None:
    before = ledger.path.read_bytes()
    with pytest.raises((UsageError, SuiteError), match=match):
        correct(ledger, suite)
    assert ledger.path.read_bytes() == before


def test_while_an_evaluation_runs_nothing_is_replaced(versions: Versions, tmp_path: Path) -> None:
    ledger = competition(tmp_path, versions.first)
    other = counted(versions.first, "3").model_copy(update={"image": "sha256:running"})
    began = ledger.admit(other, "running")
    assert isinstance(began, Began)
    refused(ledger, versions.public, f"running or were cut off: {began.id}.*give-back")
    ledger.give_back(began.id, **WHO)
    assert len(correct(ledger, versions.public)) == len(ERRORS)


def test_without_the_report_of_an_attempt_nothing_is_replaced(
    versions: Versions, tmp_path: Path
) -> None:
    ledger = competition(tmp_path, versions.first)
    shutil.rmtree(tmp_path / "results" / "2")
    refused(ledger, versions.public, "has no report that could be scored")
    lost = ledger.attempts()[1].began
    ledger.give_back(lost.id, **WHO)  # what was told of it on the old version is on no board
    assert len(correct(ledger, versions.public)) == len(ERRORS) - 1


def test_a_report_with_other_predictions_than_were_told_of_is_not_taken(
    versions: Versions, tmp_path: Path
) -> None:
    ledger = competition(tmp_path, versions.first)
    shutil.rmtree(tmp_path / "results" / "1")
    write_evaluation(evaluation(versions.first, "1", error=0.0), tmp_path / "results" / "1")
    refused(ledger, versions.public, "has no report that could be scored")


def test_other_inputs_are_refused_with_the_cases(versions: Versions, tmp_path: Path) -> None:
    ledger = competition(tmp_path, versions.first)
    refused(ledger, versions.other_inputs, "no score is replaced.*case-1: its inputs have changed")


def test_a_version_that_has_been_evaluated_or_a_closed_ledger_is_refused(
    versions: Versions, tmp_path: Path
) -> None:
    ledger = competition(tmp_path, versions.first)
    refused(ledger, versions.first, "there are evaluations on this version")
    ledger.close(**WHO)
    refused(ledger, versions.public, "closed")


def test_after_an_interruption_the_same_call_continues(versions: Versions, tmp_path: Path) -> None:
    ledger = competition(tmp_path, versions.first)
    rescore_results(tmp_path / "results", versions.public, SILENT)
    assert len(correct(ledger, versions.public)) == len(ERRORS)


def test_what_is_added_meanwhile_stops_a_correction(versions: Versions, tmp_path: Path) -> None:
    ledger = competition(tmp_path, versions.first)
    _, seen = ledger.read()
    ledger.disqualify("team-b", **WHO)
    with pytest.raises(UsageError, match="added meanwhile"):
        ledger.record_correction(seen, "a", "b", {}, **WHO)
    ledger.record_correction(ledger.read()[1], "a", "b", {}, **WHO)  # the control


def test_a_correction_of_a_signed_ledger_is_signed_and_so_are_the_new_reports(
    versions: Versions, tmp_path: Path
) -> None:
    make_key(tmp_path / "key")
    ledger = competition(tmp_path / "signed", versions.first, key=tmp_path / "key")
    correct(ledger, versions.public)
    found = verify_ledger(ledger.path, read_public_key(tmp_path / "key.pub"))
    assert (found.finding, found.lines) == (None, 1 + 2 * len(ERRORS) + 1)
