"""The container engine, as the whole runner uses it; only this folder imports Docker's SDK."""

import io
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from http import HTTPStatus
from typing import Any, BinaryIO, Literal, Self, cast

import docker
from docker.errors import APIError, NotFound

from runner.errors import (
    BuildError,
    EngineError,
    EngineLostError,
    EngineRefusedError,
    NotOnEngineError,
    UsageError,
)
from runner.progress import Say
from runner.sandbox.engine.build import follow_build
from runner.sandbox.engine.client import open_client
from runner.sandbox.engine.container import Container
from runner.sandbox.engine.credentials import find_credentials
from runner.sandbox.engine.docker_settings import find_endpoint
from runner.sandbox.engine.image import Image, platform_fault, read_image
from runner.sandbox.engine.pull import NOT_IN_REGISTRY, Pull, follow_pull, pull_error
from runner.sandbox.engine.registries import registry_fault
from runner.sandbox.engine.room import free_bytes, lack_of_room
from runner.sandbox.engine.sdk_errors import NO_CONNECTION, engine_errors
from runner.untrusted import printable

REQUEST_SECONDS = 120
"""How long one request to the engine may take before the engine counts as lost."""

MOST_CONNECTIONS = 100
"""How many connections to the engine are kept for the next request; threads may open more."""

ENGINE_RETURN_SECONDS = 60
"""How long an engine that is lost may take to come back, e.g. for an upgrade."""

NEAR_NAME = 0.65
"""How alike two names of images are, from 0 to 1, if one may be meant by the other."""

IN_PROGRESS = "is already in progress"
"""What the engine says if a container that is to be removed is being removed."""

_LOADED = re.compile(r"Loaded image ID: (sha256:[0-9a-f]{64})")

Kind = Literal["container", "volume", "network", "image"]


class Engine:
    """One container engine; several threads may use it at a time. ``Engine.connect`` makes it.

    Every method raises an EngineRefusedError if the engine refuses, a NotOnEngineError if the
    engine has no such object, and an EngineLostError if the engine does not answer.
    """

    def __init__(self, api: docker.APIClient) -> None:
        self._api: Any = api  # half of its methods have no types

    @classmethod
    def connect(cls) -> Self:
        """Return the engine that DOCKER_HOST or Docker's current context names.

        Raises:
            EngineLostError: no engine answers.
        """
        place = "the place that the environment names"
        try:
            endpoint = find_endpoint()
            place = endpoint.place
            api = open_client(endpoint, REQUEST_SECONDS, MOST_CONNECTIONS)
            api.ping()
        except NO_CONNECTION as error:
            if "Permission denied" in str(error):
                raise EngineLostError(
                    f"This user may not use the container engine at {place}. Add the user to the "
                    "group of its socket, which is usually docker (sudo usermod -aG docker USER, "
                    "then log in again), or point DOCKER_HOST to another engine."
                ) from error
            raise EngineLostError(
                f"No container engine answers at {place} "
                f"({error}). Start Docker, or point DOCKER_HOST to an engine; `docker info` shows "
                "whether it can be reached."
            ) from error
        return cls(api)

    def close(self) -> None:
        """Close the connections to the engine."""
        self._api.close()

    def answers(self) -> bool:
        """Return whether the engine answers."""
        try:
            self._ping()
        except EngineError:
            return False
        return True

    def await_answer(self, say: Say) -> None:
        """Return as soon as the engine answers; wait if it is being restarted.

        Raises:
            EngineError: it did not come back in time.
        """
        deadline = time.monotonic() + ENGINE_RETURN_SECONDS
        announced = False
        while True:
            try:
                self._ping()
            except EngineError:
                if time.monotonic() > deadline:
                    raise
            else:
                return
            if not announced:
                say(f"the engine does not answer; waiting for up to {ENGINE_RETURN_SECONDS} s")
                announced = True
            time.sleep(0.5)

    def _ping(self) -> None:
        with engine_errors("answer"):
            self._api.ping()

    def fetch_info(self) -> Mapping[str, Any]:
        """Return the engine's answer to ``GET /info``: what it and its host have."""
        with engine_errors("describe itself"):
            return cast("Mapping[str, Any]", self._api.info())

    def fetch_version(self) -> Mapping[str, Any]:
        """Return the engine's answer to ``GET /version``."""
        with engine_errors("tell its version"):
            return cast("Mapping[str, Any]", self._api.version())

    def describe_version(self) -> str:
        """Return the engine's name and version, for the record."""
        version = self.fetch_version()["Version"]
        return f"Docker API {self._api.api_version}, engine {version}"

    def inspect_image(self, reference: str) -> Image:
        """Return the image that a reference names now."""
        with engine_errors(f"look up the image {reference}"):
            return read_image(reference, self._api.inspect_image(reference))

    def resolve_image(self, reference: str) -> Image:
        """Return the image that a user's reference names now. Never pulls.

        Raises:
            UsageError: the engine has no such image.
        """
        try:
            return self.inspect_image(reference)
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

    def obtain_image(
        self, reference: str, pull: Pull, say: Say, registries: Sequence[str] | None = None
    ) -> Image:
        """Return the image that a reference names now; pull it first if asked to.

        The image is identified by its ID from then on, so the registry is not needed again.

        Args:
            registries: where it may be pulled from; None for anywhere.

        Raises:
            UsageError: neither the engine nor the registry has such an image, it is too large, or
                its registry is not allowed.
            EngineError: the registry can't be reached, or the engine's disk has no room.
        """
        if pull is Pull.MISSING:
            with suppress(UsageError):
                return self.resolve_image(reference)
        if pull is not Pull.NEVER:
            fault = None if registries is None else registry_fault(reference, registries)
            if fault is not None:
                raise UsageError(f"{reference}: {fault}. --registry adds one that you trust.")
            say(f"{reference}: pulling")
            self._pull(reference, say)
        return self.resolve_image(reference)

    def require_platform(self, image: Image) -> None:
        """Refuse an image that is for another platform than this engine's.

        Raises:
            UsageError: it is; says what to do.
        """
        fault = platform_fault(image, str(self.fetch_info()["Architecture"]))
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
        say(f"{reference}: pulling it for {platform}")
        try:
            self._pull(reference, say, platform)
            self._tag(self.inspect_image(reference).id, own_name)
        finally:  # also after an interrupt: builds for the engine's platform go by this name
            if before is not None:
                self._tag(before.id, reference)
            elif self.find_built(reference) is not None:
                self.remove("image", reference)
        return self.inspect_image(own_name)

    def _tag(self, image_id: str, name: str) -> None:
        repository, _, tag = name.rpartition(":")
        with engine_errors(f"name the image {name}"):
            self._api.tag(image_id, repository, tag)

    def _pull(self, reference: str, say: Say, platform: str | None = None) -> None:
        """Pull an image. No message has text of the registry: participants choose it."""
        credentials = find_credentials(reference)
        login = "If the registry needs a login, run `docker login` first."
        if credentials.complaint:
            login = f"The registry is asked without credentials, because {credentials.complaint}."
            say(f"{reference}: {login}")
        info = self.fetch_info()
        lack = lack_of_room(info)
        if lack is not None:
            raise EngineError(f"{reference} was not pulled. {lack}")
        try:
            with engine_errors(f"pull {reference}"):
                values = dict(credentials.values)
                events = self._api.pull(
                    reference, auth_config=values, stream=True, decode=True, platform=platform
                )
                with closing(events):  # otherwise the engine would go on with it
                    follow_pull(events, reference, say, free_bytes(info))
        except EngineRefusedError as error:
            if error.status not in NOT_IN_REGISTRY:
                raise pull_error(reference) from error
            raise UsageError(
                f"{reference}: its registry does not have it, or denies it. Check the name and the "
                f"tag. {login} `docker pull {reference}` shows what the registry says."
            ) from error

    def find_built(self, tag: str) -> Image | None:
        """Return the image that a tag names before a build, or None if there is none.

        Raises:
            UsageError: the tag is not a valid name of an image.
        """
        try:
            return self.inspect_image(tag)
        except NotOnEngineError:
            return None
        except EngineRefusedError as error:
            if not error.blames_request:
                raise
            raise UsageError(
                f"{tag}: not a name for an image ({error.reason}). Names are lower case, "
                f"e.g. -t {tag.lower()}"
            ) from error

    def build_image(
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
        return self.inspect_image(tag)

    def list_named(self) -> list[Image]:
        """Return every image that has a name, each under one of its names."""
        with engine_errors("list the images"):
            listed = [(one["Id"], one.get("RepoTags") or ()) for one in self._api.images()]
        images = []
        for image_id, names in listed:
            named = next((name for name in names if name != "<none>:<none>"), None)
            if named is not None:
                with suppress(NotOnEngineError):  # removed meanwhile
                    images.append(replace(self.inspect_image(image_id), reference=named))
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

    def list_used_images(self) -> frozenset[str]:
        """Return the IDs of the images of all containers, also of those that have ended."""
        with engine_errors("list the containers"):
            return frozenset(one["ImageID"] for one in self._api.containers(all=True))

    @contextmanager
    def saved_image(self, image_id: str) -> Iterator[BinaryIO]:
        """Yield an image as `docker save` writes it, a tar; errors in the block are converted."""
        with engine_errors(f"save the image {image_id}"):
            chunks = self._api.get_image(image_id)
            with closing(chunks), io.BufferedReader(_Chunks(chunks)) as stream:
                yield cast("BinaryIO", stream)

    def load_image(self, archive: Iterator[bytes]) -> str | None:
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

    def import_image(self, archive: bytes, repository: str, tag: str) -> Image:
        """Make an image with one layer, a tar, and return it."""
        reference = f"{repository}:{tag}"
        with engine_errors(f"make the image {reference}"):
            self._api.import_image_from_data(archive, repository=repository, tag=tag)
        return self.inspect_image(reference)

    def create_container(self, body: Mapping[str, Any], name: str, role: str) -> Container:
        """Create a container with exactly these settings, and return a handle on it.

        Args:
            body: of ``POST /containers/create``.
            role: what errors call the container.
        """
        with engine_errors(f"create {role}"):
            # Not through keyword arguments: docker-py adds settings of its own to those.
            created = self._api.create_container_from_config(body, name)
        return Container(self._api, created["Id"], name, role)

    def create_volume(self, body: Mapping[str, Any]) -> None:
        """Create a volume.

        Args:
            body: of ``POST /volumes/create``.
        """
        with engine_errors(f"create the volume {body['Name']}"):
            self._api.create_volume(
                body["Name"],
                driver=body["Driver"],
                driver_opts=body["DriverOpts"],
                labels=body["Labels"],
            )

    def inspect_volume(self, name: str) -> Mapping[str, Any]:
        """Return the engine's answer to ``GET /volumes/{name}``."""
        with engine_errors(f"inspect the volume {name}"):
            return cast("Mapping[str, Any]", self._api.inspect_volume(name))

    def create_network(self, name: str, labels: Mapping[str, str]) -> None:
        """Create a network in which containers reach each other, and nothing outside."""
        with engine_errors(f"create the network {name}"):
            self._api.create_network(name, driver="bridge", internal=True, labels=dict(labels))

    def list_labelled(self, label: str) -> list[tuple[Kind, str, str]]:
        """Return everything with a label as kind, name and the label's value, containers first."""
        filters = {"label": label}
        with engine_errors(f"list what has the label {label}"):
            found: dict[Kind, list[Mapping[str, Any]]] = {
                "container": [
                    {"Name": one["Names"][0].lstrip("/"), "Labels": one["Labels"]}
                    for one in self._api.containers(all=True, filters=filters)
                    if one["Names"]  # None while the object is being removed
                ],
                "volume": self._api.volumes(filters=filters)["Volumes"] or [],
                "network": self._api.networks(filters=filters),
            }
        return [
            (kind, one["Name"], one["Labels"][label])
            for kind, them in found.items()
            for one in them
        ]

    def remove(self, kind: Kind, name: str) -> None:
        """Remove something. An interrupt meanwhile is delayed until the removal has ended.

        A container is removed whether it runs or not, with its anonymous volumes, which carry no
        label. An image loses this name, and is removed if it has no other. An object that is
        already gone is no error.
        """
        removals: dict[Kind, Callable[[str], None]] = {
            "container": self._remove_container,
            "volume": self._api.remove_volume,
            "network": self._api.remove_network,
            "image": partial(self._api.remove_image, force=True),
        }
        with engine_errors(f"remove the {kind} {name}"), suppress(NotFound):
            try:
                removals[kind](name)
            except KeyboardInterrupt:
                with suppress(NotFound):
                    removals[kind](name)
                raise

    def remove_name(self, name: str) -> None:
        """Take a name of an image away; the image goes if nobody uses it. No force is used.

        A name that is already gone is no error.
        """
        with engine_errors(f"remove the image {name}"), suppress(NotFound):
            self._api.remove_image(name)

    def _remove_container(self, name: str) -> None:
        try:
            self._api.remove_container(name, v=True, force=True)
        except APIError as error:
            if error.status_code != HTTPStatus.CONFLICT or IN_PROGRESS not in str(error):
                raise
            self._api.wait(name, condition="removed")  # e.g. another thread asked for it


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
