import os
from pathlib import Path
from typing import Any

import pytest

from runner.errors import SuiteError, UsageError
from runner.reports.found_reports import read_reports
from runner.reports.report import ImageRecord, parse_report, read_report
from runner.reports.report_directory import check_writable, report_directory_name, write_evaluation
from tests.unit.reports.builder import evaluation, make_report


def test_the_same_evaluation_again_replaces_its_report(tmp_path: Path) -> None:
    write_evaluation(evaluation(), tmp_path / "image")
    write_evaluation(evaluation(extra=b"second"), tmp_path / "image")
    assert [path.name for path in tmp_path.iterdir()] == ["image"]
    assert (tmp_path / "image" / "extra").read_bytes() == b"second"


def test_another_evaluation_keeps_the_earlier_report_beside_it(tmp_path: Path) -> None:
    write_evaluation(evaluation(), tmp_path / "image")
    write_evaluation(evaluation(make_report(image_id="sha256:b")), tmp_path / "image")
    assert read_report(tmp_path / "image").image.id == "sha256:b"
    assert read_report(tmp_path / "image.2026-01-02T030405+0000").image.id == "sha256:a"


SUBMITTED = {"submitter": "Team B"}
SHUFFLED = {"input_changes": ("shuffled",)}
RENAMED = {"image": ImageRecord(reference="a/image", id="sha256:a", digests=())}


@pytest.mark.parametrize("other", [SUBMITTED, SHUFFLED, RENAMED])
def test_a_report_of_another_submitter_or_with_other_options_is_never_replaced(
    tmp_path: Path, other: dict[str, Any]
) -> None:
    first = make_report()
    write_evaluation(evaluation(first), tmp_path / "image")
    kept = write_evaluation(evaluation(first.model_copy(update=other)), tmp_path / "image")
    assert kept is not None
    assert read_report(kept) == first


def test_two_earlier_reports_of_one_second_are_both_kept(tmp_path: Path) -> None:
    for image_id in ("sha256:a", "sha256:b", "sha256:c"):
        write_evaluation(evaluation(make_report(image_id=image_id)), tmp_path / "image")
    kept = {read_report(path).image.id for path in tmp_path.iterdir()}
    assert kept == {"sha256:a", "sha256:b", "sha256:c"}


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_place_that_cannot_be_written_is_refused_beforehand(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="reports can't be written"):
        check_writable(tmp_path / place)


def test_a_place_that_takes_no_file_is_refused_beforehand_whatever_its_rights_say() -> None:
    assert os.access("/proc", os.W_OK) or os.getuid() != 0  # the control: root may write there
    with pytest.raises(UsageError, match=r"^/proc/a/b: reports can't be written.*--out"):
        check_writable(Path("/proc/a/b"))


def test_a_place_whose_name_is_too_long_is_refused_beforehand(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"File name too long.*--out"):
        check_writable(tmp_path / ("a" * 300) / "image")
    with pytest.raises(SuiteError, match="File name too long"):
        read_reports(tmp_path / ("a" * 300), parse_report)


def test_an_earlier_report_that_cannot_be_read_is_kept_beside_the_new_one(tmp_path: Path) -> None:
    (tmp_path / "image").mkdir()
    (tmp_path / "image" / "report.json").write_text('{"schema_version": 99}')
    kept = write_evaluation(evaluation(), tmp_path / "image")
    assert kept == tmp_path / ".image.changed"
    assert (kept / "report.json").read_text() == '{"schema_version": 99}'


def test_a_place_that_is_yet_to_be_made_can_be_written(tmp_path: Path) -> None:
    check_writable(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_is_no_report_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "image").mkdir()
    (tmp_path / "image" / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="exists and is no report"):
        write_evaluation(evaluation(), tmp_path / "image")
    assert [path.name for path in tmp_path.iterdir()] == ["image"]
    assert (tmp_path / "image" / "thesis.txt").read_text() == "years of work"


def test_a_write_that_fails_leaves_the_earlier_report_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_evaluation(evaluation(), tmp_path / "image")

    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(UsageError, match="No space left on device"):
        write_evaluation(evaluation(extra=b"second"), tmp_path / "image")
    assert [path.name for path in tmp_path.iterdir()] == ["image"]
    assert read_report(tmp_path / "image") == make_report()


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("train_mean:latest", "train_mean"),
        ("train_mean", "train_mean"),
        ("localhost:5000/team/img:1.2", "localhost_5000_team_img_1.2"),
        ("img@sha256:abc", "img_sha256_abc"),
    ],
)
def test_a_report_directory_is_named_after_the_image(reference: str, name: str) -> None:
    assert report_directory_name(reference) == name


def test_the_submitter_and_what_was_asked_for_are_in_the_name() -> None:
    assert report_directory_name("img", "team-a") == "img+by-team-a"
    assert report_directory_name("img", None, ["seed-7", "shuffle"]) == "img+seed-7+shuffle"
    assert report_directory_name("img", "team-a", ["cpus-0.5"]) == "img+by-team-a+cpus-0.5"


def test_no_submitter_has_the_name_of_another_or_of_an_option() -> None:
    submitters = ["seed-7", "team a", "team_a", "Team_a", "team_ä", "team_ö", "team+a", "..", "/"]
    names = {report_directory_name("img", submitter).casefold() for submitter in submitters}
    assert len(names) == len(submitters)
    assert report_directory_name("img", None, ["seed-7"]) not in names


LONG = "registry.example/" + "a" * 255
"""A reference that Docker takes; no file system takes it as a name."""


@pytest.mark.parametrize("submitter", [None, "b" * 300, "\N{SNOWMAN}" * 200])
def test_a_report_of_long_names_is_written_and_set_aside(
    tmp_path: Path, submitter: str | None
) -> None:
    place = tmp_path / report_directory_name(LONG, submitter)
    for image_id in ("sha256:a", "sha256:b", "sha256:c"):
        write_evaluation(evaluation(make_report(image_id=image_id)), place)
    found = read_reports(tmp_path, parse_report)
    assert {report.image.id for report in found.reports.values()} == {
        "sha256:a",
        "sha256:b",
        "sha256:c",
    }


def test_control_a_name_that_is_not_cut_is_refused_by_the_file_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="too long"):
        (tmp_path / LONG.replace("/", "_")).mkdir()


def test_long_names_that_differ_at_the_end_only_are_two_names() -> None:
    assert report_directory_name(f"{LONG}:1") != report_directory_name(f"{LONG}:2")
