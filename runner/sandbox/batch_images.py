"""The images of a batch, where the engine's disk may have no room for all of them at once.

An image that the runner pulled is removed where another has no room, and pulled again, by its
digest, before its cases.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TypeVar

from runner.errors import EngineError, LackOfRoomError, NoRoomError, NotOnEngineError
from runner.files.locks import SharedDirectory
from runner.progress import Say
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.image import Image
from runner.sandbox.engine.pull import Pull
from runner.sandbox.engine.registries import registry_fault
from runner.sandbox.pulled_images import (
    PulledImage,
    images_in_use,
    make_room,
    obtain_again,
    obtain_image,
)
from runner.sandbox.removed_images import forget, recall

MEGABYTE = 1_000_000  # as `docker images` counts

MOST_WAIT_SECONDS = 600
"""How long room is waited for while another evaluation runs, which may need the images."""

LOOK_SECONDS = 1

OF_ANOTHER = "an image of an earlier evaluation"
"""Not its name: in a competition others read what is said, and could submit that image too."""

Obtained = TypeVar("Obtained")


class BatchImages:
    """The images of one batch. Made by ``open_batch_images``.

    Attributes:
        engine: the engine that they are on.
        registries: where they may be pulled from; None for anywhere.
        token: of the sandbox in which their cases run, once it is open.
    """

    def __init__(
        self,
        engine: Engine,
        references: Sequence[str],
        registries: Sequence[str] | None,
        in_use: SharedDirectory | None,
        say: Say,
    ) -> None:
        self.engine, self.registries = engine, registries
        self.token: str | None = None
        self._references, self._in_use, self._say = references, in_use, say
        self._found: dict[str, Image] = {}
        self._gone: set[str] = set()
        self._changing = threading.Lock()
        self._closed = threading.Event()
        self._patience_seconds = MOST_WAIT_SECONDS

    def obtain(self, reference: str, pull: Pull) -> Image:
        """Return the image that a reference names, pulled if asked to; found once, it stays that.

        An image that was removed to make room, by this batch or an earlier one, is not pulled here.

        Raises:
            UsageError: neither the engine nor the registry has such an image, or it may not be had.
            LackOfRoomError: the engine's disk has no room, even without what may be removed.
            EngineError: the registry can't be reached.
        """
        if reference not in self._found:
            removed = self._find_removed(reference) if pull is Pull.MISSING else None
            self._found[reference] = removed or self._pull(reference, pull)
        return self._found[reference]

    def _find_removed(self, reference: str) -> Image | None:
        """Return an image that an earlier batch removed to make room, if the engine lacks it."""
        image, allowed = recall(self.engine, reference), self.registries
        if image is None or (allowed is not None and registry_fault(reference, allowed)):
            return None
        try:
            self.engine.images.inspect(reference)
        except NotOnEngineError:
            self._gone.add(image.id)
            return image
        return None

    def _pull(self, reference: str, pull: Pull) -> Image:
        image = self._with_room(
            reference,
            lambda: obtain_image(self.engine, reference, pull, self._say, self.registries),
            (),
            self._needed,
        )
        self._gone.discard(image.id)
        return image

    def is_gone(self, image: Image) -> bool:
        """Return whether an image was removed to make room, and is not back."""
        return image.id in self._gone

    def fetch(self, image: Image, kept: Collection[str], later: Sequence[str]) -> None:
        """Pull an image again that was removed to make room.

        Args:
            kept: the IDs of images that must not be removed for it.
            later: of those that are needed after it, the one that is needed first comes first.

        Raises:
            LackOfRoomError: the engine's disk has no room, even without what may be removed.
            EngineError: the image can't be pulled again.
        """
        lost = f"{image.reference}: it was removed to make room, and can't be pulled again"
        try:
            is_back = self._with_room(
                image.reference,
                lambda: obtain_again(self.engine, image, self._say, self.registries),
                kept,
                lambda: later,
            )
        except LackOfRoomError:
            raise
        except EngineError as error:
            raise EngineError(f"{lost}. {error}") from error
        if not is_back:
            forget(image)
            known = ", ".join(image.digests)
            raise EngineError(f"{lost}: its registry does not have {known} any more, or denies it.")
        self._gone.discard(image.id)

    def close(self) -> None:
        """Remove no image from now on, and wait for none."""
        self._closed.set()
        with self._changing:
            self._in_use = None

    def _needed(self) -> list[str]:
        """Return the IDs of the batch's images that are known, in its order."""
        known = {**self._at_first, **{name: image.id for name, image in self._found.items()}}
        return [known[reference] for reference in self._references if reference in known]

    @cached_property
    def _at_first(self) -> dict[str, str]:
        """Return the IDs of those that were on the engine before any was removed."""
        known = {}
        for reference in self._references:
            with suppress(EngineError):
                known[reference] = self.engine.images.inspect(reference).id
        return known

    def _with_room(
        self,
        reference: str,
        pull: Callable[[], Obtained],
        kept: Collection[str],
        later: Callable[[], Sequence[str]],
    ) -> Obtained:
        """Return what a pull returns; remove images until it has room."""
        kind: type[LackOfRoomError] = NoRoomError
        while True:
            try:
                return pull()
            except LackOfRoomError as error:
                if not isinstance(error, NoRoomError):
                    kind = LackOfRoomError  # a registry was asked, whatever the next pull says
                removed = self._make_room(reference, error, kept, later())
                if not removed:
                    others = (
                        " No image was removed to make room: another evaluation is running, which "
                        "may need them."
                    )
                    told = str(error) if removed is not None else f"{error}{others}"
                    raise kind(told, error.needed_bytes, is_guess=error.is_guess) from error

    def _make_room(
        self, reference: str, lack: LackOfRoomError, kept: Collection[str], later: Sequence[str]
    ) -> list[str] | None:
        """Remove images that are needed last; return their IDs. None if others may need them."""

        def order(recorded: Sequence[str]) -> list[str]:
            return order_of_removal(recorded, kept, later)

        until = time.monotonic() + self._patience_seconds
        is_told = False
        while True:
            with self._changing:
                if self._in_use is None:
                    return []
                try:
                    removed = make_room(
                        self.engine,
                        self._in_use,
                        lack.needed_bytes,
                        order,
                        self.token,
                        is_guess=lack.is_guess,
                    )
                except EngineError:  # some may have been removed; one that is there is found again
                    self._gone.update(image.id for image in self._found.values())
                    raise
                for image, one in removed or ():
                    self._gone.add(image.id)
                    name = one.name if image.id in self._needed() else OF_ANOTHER
                    self._say(_describe(name, one, reference, is_needed=image.id in later))
            if removed is not None:
                self._patience_seconds = MOST_WAIT_SECONDS
                return [image.id for image, _ in removed]
            if time.monotonic() > until:
                self._patience_seconds = 0  # the next ones do not wait as long again
                return None
            if not is_told:
                self._say(f"{reference}: waiting for room, as another evaluation is running")
                is_told = True
            self._closed.wait(LOOK_SECONDS)


def order_of_removal(
    recorded: Sequence[str], kept: Collection[str], later: Sequence[str]
) -> list[str]:
    """Return which images may be removed to make room, the first to go first. Pure.

    Those that the batch needs no more come first, then the one that it needs last.

    Args:
        recorded: the IDs of those that the runner pulled, the longest ago first.
        kept: of those that must stay.
        later: of those that the batch needs, the one that it needs first comes first.
    """
    unneeded = [one for one in recorded if one not in later]
    needed_last_first = [one for one in reversed(dict.fromkeys(later)) if one in recorded]
    return [one for one in (*unneeded, *needed_last_first) if one not in kept]


def _describe(name: str, removed: PulledImage, reference: str, *, is_needed: bool) -> str:
    again = "; it is pulled again before its cases" if is_needed else ""
    size = f"{removed.size_bytes / MEGABYTE:.0f} MB with what others share"
    return f"{name}: removed to make room for {reference} ({size}){again}"


@contextmanager
def open_batch_images(
    engine: Engine, references: Sequence[str], registries: Sequence[str] | None, say: Say
) -> Iterator[BatchImages]:
    """Yield the images of a batch; nobody else removes one of them meanwhile.

    Args:
        references: what names them, in the batch's order.
        registries: where they may be pulled from; None for anywhere.
    """
    with images_in_use() as in_use:
        images = BatchImages(engine, references, registries, in_use, say)
        try:
            yield images
        finally:
            images.close()
