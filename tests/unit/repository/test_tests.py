"""The tests of a module are found by its path, and none changes what others read."""

from pathlib import Path

import pytest

from tests import suite_builder
from tests.suite_builder import fingerprint, remove_shared_suites

ROOT = Path(__file__).parents[3]
UNIT = ROOT / "tests" / "unit"
TESTS = sorted(
    path.relative_to(UNIT)
    for path in UNIT.rglob("test_*.py")
    if path.parent != UNIT / "repository"  # tests of what is beside the code: README, workflows
)


def is_of_a_module(test: Path) -> bool:
    """Return whether a file of the same path, without `test_`, is below runner/ or benchmarks/."""
    tested = test.with_name(test.stem.removeprefix("test_"))
    return any(
        (folder / tested).with_suffix(suffix).is_file()
        for folder in (ROOT / "runner", ROOT)
        for suffix in (".py", ".json")
    )


@pytest.mark.parametrize("test", TESTS, ids=str)
def test_a_test_file_has_the_path_of_what_it_tests(test: Path) -> None:
    assert is_of_a_module(test)


def test_control_a_test_file_of_no_module_is_told() -> None:
    assert not is_of_a_module(Path("reports") / "test_nothing_of_this_name.py")


def test_control_a_shared_suite_that_a_test_changes_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suites = [tmp_path / "read", tmp_path / "changed"]
    for suite in suites:
        suite.mkdir()
        (suite / "part").write_text("1")
    monkeypatch.setattr(suite_builder, "_shared", {suite: fingerprint(suite) for suite in suites})
    (suites[1] / "part").write_text("2")
    assert remove_shared_suites() == [suites[1]]
    assert list(tmp_path.iterdir()) == []
