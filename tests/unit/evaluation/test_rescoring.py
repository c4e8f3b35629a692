"""Predictions of reports, scored on a version of the suite with other actuals."""

from dataclasses import replace
from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.evaluation.rescoring import Rescoring, rescore_results
from runner.files.signatures import SigningKey, make_key, read_public_key, read_signing_key
from runner.files.stores import open_store
from runner.progress import SILENT
from runner.reports.found_reports import find_reports
from runner.reports.report import Report, read_report
from runner.reports.report_directory import write_evaluation
from runner.reports.verification import verify_report
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function, off_by
from tests.suite_builder import shared
from tests.versions_builder import Versions, build_versions


@pytest.fixture(scope="module")
def versions() -> Versions:
    return shared(build_versions)


def write(place: Path, on: Suite, error: float, name: str = "image", **said: object) -> Report:
    """Write the report of an image whose predictions are off by this much."""
    made = evaluate_function(on, off_by(error), name)
    report = made.report.model_copy(update=said)
    write_evaluation(replace(made, report=report), place)
    return report


def mae(report: Report) -> float:
    score = report.score("mae")
    assert score is not None
    assert score.value is not None
    return score.value


def rescore(place: Path, suite: Suite) -> Rescoring:
    return rescore_results(place, suite, SILENT)


def test_predictions_are_scored_on_the_new_actuals_and_the_old_scores_are_kept(
    versions: Versions, tmp_path: Path
) -> None:
    old = write(tmp_path / "image", versions.first, 0.25)
    done = rescore(tmp_path, versions.corrected)
    (one,) = done.rescored
    # Of four actuals one is 0.4 higher, where the prediction is now 0.15 too low.
    assert mae(one.now) == pytest.approx((3 * 0.25 + 0.15) / 4)
    assert read_report(tmp_path / "image") == one.now
    assert verify_report(tmp_path / "image", versions.corrected) == []
    assert read_report(one.kept) == old
    assert verify_report(one.kept, versions.first) == []
    assert one.now.rescored_from is not None
    assert one.now.rescored_from.created == old.created


def test_reports_at_a_url_are_scored_and_kept_there(versions: Versions) -> None:
    place = open_store("memory://rescored")
    old = write(place / "image", versions.first, 0.25)
    (one,) = rescore(place, versions.corrected).rescored
    assert read_report(place / "image") == one.now
    assert read_report(one.kept) == old
    for path, suite in ((place / "image", versions.corrected), (one.kept, versions.first)):
        assert verify_report(path, suite) == []


def test_a_report_without_an_output_that_it_names_is_refused(
    versions: Versions, tmp_path: Path
) -> None:
    made = evaluate_function(versions.first, off_by(0.25), "image")
    files = {name: each for name, each in made.files.items() if "predictions" not in name}
    write_evaluation(replace(made, files=files), tmp_path / "image")
    (lines,) = rescore(tmp_path, versions.corrected).refused.values()
    assert lines[0] == "case-1/predictions.json: missing; report.json has its digest"


def test_control_on_equal_actuals_the_scores_stay(versions: Versions, tmp_path: Path) -> None:
    old = write(tmp_path / "image", versions.first, 0.25)
    (one,) = rescore(tmp_path, versions.renamed).rescored
    assert one.now.scores == old.scores


def test_what_is_on_the_version_already_is_not_scored_again(
    versions: Versions, tmp_path: Path
) -> None:
    write(tmp_path / "image", versions.first, 0.25)
    rescore(tmp_path, versions.corrected)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    again = rescore(tmp_path, versions.corrected)
    assert (again.rescored, again.refused, again.current) == ([], {}, 1)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_case_whose_inputs_have_changed_is_named_and_its_report_stays(
    versions: Versions, tmp_path: Path
) -> None:
    old = write(tmp_path / "image", versions.first, 0.25)
    done = rescore(tmp_path, versions.other_inputs)
    assert done.rescored == []
    assert done.refused == {tmp_path / "image": ["case-2: its inputs have changed"]}
    assert [read_report(path) for path in find_reports(tmp_path)] == [old]


def test_a_report_whose_file_was_changed_is_refused_and_the_others_are_scored(
    versions: Versions, tmp_path: Path
) -> None:
    for image in ("a", "b"):
        write(tmp_path / image, versions.first, 0.25, image)
    path = tmp_path / "a" / "case-1" / "predictions.json"
    path.write_bytes(path.read_bytes() + b" ")
    done = rescore(tmp_path, versions.corrected)
    assert [one.directory for one in done.rescored] == [tmp_path / "b"]
    (reasons,) = done.refused.values()
    assert reasons == ["case-1/predictions.json: changed since the report was written"]


def test_a_case_that_failed_stays_failed_with_the_new_actuals(
    versions: Versions, tmp_path: Path
) -> None:
    made = evaluate_function(versions.first, off_by(0), exit_code=1)
    write_evaluation(made, tmp_path / "image")
    (one,) = rescore(tmp_path, versions.corrected).rescored
    assert {str(case.outcome) for case in one.now.cases} == {"failed"}
    assert one.now.scores == ()
    assert verify_report(tmp_path / "image", versions.corrected) == []


def test_reports_of_another_image_or_submitter_that_share_a_place_are_all_scored_and_kept(
    versions: Versions, tmp_path: Path
) -> None:
    first = write(tmp_path / "image", versions.first, 0.1, created="2026-01-01T00:00:00+00:00")
    other = first.image.model_copy(update={"id": "sha256:moved"})
    write(tmp_path / "image", versions.first, 0.3, created=LATER, image=other)
    done = rescore(tmp_path, versions.corrected)
    assert len(done.rescored) == 2
    assert len(find_reports(tmp_path)) == 4
    for one in done.rescored:
        assert read_report(one.kept) == one.before
        assert read_report(one.directory) == one.now
    assert done.rescored[-1].directory == tmp_path / "image"
    assert done.rescored[-1].before.created == LATER


LATER = "2026-02-01T00:00:00+00:00"


def test_reports_of_other_suites_are_refused_with_their_names(
    versions: Versions, tmp_path: Path
) -> None:
    made = evaluate_function(versions.first, off_by(0)).report.suite
    other = made.model_copy(update={"name": "another"})
    write(tmp_path / "image", versions.first, 0, suite=other)
    with pytest.raises(UsageError, match="the name v1, but of: another"):
        rescore(tmp_path, versions.corrected)


def test_a_report_that_does_not_say_what_its_containers_saw_is_refused(
    versions: Versions, tmp_path: Path
) -> None:
    of = evaluate_function(versions.first, off_by(0)).report.cases
    cases = tuple(each.model_copy(update={"inputs_sha256": None}) for each in of)
    write(tmp_path / "image", versions.first, 0, cases=cases)
    (reasons,) = rescore(tmp_path, versions.corrected).refused.values()
    assert reasons[0].startswith("case-1: the report does not say")


def write_signed_and_plain(versions: Versions, tmp_path: Path) -> SigningKey:
    """Write a report that a key signed, and one that none did; return the key."""
    make_key(tmp_path / "key")
    key = read_signing_key(tmp_path / "key")
    made = evaluate_function(versions.first, off_by(0.25), "signed")
    write_evaluation(made, tmp_path / "results/signed", key)
    write(tmp_path / "results/plain", versions.first, 0.25, "plain")
    return key


def test_with_a_key_a_report_that_it_signed_is_signed_again_and_another_is_refused(
    versions: Versions, tmp_path: Path
) -> None:
    key = write_signed_and_plain(versions, tmp_path)
    done = rescore_results(tmp_path / "results", versions.corrected, SILENT, key)
    assert done.refused == {tmp_path / "results/plain": ["SHA256SUMS: not signed"]}
    (one,) = done.rescored
    for path in (one.directory, one.kept):
        assert verify_report(path, None, read_public_key(tmp_path / "key.pub")) == []


def test_control_without_a_key_both_are_scored_again_and_neither_is_signed(
    versions: Versions, tmp_path: Path
) -> None:
    key = write_signed_and_plain(versions, tmp_path)
    done = rescore(tmp_path / "results", versions.corrected)
    assert len(done.rescored) == 2
    assert all(verify_report(one.directory, None) == [] for one in done.rescored)
    found = [verify_report(one.directory, None, key.public) for one in done.rescored]
    assert found == [["SHA256SUMS: not signed"]] * 2
