"""Images that evaluations pulled, so that they can be removed again, and no others.

The runner's own record says which: one small file per image. An image that was on the engine before
is not in it, nor one that took over a name that the engine had: these are the user's. So is one
that was removed and is there again, which the place where the engine keeps it tells.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from runner.errors import (
    EngineError,
    EngineLostError,
    EngineRefusedError,
    LackOfRoomError,
    NotOnEngineError,
    UsageError,
)
from runner.files.locks import (
    SharedDirectory,
    locked_directory,
    shared_directory,
    unheld_directory,
)
from runner.files.user_directories import state_directory
from runner.files.whole_writes import whole_file
from runner.progress import Say
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.host import engine_identity
from runner.sandbox.engine.image import Image
from runner.sandbox.engine.pull import Pull
from runner.sandbox.engine.room import free_bytes
from runner.sandbox.live_runs import anyone_lives
from runner.sandbox.removed_images import forget_all, remember


class _Record(BaseModel):
    """An image that the runner pulled, its place, and the names that came by its pulls."""

    model_config = ConfigDict(defer_build=True)

    engine: str
    image: str
    place: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class PulledImage:
    """An image that the runner pulled.

    Attributes:
        name: one of its names.
        size_bytes: of all of its layers; others may share them.
        kept_because: why it is still there; None if it was removed.
    """

    name: str
    size_bytes: int
    kept_because: str | None = None


def obtain_image(
    engine: Engine, reference: str, pull: Pull, say: Say, registries: Sequence[str] | None = None
) -> Image:
    """Do what ``Engine.obtain_image`` does, and record an image that came by it."""
    if pull is not Pull.ALWAYS:
        try:
            return engine.images.resolve(reference)
        except UsageError:
            if pull is Pull.NEVER:
                raise
    before = engine.images.list_names()
    image = engine.images.obtain(reference, Pull.ALWAYS, say, registries)
    after = engine.images.list_names()
    new = after.get(image.id, frozenset()) - before.get(image.id, frozenset())
    _record(engine, image, new, before)
    return image


def obtain_again(
    engine: Engine, image: Image, say: Say, registries: Sequence[str] | None = None
) -> bool:
    """Return whether the engine has an image; pull it by one of its digests if it was missing.

    Others may have submitted the same image from a registry of theirs: that one does not answer is
    no reason not to ask the next, and the one that the image was named by comes first.

    Raises:
        LackOfRoomError: the engine's disk has no room.
        EngineError: a registry can't be reached, and no other has it.
    """
    fault: EngineError | None = None
    for reference in (image.id, *sorted(image.digests, key=image.reference.__ne__)):
        pull = Pull.NEVER if reference == image.id else Pull.MISSING
        try:
            if obtain_image(engine, reference, pull, say, registries).id == image.id:
                return True
        except (LackOfRoomError, EngineLostError):
            raise
        except EngineError as error:
            fault = fault or error
        except UsageError:
            pass  # the next one may have it
    if fault is not None:
        raise fault
    return False


@contextmanager
def images_in_use() -> Iterator[SharedDirectory | None]:
    """Let others remove no pulled image while the block lasts; yield what is held for that.

    None if nothing can be held: what can't be recorded is not removed either.
    """
    with ExitStack() as held:
        in_use = None
        with suppress(OSError, UsageError):
            folder = _folder()
            folder.mkdir(parents=True, exist_ok=True)
            in_use = held.enter_context(shared_directory(folder))
        yield in_use


def remove_pulled(engine: Engine) -> list[PulledImage] | None:
    """Remove the recorded images that nobody uses; return all of them, also those that stay.

    None if an evaluation of this user is running, which may need them: nothing is removed then.

    A name that the runner did not give, a container, or another image that stands on it, shows that
    somebody uses an image. Only the names that came by the pull are taken away, and the engine is
    not forced: if a user names an image at this moment, it stays.
    """
    folder = _folder()
    if not folder.is_dir():
        return []
    with suppress(BlockingIOError), locked_directory(folder.parent), unheld_directory(folder):
        if not anyone_lives():
            recorded = list(_find_recorded(engine, _read_all(engine, folder)))
            ids = {image.id for _, image, _ in recorded}
            forget_all()
            return [removed for _, removed in _remove(engine, recorded, ids)]
    return None


def make_room(
    engine: Engine,
    in_use: SharedDirectory,
    needed_bytes: int,
    order: Callable[[Sequence[str]], Sequence[str]],
    token: str | None = None,
    *,
    is_guess: bool = False,
) -> list[tuple[Image, PulledImage]] | None:
    """Remove recorded images that nobody uses until as much is free; remember and return those.

    None if another evaluation of this user is running, which may need them. Nothing is removed if
    all together would not be enough, unless how much is needed is a guess.

    Args:
        in_use: what this process holds.
        order: returns which of these images may go, the first to go first. It is given the IDs of
            all that are recorded, that first which was pulled the longest ago.
        token: of this process's own sandbox.
    """
    folder, info = _folder(), engine.fetch_info()
    recorded = {record.image: (path, record) for path, record in _read_all(engine, folder)}
    sizes = engine.images.list_sizes()
    chosen = [one for one in order(list(recorded)) if one in sizes]
    free = free_bytes(info)
    most = None if free is None else free + sum(sizes[one] for one in chosen)
    if most is None or (most < needed_bytes and not is_guess):
        return []
    with suppress(BlockingIOError), locked_directory(folder.parent), in_use.alone():
        if not anyone_lives(token):
            found = _remembered(engine, _find_recorded(engine, [recorded[one] for one in chosen]))
            removed = []
            for image, one in _remove(engine, found, recorded):
                if one.kept_because is None:
                    removed.append((image, one))
                if (free_bytes(info) or 0) >= needed_bytes:
                    break
            return removed
    return None


def _remembered(
    engine: Engine, recorded: Iterable[tuple[Path, Image, frozenset[str]]]
) -> Iterator[tuple[Path, Image, frozenset[str]]]:
    """Yield images to remove, each remembered first: this may be killed while the engine removes.

    Else a later batch would pull it only to tell of its report.
    """
    for one in recorded:
        remember(engine, one[1])
        yield one


def _remove(
    engine: Engine, recorded: Iterable[tuple[Path, Image, frozenset[str]]], ids: Collection[str]
) -> Iterator[tuple[Image, PulledImage]]:
    """Remove images as they are asked for, if nobody uses them; yield each, removed or not.

    Args:
        recorded: the images, each with its record's file and the names that came by pulls.
        ids: of all recorded images: of these none stands on another.
    """
    named, used = engine.images.list_names(), engine.list_used_images()
    others = [one.layers for one in engine.images.list_named(besides=ids)]
    for path, image, ours in recorded:
        names = named.get(image.id, frozenset())
        name = min(names & ours, default=image.id)
        reason = _why_kept(names, ours, is_used=image.id in used)
        if reason is None and any(each[: len(image.layers)] == image.layers for each in others):
            reason = "another image stands on it"
        if reason is None:
            reason = _remove_names(engine, sorted(names) or [image.id])
        if reason is None:
            path.unlink(missing_ok=True)
        yield image, PulledImage(name, image.size_bytes, reason)


def _read_all(engine: Engine, folder: Path) -> list[tuple[Path, _Record]]:
    """Return the records of an engine's images; that first which was written the longest ago."""
    identity = _identity(engine)
    read = ((path, _read(path)) for path in sorted(folder.glob("*.json"), key=_written_at))
    return [(path, one) for path, one in read if one is not None and one.engine == identity]


def _written_at(path: Path) -> float:
    with suppress(OSError):  # removed meanwhile
        return path.stat().st_mtime
    return 0.0


def _find_recorded(
    engine: Engine, records: Iterable[tuple[Path, _Record]]
) -> Iterator[tuple[Path, Image, frozenset[str]]]:
    """Yield each image that is still there, with its record's file and names; forget the others."""
    for path, recorded in records:
        image = _find_image(engine, recorded)
        if image is None:
            path.unlink(missing_ok=True)
        else:
            yield path, image, frozenset(recorded.names)


def _find_image(engine: Engine, recorded: _Record) -> Image | None:
    """Return a recorded image; None if the engine has it no more, or only since a later pull."""
    try:
        image = engine.images.inspect(recorded.image)
    except NotOnEngineError:
        return None
    return image if engine.images.find_place(image.id) == recorded.place else None


def _why_kept(names: frozenset[str], ours: frozenset[str], *, is_used: bool) -> str | None:
    """Return what shows that somebody uses an image, or None."""
    if names - ours:
        return f"it is named {min(names - ours)} too"
    return "a container uses it" if is_used else None


def _remove_names(engine: Engine, names: Sequence[str]) -> str | None:
    """Take an image's names away; return why the engine would not."""
    for name in names:
        try:
            engine.images.remove_name(name)
        except EngineRefusedError as error:
            return error.reason
    return None


def _record(
    engine: Engine, image: Image, new: frozenset[str], before: Mapping[str, frozenset[str]]
) -> None:
    """Record an image that the engine did not have; of a recorded one, add what it is named now."""
    identity = _identity(engine)
    with suppress(OSError, UsageError):
        path = _path(identity, image.id)
        known = _recorded_names(engine, path) if image.id in before else frozenset()
        if known is None or new & _names_of_user(engine, identity, new, before):
            path.unlink(missing_ok=True)
            return
        place, names = engine.images.find_place(image.id), tuple(sorted({*known, *new}))
        record = _Record(engine=identity, image=image.id, place=place, names=names)
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path, is_durable=False) as file:
            file.write(record.model_dump_json().encode())


def _recorded_names(engine: Engine, path: Path) -> frozenset[str] | None:
    """Return the names that came by pulls of the runner; None of an image that is the user's."""
    recorded = _read(path)
    if recorded is None or _find_image(engine, recorded) is None:
        return None
    return frozenset(recorded.names)


def _names_of_user(
    engine: Engine, identity: str, new: frozenset[str], before: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """Return the names that images had of which some are new ones' now, those of pulls left out."""
    found: set[str] = set()
    for image_id, names in before.items():
        if new & names:
            found |= names - (_recorded_names(engine, _path(identity, image_id)) or frozenset())
    return frozenset(found)


def _path(identity: str, image_id: str) -> Path:
    """Return where an image is recorded."""
    key = hashlib.sha256(f"{identity} {image_id}".encode()).hexdigest()
    return _folder() / f"{key}.json"


def _read(path: Path) -> _Record | None:
    """Return what is recorded of an image; None if there is no record, or it is broken."""
    try:
        return _Record.model_validate_json(path.read_bytes())
    except (OSError, ValueError):
        return None


def _identity(engine: Engine) -> str:
    return engine_identity(engine.fetch_info())


def _folder() -> Path:
    return state_directory() / "pulled"
