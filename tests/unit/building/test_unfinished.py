"""What killed builds left is removed; what lives, or is no suite, is not."""

from pathlib import Path

from runner.building.unfinished import unfinished_suite


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_what_a_dead_build_left_is_removed_and_told(tmp_path: Path) -> None:
    (tmp_path / ".quiz.01234567" / "private").mkdir(parents=True)
    said: list[str] = []
    with unfinished_suite(tmp_path / "quiz", said.append) as unfinished:
        assert names(tmp_path) == [unfinished.name]
    assert said == [f"removed {tmp_path}/.quiz.01234567, left by a build that was killed"]
    assert names(tmp_path) == []


def test_the_directory_of_a_build_that_lives_stays(tmp_path: Path) -> None:
    said: list[str] = []
    with unfinished_suite(tmp_path / "quiz", said.append) as one:
        (one / "private").mkdir()
        with unfinished_suite(tmp_path / "quiz", said.append) as other:
            assert names(tmp_path) == sorted([one.name, other.name])
    assert said == []


def test_what_has_another_name_or_other_content_stays(tmp_path: Path) -> None:
    kept = [".quiz.01234567", ".other.01234567", ".quiz.0123456", ".quiz.old.01234567", "quiz"]
    for name in kept:
        (tmp_path / name / "private").mkdir(parents=True)
    (tmp_path / ".quiz.01234567" / "mine.txt").write_text("kept")
    with unfinished_suite(tmp_path / "quiz", print):
        pass
    assert names(tmp_path) == sorted(kept)
