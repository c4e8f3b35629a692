"""Which images make room for another, and what is known of those that did."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, cast

import pytest

from runner.errors import (
    EngineError,
    LackOfRoomError,
    NoRoomError,
    NotOnEngineError,
    UsageError,
)
from runner.files.locks import SharedDirectory
from runner.sandbox import batch_images
from runner.sandbox.batch_images import BatchImages, order_of_removal
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.image import Image
from runner.sandbox.engine.pull import Pull
from runner.sandbox.pulled_images import PulledImage, obtain_again
from runner.sandbox.removed_images import recall, remember


def test_what_the_batch_does_not_need_goes_first_then_what_it_needs_last() -> None:
    recorded = ["old", "third", "older", "first", "second"]
    order = order_of_removal(recorded, (), ["first", "second", "third"])
    assert order == ["old", "older", "third", "second", "first"]


def test_what_has_to_stay_and_what_the_runner_did_not_pull_is_never_among_them() -> None:
    order = order_of_removal(["a", "kept"], {"kept"}, ["of the user", "a", "kept"])
    assert order == ["a"]


def test_an_image_that_is_needed_again_and_again_counts_by_the_first_time() -> None:
    assert order_of_removal(["a", "b"], (), ["a", "b", "a"]) == ["b", "a"]


def image(name: str) -> Image:
    reference = f"r.org/{name}@sha256:{name}"
    return Image(reference, name, digests=(reference,), environment={"A": "b"}, layers=("x",))


class Disk:
    """Stands for an engine whose disk holds a few images, all of which the runner pulled."""

    def __init__(self, most: int) -> None:
        self.most, self.there = most, list[str]()
        self.lost: set[str] = set()
        self.is_shared = self.is_lost = False
        self.first_fault: EngineError | None = None
        self.removable_bytes = 1

    def obtain(
        self, _engine: object, reference: str, pull: Pull, _say: object, _registries: object
    ) -> Image:
        name = reference.rpartition(":")[2]
        if name not in self.there:
            if pull is Pull.NEVER or name in self.lost:
                raise UsageError("no such image")
            fault, self.first_fault = self.first_fault, None
            if fault is not None:
                raise fault
            if len(self.there) >= self.most:
                raise NoRoomError("x: no room.", 1)
            self.there.append(name)
        return image(name)

    def make_room(
        self,
        _engine: object,
        _held: object,
        needed_bytes: int,
        order: Any,
        _token: object,
        *,
        is_guess: bool,
    ) -> list[tuple[Image, PulledImage]] | None:
        if self.is_shared:
            return None
        if needed_bytes > self.removable_bytes and not is_guess:
            return []
        chosen = order(self.there)[:1]
        for name in chosen:
            remember(cast("Engine", self), image(name))
        self.there = [name for name in self.there if name not in chosen]
        if self.is_lost:
            raise EngineError("the engine does not answer")
        return [(image(name), PulledImage(name, 1)) for name in chosen]

    # What is asked of the engine itself:

    @property
    def images(self) -> "Disk":
        return self

    def inspect(self, reference: str) -> Image:
        name = reference.rpartition(":")[2]
        if name not in self.there:
            raise NotOnEngineError("No such image")
        return image(name)

    def fetch_info(self) -> dict[str, str]:
        return {"Name": "engine"}


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Disk:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    made = Disk(2)
    monkeypatch.setattr("runner.sandbox.pulled_images.obtain_image", made.obtain)
    monkeypatch.setattr(batch_images, "obtain_image", made.obtain)
    monkeypatch.setattr(batch_images, "make_room", made.make_room)
    monkeypatch.setattr(batch_images, "MOST_WAIT_SECONDS", 0)
    return made


def batch(
    disk: Disk, names: str, said: list[str] | None = None, registries: Sequence[str] | None = None
) -> BatchImages:
    references = [image(name).reference for name in names]
    say = (said if said is not None else []).append
    held = SharedDirectory(-1)
    return BatchImages(cast("Engine", disk), references, registries, held, say)


def obtain(images: BatchImages, names: str, pull: Pull = Pull.MISSING) -> list[str]:
    return [images.obtain(image(name).reference, pull).id for name in names]


def test_all_images_of_a_batch_are_found_and_the_first_ones_stay(disk: Disk) -> None:
    said: list[str] = []
    images = batch(disk, "abcd", said)
    assert obtain(images, "abcd") == ["a", "b", "c", "d"]
    assert disk.there == ["a", "d"]
    assert [images.is_gone(image(name)) for name in "abcd"] == [False, True, True, False]
    assert said == [
        f"{name}: removed to make room for r.org/{other}@sha256:{other} (0 MB with what others "
        "share); it is pulled again before its cases"
        for name, other in ("bc", "cd")
    ]


def test_an_image_of_another_evaluation_is_not_named(disk: Disk) -> None:
    """The images of the batch itself are, as the test above shows."""
    said: list[str] = []
    disk.there = ["x", "y"]
    assert obtain(batch(disk, "a", said), "a") == ["a"]
    (line,) = said
    assert line.startswith("an image of an earlier evaluation: removed to make room for r.org/a@")


def test_with_room_nothing_is_removed_or_said(disk: Disk) -> None:
    said: list[str] = []
    images = batch(disk, "ab", said)
    obtain(images, "ab")
    assert (disk.there, said) == (["a", "b"], [])


def test_one_that_is_there_and_comes_later_is_removed_after_one_that_is_not_needed(
    disk: Disk,
) -> None:
    disk.there = ["b", "x"]
    images = batch(disk, "ab")
    obtain(images, "a")
    assert disk.there == ["b", "a"]


def test_an_image_that_was_removed_is_fetched_in_the_place_of_one_that_is_over(
    disk: Disk,
) -> None:
    images = batch(disk, "abc")
    obtain(images, "abc")
    assert disk.there == ["a", "c"]
    with pytest.raises(NoRoomError):
        images.fetch(image("b"), kept={"a", "c"}, later=())
    images.fetch(image("b"), kept={"c"}, later=())
    assert disk.there == ["c", "b"]
    assert not images.is_gone(image("b"))


def test_one_that_can_not_be_fetched_again_is_a_fault_of_the_engine_and_forgotten(
    disk: Disk,
) -> None:
    images = batch(disk, "abc")
    obtain(images, "abc")
    disk.lost.add("b")
    with pytest.raises(EngineError, match=r"r\.org/b.*can't be pulled again: its registry"):
        images.fetch(image("b"), kept=(), later=())
    with pytest.raises(UsageError):
        obtain(batch(disk, "b"), "b")


def named(*registries: str) -> Image:
    """Return an image that is in several registries; the first one is what it was submitted by."""
    digests = tuple(f"{each}/a@sha256:a" for each in registries)
    return replace(image("a"), reference=digests[0], digests=tuple(sorted(digests)))


class Registries:
    """Stands for registries of which some have the image, others deny it, and most don't answer."""

    def __init__(self, *have: str, deny: Sequence[str] = ()) -> None:
        self.have, self.deny, self.asked = have, deny, list[str]()

    def __call__(
        self, _engine: object, reference: str, pull: Pull, _say: object, _registries: object
    ) -> Image:
        if pull is Pull.NEVER:
            raise UsageError("the engine has no such image")
        host = reference.partition("/")[0]
        self.asked.append(host)
        if host in self.have:
            return image("a")
        raise UsageError("denied") if host in self.deny else EngineError(f"{host}: no answer")


def test_a_registry_of_others_that_does_not_answer_keeps_no_image_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who copies an image into a registry of its own could stop its author's evaluation there."""

    def ask(registries: Registries, names: Image) -> bool:
        monkeypatch.setattr("runner.sandbox.pulled_images.obtain_image", registries)
        return obtain_again(cast("Engine", None), names, print)

    of_author = Registries("z.org")
    assert ask(of_author, named("z.org", "a.org"))
    assert of_author.asked == ["z.org"]
    assert ask(Registries("b.org"), named("z.org", "a.org", "b.org"))
    assert not ask(Registries(deny=["z.org", "a.org"]), named("z.org", "a.org"))
    with pytest.raises(EngineError, match=r"z\.org: no answer"):  # control
        ask(Registries(), named("z.org", "a.org"))
    with pytest.raises(EngineError, match=r"a\.org: no answer"):
        ask(Registries(deny=["z.org"]), named("z.org", "a.org"))


def test_an_earlier_batch_removed_it_then_it_is_pulled_only_for_its_cases(disk: Disk) -> None:
    obtain(batch(disk, "abc"), "abc")
    images = batch(disk, "ab")
    assert images.obtain(image("b").reference, Pull.MISSING) == image("b")
    assert images.is_gone(image("b"))
    assert disk.there == ["a", "c"]


@pytest.mark.parametrize(
    ("pull", "registries"), [(Pull.ALWAYS, None), (Pull.MISSING, ["another.org"])]
)
def test_control_it_is_pulled_at_once_if_asked_to_and_refused_from_a_registry_not_allowed(
    disk: Disk, pull: Pull, registries: list[str] | None
) -> None:
    """The stand-in for the pull is what refuses, or not."""
    obtain(batch(disk, "abc"), "abc")
    images = batch(disk, "b", registries=registries)
    obtain(images, "b", pull)
    assert "b" in disk.there


def test_while_others_may_need_the_images_none_is_removed(disk: Disk) -> None:
    disk.is_shared = True
    said: list[str] = []
    images = batch(disk, "abc", said)
    obtain(images, "ab")
    with pytest.raises(NoRoomError, match="another evaluation is running") as refused:
        obtain(images, "c")
    assert refused.value.needed_bytes == 1
    assert disk.there == ["a", "b"]
    disk.is_shared = False  # control
    obtain(images, "c")
    assert disk.there == ["a", "c"]


@pytest.mark.parametrize("is_guess", [False, True])
def test_images_are_removed_though_they_are_less_than_what_is_guessed_to_be_needed(
    disk: Disk, is_guess: bool
) -> None:
    """One of 3 GiB had no room where 3 were free and 2 could be removed: 6 were guessed."""
    images = batch(disk, "ab")
    obtain(images, "a")
    disk.first_fault = LackOfRoomError("x: no room", disk.removable_bytes + 1, is_guess=is_guess)
    with nullcontext() if is_guess else pytest.raises(LackOfRoomError, match="no room"):
        obtain(images, "b")
    assert disk.there == (["b"] if is_guess else ["a"])


@pytest.mark.parametrize("asks", [False, True])
def test_a_registry_that_was_asked_is_never_said_not_to_have_been(disk: Disk, asks: bool) -> None:
    images = batch(disk, "abc")
    obtain(images, "a")
    disk.most = 0
    if asks:
        disk.first_fault = LackOfRoomError("x: its layers have no room", 1)
    with pytest.raises(LackOfRoomError, match="no room") as refused:
        obtain(images, "b")
    assert isinstance(refused.value, NoRoomError) is not asks


def test_if_the_engine_is_lost_meanwhile_each_image_is_looked_for_before_its_cases(
    disk: Disk,
) -> None:
    images = batch(disk, "abc")
    obtain(images, "ab")
    disk.is_lost = True
    with pytest.raises(EngineError, match="does not answer"):
        obtain(images, "c")
    assert (disk.there, [images.is_gone(image(name)) for name in "ab"]) == (["a"], [True, True])
    for name in "ab":
        images.fetch(image(name), kept="ab", later=())
    assert disk.there == ["a", "b"]
    assert [images.is_gone(image(name)) for name in "ab"] == [False, False]


def test_after_the_end_nothing_is_removed(disk: Disk) -> None:
    images = batch(disk, "abc")
    obtain(images, "ab")
    images.close()
    with pytest.raises(NoRoomError):
        obtain(images, "c")
    assert disk.there == ["a", "b"]


def test_what_is_known_of_a_removed_image_is_of_one_engine(disk: Disk) -> None:
    remember(cast("Engine", disk), image("a"))
    assert recall(cast("Engine", disk), image("a").reference) == image("a")
    assert recall(cast("Engine", disk), image("b").reference) is None
    disk.fetch_info = lambda: {"Name": "another"}  # type: ignore[method-assign]
    assert recall(cast("Engine", disk), image("a").reference) is None
