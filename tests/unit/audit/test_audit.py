"""The audit: each kind of leak planted and found, and a clean twin of it that is not."""

from pathlib import Path

from runner.audit.audit import audit_suite
from runner.audit.staged_bytes import find_in_archive
from runner.files.input_archive import input_archive
from tests.suite_builder import shared_suite, stage


def test_the_suites_of_the_builder_are_clean(tmp_path: Path) -> None:
    suite = shared_suite()
    assert audit_suite(suite).leaks == ()
    assert find_in_archive("case-1", input_archive(stage(suite).files)) == []
