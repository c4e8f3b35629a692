"""Images that evaluations pulled, so that `runner gc --images` can remove them, and no others.

The runner's own record says which: one small file per image. An image that was on the engine before
is not in it, nor one that took over a name that the engine had: these are the user's.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from runner.errors import EngineRefusedError, NotOnEngineError, UsageError
from runner.files.locks import locked_directory, unheld_directory
from runner.files.user_directories import state_directory
from runner.files.whole_writes import whole_file
from runner.progress import Say
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.host import engine_identity
from runner.sandbox.engine.image import Image
from runner.sandbox.engine.pull import Pull
from runner.sandbox.live_runs import anyone_lives


class _Record(BaseModel):
    """An image that the runner pulled, by its ID, and the names that came by its pulls."""

    model_config = ConfigDict(defer_build=True)

    engine: str
    image: str
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


@contextmanager
def images_in_use() -> Iterator[None]:
    """Let ``remove_pulled`` of other processes remove nothing while the block lasts."""
    with ExitStack() as held:
        with suppress(OSError, UsageError):  # what can't be recorded is not removed either
            folder = _folder()
            folder.mkdir(parents=True, exist_ok=True)
            held.enter_context(locked_directory(folder, is_shared=True))
        yield


def remove_pulled(engine: Engine) -> list[PulledImage] | None:
    """Remove the recorded images that nobody uses; return all of them, also those that stay.

    None if an evaluation of this user is running, which may need them: nothing is removed then.

    A name that the runner did not give, or a container, shows that somebody uses an image. Only the
    names that came by the pull are taken away, and the engine is not forced: if a user names an
    image at this moment, it stays.
    """
    folder = _folder()
    if not folder.is_dir():
        return []
    with suppress(BlockingIOError), unheld_directory(folder):
        return None if anyone_lives() else list(_remove_all(engine, folder))
    return None


def _remove_all(engine: Engine, folder: Path) -> Iterator[PulledImage]:
    identity, named, used = _identity(engine), engine.images.list_names(), engine.list_used_images()
    for path in sorted(folder.glob("*.json")):
        recorded = _read(path)
        if recorded is None or recorded.engine != identity:
            continue
        image_id, ours = recorded.image, frozenset(recorded.names)
        try:
            size_bytes = engine.images.inspect(image_id).size_bytes
        except NotOnEngineError:
            path.unlink(missing_ok=True)
            continue
        names = named.get(image_id, frozenset())
        name = min(names & ours, default=image_id)
        reason = _why_kept(names, ours, is_used=image_id in used)
        if reason is None:
            reason = _remove_names(engine, sorted(names) or [image_id])
        if reason is None:
            path.unlink(missing_ok=True)
        yield PulledImage(name, size_bytes, reason)


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
        recorded = _read(path)
        known = () if recorded is None else recorded.names
        is_users = image.id in before and recorded is None
        if is_users or new & _names_of_user(identity, new, before):
            path.unlink(missing_ok=True)
            return
        record = _Record(engine=identity, image=image.id, names=tuple(sorted({*known, *new})))
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path, is_durable=False) as file:
            file.write(record.model_dump_json().encode())


def _names_of_user(
    identity: str, new: frozenset[str], before: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """Return the names that images had of which some are new ones' now, those of pulls left out."""
    found: set[str] = set()
    for image_id, names in before.items():
        if new & names:
            recorded = _read(_path(identity, image_id))
            found |= names - set(() if recorded is None else recorded.names)
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
