"""Images that hold what a predictor needs besides its own files; each is made once, and kept.

The runner's own record says which image was made of what: a tag or a label proves nothing, as any
image that is loaded may have it. The tag only protects the image from `docker image prune`.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from runner.errors import NotOnEngineError, UsageError
from runner.files.locks import locked_directory, unheld_directory
from runner.files.user_directories import state_directory
from runner.files.whole_writes import whole_file
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.host import engine_identity
from runner.sandbox.engine.image import Image

REPOSITORY = "runner-packages"

_TAG_DIGITS = 12


@dataclass(frozen=True)
class PackageImages:
    """The images of packages on one engine; ``open_package_images`` makes it."""

    engine: Engine
    identity: str
    folder: Path

    def obtain(self, sources: object, make: Callable[[str], Image]) -> Image:
        """Return the image that was made of these sources; make it if the engine lacks it.

        Args:
            sources: all that decides what the image holds, as JSON.
            make: makes it, and gives it a tag.
        """
        text = json.dumps([self.identity, sources], sort_keys=True)
        key = hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()
        recorded = self.folder / f"{key}.json"
        with suppress(OSError, ValueError, LookupError, NotOnEngineError):
            return self.engine.images.inspect(str(json.loads(recorded.read_bytes())["image"]))
        image = make(f"{REPOSITORY}:{key[:_TAG_DIGITS]}")
        with _recording(self.folder), whole_file(recorded, is_durable=False) as file:
            file.write(json.dumps({"engine": self.identity, "image": image.id}).encode())
        return image


@contextmanager
def open_package_images(engine: Engine) -> Iterator[PackageImages]:
    """Yield the images of packages; `runner gc` removes none of them meanwhile.

    Raises:
        UsageError: the record can't be written.
    """
    folder = _record()
    with ExitStack() as held:
        with _recording(folder):
            folder.mkdir(parents=True, exist_ok=True)
            held.enter_context(locked_directory(folder, is_shared=True))
        yield PackageImages(engine, engine_identity(engine.fetch_info()), folder)


@contextmanager
def _recording(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{folder}: can't be used ({error.strerror or error}). The runner records there which "
            "images of packages it has made; set XDG_STATE_HOME to a writable directory."
        ) from error


@dataclass(frozen=True)
class Unused:
    """An image of packages that was removed, because no image with a name stands on it."""

    tag: str
    size_bytes: int


def remove_unused(engine: Engine) -> list[Unused]:
    """Remove the images of packages that no image with a name of its own stands on.

    While a build is running none is removed.
    """
    removed: list[Unused] = []
    with suppress(OSError), unheld_directory(_record()):
        images = _recorded(engine)
        used = [one.layers for one in engine.images.list_named() if one.id not in images]
        for path, image in sorted(images.values(), key=lambda one: -len(one[1].layers)):
            if any(layers[: len(image.layers)] == image.layers for layers in used):
                used.append(image.layers)
                continue
            tag = f"{REPOSITORY}:{path.stem[:_TAG_DIGITS]}"
            engine.remove("image", tag)
            path.unlink(missing_ok=True)
            removed.append(Unused(tag, image.size_bytes))
    return removed


def _recorded(engine: Engine) -> dict[str, tuple[Path, Image]]:
    """Return the recorded images that this engine has, by ID; forget those that it lacks."""
    identity = engine_identity(engine.fetch_info())
    found = {}
    for path in _record().glob("*.json"):
        with suppress(ValueError, LookupError):
            record = json.loads(path.read_bytes())
            if record["engine"] == identity:
                try:
                    image = engine.images.inspect(str(record["image"]))
                except NotOnEngineError:
                    path.unlink(missing_ok=True)
                else:
                    found[image.id] = (path, image)
    return found


def _record() -> Path:
    return state_directory() / "packages"
