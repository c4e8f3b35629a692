"""What is known of images that were removed to make room, by their digests in registries.

A digest names the same image for ever. So an image whose cases have all finished need not be pulled
to find that out.
"""

import hashlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from runner.errors import UsageError
from runner.files.user_directories import state_directory
from runner.files.whole_writes import whole_file
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.host import engine_identity
from runner.sandbox.engine.image import Image


class _Known(BaseModel):
    """An image that an engine had."""

    model_config = ConfigDict(defer_build=True)

    engine: str
    image: Image


def remember(engine: Engine, image: Image) -> None:
    """Keep what is known of an image under each of its digests, if that can be kept."""
    known = _Known(engine=engine_identity(engine.fetch_info()), image=image)
    for digest in image.digests:
        with suppress(OSError, UsageError):
            path = _path(digest)
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(path, is_durable=False) as file:
                file.write(known.model_dump_json().encode())


def recall(engine: Engine, reference: str) -> Image | None:
    """Return the image that a reference by digest named on this engine, if that is known."""
    try:
        known = _Known.model_validate_json(_path(reference).read_bytes())
    except (OSError, UsageError, ValueError):
        return None
    is_of_this_engine = known.engine == engine_identity(engine.fetch_info())
    return replace(known.image, reference=reference) if is_of_this_engine else None


def forget(image: Image) -> None:
    """Forget an image."""
    for digest in image.digests:
        with suppress(OSError, UsageError):
            _path(digest).unlink(missing_ok=True)


def forget_all() -> None:
    """Forget all images, of all engines."""
    with suppress(OSError, UsageError):
        for path in _folder().glob("*.json"):
            path.unlink(missing_ok=True)


def _path(reference: str) -> Path:
    return _folder() / f"{hashlib.sha256(reference.encode()).hexdigest()}.json"


def _folder() -> Path:
    return state_directory() / "removed"
