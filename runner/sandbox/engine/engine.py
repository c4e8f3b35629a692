"""The container engine, as the whole runner uses it; only this folder imports Docker's SDK."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property, partial
from http import HTTPStatus
from typing import Any, Literal, Self, cast

import docker
from docker.errors import APIError, NotFound

from runner.errors import EngineError, EngineLostError
from runner.progress import Say
from runner.sandbox.engine.client import open_client
from runner.sandbox.engine.container import Container
from runner.sandbox.engine.docker_settings import find_endpoint
from runner.sandbox.engine.images import Images
from runner.sandbox.engine.sdk_errors import NO_CONNECTION, engine_errors

REQUEST_SECONDS = 120
"""How long one request to the engine may take before the engine counts as lost."""

MOST_CONNECTIONS = 100
"""How many connections to the engine are kept for the next request; threads may open more."""

ENGINE_RETURN_SECONDS = 60
"""How long an engine that is lost may take to come back, e.g. for an upgrade."""

IN_PROGRESS = "is already in progress"
"""What the engine says if a container that is to be removed is being removed."""

Kind = Literal["container", "volume", "network", "image"]


class Engine:
    """One container engine; several threads may use it at a time. ``Engine.connect`` makes it.

    Every method raises an EngineRefusedError if the engine refuses, a NotOnEngineError if the
    engine has no such object, and an EngineLostError if the engine does not answer.

    Attributes:
        images: those that it has; they are pulled, built and saved here.
    """

    def __init__(self, api: docker.APIClient) -> None:
        self._api: Any = api  # half of its methods have no types
        self.images = Images(self._api, self.fetch_info)

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
        return self._info

    def fetch_version(self) -> Mapping[str, Any]:
        """Return the engine's answer to ``GET /version``."""
        return self._version

    # Both are asked for by several modules, and the engine starts programs to answer.
    @cached_property
    def _info(self) -> Mapping[str, Any]:
        with engine_errors("describe itself"):
            return cast("Mapping[str, Any]", self._api.info())

    @cached_property
    def _version(self) -> Mapping[str, Any]:
        with engine_errors("tell its version"):
            return cast("Mapping[str, Any]", self._api.version())

    def describe_version(self) -> str:
        """Return the engine's name and version, for the record."""
        version = self.fetch_version()["Version"]
        return f"Docker API {self._api.api_version}, engine {version}"

    def list_used_images(self) -> frozenset[str]:
        """Return the IDs of the images of all containers, also of those that have ended."""
        with engine_errors("list the containers"):
            return frozenset(one["ImageID"] for one in self._api.containers(all=True))

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

    def _remove_container(self, name: str) -> None:
        try:
            self._api.remove_container(name, v=True, force=True)
        except APIError as error:
            if error.status_code != HTTPStatus.CONFLICT or IN_PROGRESS not in str(error):
                raise
            self._api.wait(name, condition="removed")  # e.g. another thread asked for it
