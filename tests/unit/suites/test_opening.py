"""A suite whose private half is elsewhere: it is scored as ever, and nothing says where that is."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import SuiteError
from runner.suites.opening import open_suite
from tests.helm_builder import write_suite
from tests.suite_builder import build_unaudited

Halves = tuple[Path, Path]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("suite")
    return build_unaudited(write_suite(root), root / "suite").root


@pytest.fixture
def halves(built: Path, tmp_path: Path) -> Halves:
    """Return a suite's public half and, elsewhere, its private one."""
    suite = shutil.copytree(built, tmp_path / "suite")
    return suite, (suite / "private").rename(tmp_path / "secret-place")


def test_a_suite_in_two_places_is_the_same_suite(halves: Halves, tmp_path: Path) -> None:
    public, private = halves
    apart = open_suite(public, private)
    actuals = [apart.actuals(case).stats for case in apart.cases]
    assert all(actuals)
    shutil.copytree(private, public / "private")
    together = open_suite(public)
    assert together.digest == apart.digest
    assert [together.actuals(case).stats for case in together.cases] == actuals


def nothing(private: Path) -> None:
    shutil.rmtree(private)


def another_manifest(private: Path) -> None:
    (private / "suite.json").write_text("{}")


def a_file_more(private: Path) -> None:
    (private / "more.json").write_text("{}")


def a_file_less(private: Path) -> None:
    (private / "actuals.jsonl").unlink()


def another_actual(private: Path) -> None:
    (private / "actuals.jsonl").write_text("[]")


def a_directory_for_a_file(private: Path) -> None:
    path = private / "actuals.jsonl"
    path.unlink()
    path.mkdir()


def a_loop(private: Path) -> None:
    (private / "suite.json").unlink()
    (private / "suite.json").symlink_to("suite.json")


FAULTS = [nothing, another_manifest, a_file_more, a_file_less, another_actual]
FAULTS += [a_directory_for_a_file, a_loop]


@pytest.mark.parametrize("make", FAULTS)
def test_a_fault_of_the_private_half_is_told_without_its_place(
    halves: Halves, make: Callable[[Path], None]
) -> None:
    public, private = halves
    make(private)
    with pytest.raises(SuiteError, match="private half") as refused:
        open_suite(public, private)
    assert private.name not in str(refused.value)


@pytest.mark.parametrize("make", FAULTS)
def test_in_its_usual_place_the_fault_is_told_with_the_path(
    halves: Halves, make: Callable[[Path], None]
) -> None:
    """The control: the path is left out on purpose."""
    public, private = halves
    usual = private.rename(public / "private")
    make(usual)
    with pytest.raises(SuiteError, match=str(usual)):
        open_suite(public)


def test_a_private_half_that_is_there_and_can_not_be_read_is_not_told_to_be_missing(
    halves: Halves,
) -> None:
    public, private = halves
    a_loop(private)
    with pytest.raises(SuiteError, match="can't be read"):
        open_suite(public, private)
    nothing(private)
    with pytest.raises(SuiteError, match="no such file"):
        open_suite(public, private)


def test_an_actual_that_can_not_be_read_is_not_quoted(halves: Halves) -> None:
    """It was whole when the suite was opened, and is not when a case is scored."""
    public, private = halves
    suite = open_suite(public, private)
    path = private / "actuals.jsonl"
    path.write_text('[{"the answer": 42}]' + path.read_text())
    with pytest.raises(SuiteError, match="private half: changed since") as refused:
        suite.actuals(suite.cases[0])
    assert "the answer" not in str(refused.value)
    assert private.name not in str(refused.value)


def test_actuals_that_were_read_before_are_checked_again(halves: Halves) -> None:
    """What was parsed stays in memory for the next image; the control is the first reading."""
    public, private = halves
    suite = open_suite(public, private)
    suite.actuals(suite.cases[0])
    path = private / "actuals.jsonl"
    content = path.read_bytes()
    path.write_bytes(content.replace(b"0", b"1", 1))
    with pytest.raises(SuiteError, match="private half: changed since"):
        suite.actuals(suite.cases[0])
    path.write_bytes(content)
    assert suite.actuals(suite.cases[0]) == suite.actuals(suite.cases[0])


def all_files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file())


def test_one_flipped_byte_in_any_file_is_found_and_named(tmp_path: Path) -> None:
    suite = build_unaudited(write_suite(tmp_path), tmp_path / "suite")
    files = all_files(suite.root)
    assert len(files) == 16
    for path in files:
        content = path.read_bytes()
        if not content:
            continue
        middle = len(content) // 2
        changed = bytes([content[middle] ^ 1])
        path.write_bytes(content[:middle] + changed + content[middle + 1 :])
        named = "suite.(json|digest)" if path.name == "suite.digest" else path.name
        with pytest.raises(SuiteError, match=named):
            open_suite(suite.root)
        path.write_bytes(content)
    assert open_suite(suite.root).digest == suite.digest


def test_a_missing_an_added_and_a_linked_file_are_found_and_named(tmp_path: Path) -> None:
    suite = build_unaudited(write_suite(tmp_path), tmp_path / "suite")
    part = suite.root / "public" / "train" / "stats.parts"
    content = part.read_bytes()
    part.unlink()
    with pytest.raises(SuiteError, match=r"stats\.parts: missing"):
        open_suite(suite.root)
    (tmp_path / "same").write_bytes(content)
    part.symlink_to(tmp_path / "same")
    with pytest.raises(SuiteError, match=r"stats\.parts: missing"):
        open_suite(suite.root)
    part.unlink()
    part.write_bytes(content)
    (suite.root / "public" / "extra.txt").write_text("more")
    with pytest.raises(SuiteError, match=r"extra\.txt: not a file of the suite"):
        open_suite(suite.root)
