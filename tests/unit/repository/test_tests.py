"""The tests of a module are found by its path."""

from pathlib import Path

import pytest

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
