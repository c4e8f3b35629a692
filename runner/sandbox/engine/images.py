"""The images of the container engine: looked up, pulled, built, saved and loaded."""

import io
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from difflib import get_close_matches
from functools import cached_property
from http import HTTPStatus
from typing import Any, BinaryIO, cast

from docker.errors import NotFound

from runner.errors import (
    BuildError,
    EngineError,
    EngineRefusedError,
    NotOnEngineError,
    UsageError,
)
from runner.progress import Say
from runner.sandbox.engine.build import follow_build
from runner.sandbox.engine.image import Image, platform_fault, read_image
from runner.sandbox.engine.image_names import require_reference
from runner.sandbox.engine.pull import Pull, pull_image
from runner.sandbox.engine.registries import registry_fault
from runner.sandbox.engine.sdk_errors import engine_errors
from runner.untrusted import printable

NEAR_NAME = 0.65
"""How alike two names of images are, from 0 to 1, if one may be meant by the other."""

_LOADED = re.compile(r"Loaded image ID: (sha256:[0-9a-f]{64})")


class Images:
    """The images of one engine; ``Engine.images`` holds it.

    Every method raises an EngineError as the methods of ``Engine`` do.
    """

    def __init__(self, api: Any, fetch_info: Callable[[], Mapping[str, Any]]) -> None:
        self._api, self._fetch_info = api, fetch_info

    def inspect(self, reference: str) -> Image:
        """Return the image that a reference names now."""
        with engine_errors(f"look up the image {reference}"):
            return read_image(reference, self._api.inspect_image(reference))

    def settings(self, reference: str) -> Mapping[str, Any]:
        """Return all settings of an image, as the engine names them."""
        with engine_errors(f"look up the image {reference}"):
            return cast("Mapping[str, Any]", self._api.inspect_image(reference)["Config"])

    def resolve(self, reference: str) -> Image:
        """Return the image that a user's reference names now. Never pulls.

        Raises:
            UsageError: the engine has no such image.
        """
        require_reference(reference)
        try:
            return self.inspect(reference)
        except NotOnEngineError as error:
            near = get_close_matches(reference, self._names_of_images(), 1, NEAR_NAME)
            raise UsageError(
                f"{reference}: the engine has no such image. "
                + (f"Did you mean {near[0]}? " if near else "")
                + f"Build it with `runner build DIR -t {reference}`, or get it with "
                f"`docker pull {reference}` (`runner evaluate --pull missing` does that)."
            ) from error
        except EngineRefusedError as error:
            if error.status != HTTPStatus.BAD_REQUEST:
                raise
            raise UsageError(
                f"{reference}: not an image's name ({error}). Names are lower case. Quote a "
                "--suite glob; otherwise the shell replaces it by the names of files."
            ) from error

    def _names_of_images(self) -> list[str]:
        with engine_errors("list its images"):
            tags = [tag for image in self._api.images() for tag in image.get("RepoTags") or ()]
        return [tag.removesuffix(":latest") for tag in tags]

    def obtain(
        self, reference: str, pull: Pull, say: Say, registries: Sequence[str] | None = None
    ) -> Image:
        """Return the image that a reference names now; pull it first if asked to.

        The image is identified by its ID from then on, so the registry is not needed again.

        Args:
            registries: where it may be pulled from; None for anywhere.

        Raises:
            UsageError: neither the engine nor the registry has such an image, it is too large, or
                its registry is not allowed.
            LackOfRoomError: the engine's disk has no room.
            EngineError: the registry can't be reached.
        """
        require_reference(reference)
        if pull is Pull.MISSING:
            with suppress(UsageError):
                return self.resolve(reference)
        if pull is not Pull.NEVER:
            fault = None if registries is None else registry_fault(reference, registries)
            if fault is not None:
                raise UsageError(f"{reference}: {fault}. --registry adds one that you trust.")
            pull_image(self._api, self._fetch_info(), reference, say)
        return self.resolve(reference)

    @cached_property
    def _architecture(self) -> str:
        return str(self._fetch_info()["Architecture"])

    def require_platform(self, image: Image) -> None:
        """Refuse an image that is for another platform than this engine's.

        Raises:
            UsageError: it is; says what to do.
        """
        fault = platform_fault(image, self._architecture)
        if fault is not None:
            raise UsageError(f"{image.reference}: {fault}")

    def pull_for(self, platform: str, reference: str, own_name: str, say: Say) -> Image:
        """Pull an image for a platform and give it a name of its own, ``repository:tag``.

        The reference goes on naming what it named before, if that was anything.

        Raises:
            UsageError: the registry has no such image for the platform.
            EngineError: the registry can't be reached.
        """
        before = self.find_built(reference)
        try:
            pull_image(self._api, self._fetch_info(), reference, say, platform)
            self._tag(self.inspect(reference).id, own_name)
        finally:  # also after an interrupt: builds for the engine's platform go by this name
            if before is not None:
                self._tag(before.id, reference)
            elif self.find_built(reference) is not None:
                self.remove_name(reference)
        return self.inspect(own_name)

    def _tag(self, image_id: str, name: str) -> None:
        repository, _, tag = name.rpartition(":")
        with engine_errors(f"name the image {name}"):
            self._api.tag(image_id, repository, tag)

    def find_built(self, tag: str) -> Image | None:
        """Return the image that a tag names before a build, or None if there is none.

        Raises:
            UsageError: the tag is not a valid name of an image.
        """
        try:
            return self.inspect(tag)
        except NotOnEngineError:
            return None
        except EngineRefusedError as error:
            if not error.blames_request:
                raise
            raise UsageError(
                f"{tag}: not a name for an image ({error.reason}). Names are lower case, "
                f"e.g. -t {tag.lower()}"
            ) from error

    def build(
        self,
        context: BinaryIO,
        tag: str,
        labels: Mapping[str, str],
        build_args: Mapping[str, str],
        say: Say,
        platform: str | None = None,
    ) -> Image:
        """Build an image from a context, tag it, and return it. No step has a network.

        Args:
            context: a tar.
            platform: that it is for, e.g. ``linux/arm64``; None for the engine's own.
            say: called with each step of the Dockerfile as it begins.

        Raises:
            BuildError: a step of the Dockerfile failed; holds the end of the engine's output.
        """
        try:
            with engine_errors(f"build {tag}"):
                said = self._api.build(
                    fileobj=context,
                    custom_context=True,
                    tag=tag,
                    buildargs=dict(build_args),
                    labels=dict(labels),
                    network_mode="none",
                    rm=True,
                    forcerm=True,
                    use_config_proxy=False,
                    decode=True,
                    platform=platform,
                )
                follow_build(said, tag, say)
        except EngineRefusedError as error:
            if not error.blames_request:
                raise
            raise BuildError(f"{tag} can't be built: {error.reason}") from error
        return self.inspect(tag)

    def list_named(self, besides: Collection[str] = ()) -> list[Image]:
        """Return every image that has a name, each under one of its names.

        Args:
            besides: IDs of images that are left out.
        """
        with engine_errors("list the images"):
            listed = [(one["Id"], one.get("RepoTags") or ()) for one in self._api.images()]
        images = []
        for image_id, names in listed:
            named = next((name for name in names if name != "<none>:<none>"), None)
            if named is not None and image_id not in besides:
                with suppress(NotOnEngineError):  # removed meanwhile
                    images.append(replace(self.inspect(image_id), reference=named))
        return images

    def list_names(self) -> dict[str, frozenset[str]]:
        """Return every image by its ID, with its names: by tag and by registry digest."""
        with engine_errors("list the images"):
            listed = self._api.images(all=True)
        return {
            one["Id"]: frozenset(
                name
                for name in (*(one.get("RepoTags") or ()), *(one.get("RepoDigests") or ()))
                if not name.startswith("<none>")
            )
            for one in listed
        }

    def list_sizes(self) -> dict[str, int]:
        """Return the bytes of all layers of every image, by its ID; images share layers."""
        with engine_errors("list the images"):
            return {one["Id"]: int(one["Size"]) for one in self._api.images(all=True)}

    def find_place(self, image_id: str) -> str:
        """Return where the engine keeps an image: elsewhere if it was removed and came again.

        Empty if the engine has it no more, or does not say where.
        """
        with engine_errors(f"look up the image {image_id}"), suppress(NotFound):
            kept = self._api.inspect_image(image_id).get("GraphDriver") or {}
            return json.dumps(kept.get("Data") or {}, sort_keys=True)
        return ""

    @contextmanager
    def saved(self, image_id: str) -> Iterator[BinaryIO]:
        """Yield an image as `docker save` writes it, a tar; errors in the block are converted."""
        with engine_errors(f"save the image {image_id}"):
            chunks = self._api.get_image(image_id)
            with closing(chunks), io.BufferedReader(_Chunks(chunks)) as stream:
                yield cast("BinaryIO", stream)

    def load(self, archive: Iterator[bytes]) -> str | None:
        """Load a tar of one image without a name; return the ID that the engine says, if any."""
        said = None
        with engine_errors("load an image"):
            for event in self._api.load_image(archive):
                if "error" in event:
                    raise EngineError(
                        "The engine could not load the image: "
                        f"{printable(str(event['error']))}. Is the host's disk full?"
                    )
                if match := _LOADED.search(str(event.get("stream", ""))):
                    said = match[1]
        return said

    def make(self, archive: bytes, repository: str, tag: str) -> Image:
        """Make an image with one layer, a tar, and return it."""
        reference = f"{repository}:{tag}"
        with engine_errors(f"make the image {reference}"):
            self._api.import_image_from_data(archive, repository=repository, tag=tag)
        return self.inspect(reference)

    def remove_name(self, name: str) -> None:
        """Take a name of an image away; the image goes if nobody uses it. No force is used.

        A name that is already gone is no error.
        """
        with engine_errors(f"remove the image {name}"), suppress(NotFound):
            self._api.remove_image(name)


class _Chunks(io.RawIOBase):
    """A stream of chunks as a file to read."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._left = chunks, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._left = chunk
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count
