"""What there is below a folder, and that nothing is found through a link."""

import errno
import os
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from runner.suites.suite import Suite
from runner.view.found import Found, find_contents
from tests.view_builder import batch, write_bundle


def test_each_kind_is_found_by_its_path_from_the_folder(suite: Suite, results: Path) -> None:
    copytree(suite.root, results / "suites" / "demo")
    write_bundle(results / "cards" / "run")
    with batch(suite, results / "results" / "demo", "a"):
        found = find_contents(results)
    assert list(found.reports) == ["results/demo/bad", "results/demo/good"]
    assert list(found.suites) == ["suites/demo"]
    assert list(found.cards) == ["cards/run"]
    assert len(found.batches) == 1
    assert not found.is_cut


def test_a_folder_that_is_a_report_itself_has_its_own_name(results: Path) -> None:
    good = results / "results" / "demo" / "good"
    assert find_contents(good).reports == {"good": good}


def test_nothing_is_found_through_a_link(suite: Suite, results: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "reports").symlink_to(results)
    (elsewhere / "suite").symlink_to(suite.root)
    (elsewhere / "linked").mkdir()
    report = results / "results" / "demo" / "good" / "report.json"
    (elsewhere / "linked" / "report.json").symlink_to(report)
    found = find_contents(elsewhere)
    assert (found.reports, found.suites) == ({}, {})
    assert len(find_contents(results).reports) == 2  # the control


def test_a_hidden_folder_is_left_out_and_a_batch_of_another_name(results: Path) -> None:
    good = results / "results" / "demo" / "good"
    good.rename(good.with_name(".good.changed"))
    (results / ".batch-xyz.json").write_text("{}")
    found = find_contents(results)
    assert list(found.reports) == ["results/demo/bad"]
    assert found.batches == {}


def test_a_whole_disk_is_looked_through_only_so_far(results: Path) -> None:
    assert Found(folders=20_001).is_cut
    assert not Found(folders=20_000).is_cut
    assert find_contents(results).folders == 5


def test_a_folder_that_cannot_be_looked_into_is_told(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, scandir = results / "results" / "demo" / "bad", os.scandir

    def refuse(path: Path) -> Any:
        if path == closed:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    assert find_contents(results).unreadable == {}  # the control
    monkeypatch.setattr(os, "scandir", refuse)
    found = find_contents(results)
    assert found.unreadable == {closed: "Permission denied"}
    assert list(found.reports) == ["results/demo/good"]
