from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

import pytest

from runner.building.draw import Draw
from runner.building.kept_demo import KEPT, opened_demo_suite
from runner.progress import Silent, Task


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "runner" / KEPT


class Tasks(Silent):
    """Keeps the names of its tasks."""

    def __init__(self) -> None:
        self.names: list[str] = []

    @contextmanager
    def task(self, what: str, total: int | None = None) -> Iterator[Task]:
        self.names.append(what)
        with super().task(what, total) as task:
            yield task


def opened(draw: Draw) -> tuple[str, Path, bool]:
    """Return the demo suite's digest, its place, and whether its runs were read for it."""
    tasks = Tasks()
    with opened_demo_suite(draw, tasks) as suite:
        assert suite.actuals(suite.cases[0]).stats
        return suite.digest, suite.root, "demo: reading runs" in tasks.names


@dataclass(frozen=True)
class Kept:
    """The first suite that was kept in a user's cache."""

    cache: Path
    digest: str
    place: Path
    was_built: bool


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    home = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_CACHE_HOME", str(home))
        return Kept(home / "runner" / KEPT, *opened(Draw()))


@pytest.fixture
def in_its_cache(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(kept.cache.parents[1]))


@pytest.mark.usefixtures("in_its_cache")
def test_it_is_built_once_for_each_draw(kept: Kept) -> None:
    assert kept.was_built
    assert kept.place.is_relative_to(kept.cache)
    assert opened(Draw()) == (kept.digest, kept.place, False)
    other, _, was_built = opened(Draw(seed=2))  # control
    assert was_built
    assert other != kept.digest


def test_one_that_was_changed_is_built_again(kept: Kept, cache: Path) -> None:
    place = cache / kept.place.relative_to(kept.cache)
    copytree(kept.place.parent, place.parent)
    actuals = next(place.glob("private/actuals*"))
    actuals.write_bytes(actuals.read_bytes().replace(b"0", b"1"))
    assert opened(Draw()) == (kept.digest, place, True)
    assert opened(Draw()) == (kept.digest, place, False)
    assert list(cache.rglob("instance_actuals*")) == [place / "private" / "instance_actuals.jsonl"]


def test_only_the_user_can_read_it(kept: Kept) -> None:
    assert {path.stat().st_mode & 0o077 for path in kept.cache.glob("*/*")} == {0}


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(kept: Kept, cache: Path) -> None:
    cache.parent.mkdir(parents=True)
    cache.write_text("in the way")
    digest, place, was_built = opened(Draw())
    assert was_built
    assert not place.exists()
    assert cache.read_text() == "in the way"
    assert digest == kept.digest
