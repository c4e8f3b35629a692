"""What one case needs on the engine, made ready before it runs: volumes, keeper, inputs, container.

All of it can be made while another case runs: nothing of the image has been started.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, cast

import docker
from docker.errors import APIError, NotFound
from docker.models.containers import Container

from runner.contract.layout import INPUT_DIR
from runner.errors import EngineError
from runner.files.input_archive import input_archive
from runner.sandbox.attestation import Attestation, attest, require_attested
from runner.sandbox.cleanup import remove_case, remove_container
from runner.sandbox.engine.client import engine_errors
from runner.sandbox.engine.image import Image, image_fault
from runner.sandbox.policy import (
    KEEPER_PROGRAM,
    Body,
    SandboxNames,
    SandboxPolicy,
    keeper_body,
    predictor_body,
    volume_bodies,
)

CONTROL_PROGRAM = KEEPER_PROGRAM
"""What is run in a predictor's place to tell a fault of the host from one of its own."""

DEFAULT_CGROUP = "/docker"
"""Where an engine that manages cgroups itself puts its containers."""


@dataclass(frozen=True)
class Host:
    """What is the same for every case on one engine.

    Attributes:
        client: the way to the engine.
        architecture: the engine's, in its own words.
        keeper_image: the keeper's image on it.
        has_nested_cgroups: a container's cgroup can be put below another's: version 1, managed by
            the engine. The keeper's counters then go on counting when the predictor is gone.
    """

    client: docker.DockerClient
    architecture: str
    keeper_image: Image
    has_nested_cgroups: bool


@dataclass(frozen=True)
class Place:
    """Where a case's container goes.

    Attributes:
        names: of all that the case has on the engine.
        volumes: what its volumes were created with.
        cgroup_parent: the cgroup that its own is put below, or "".
    """

    names: SandboxNames
    volumes: tuple[Body, ...]
    cgroup_parent: str


@dataclass(frozen=True)
class PreparedCase:
    """A case that can be started.

    Attributes:
        keeper: the trusted container, running, with the inputs in its volume.
        container: the untrusted container, created and not started; None if it can't be.
        attestation: the settings that the container was found to have, or None with it.
        refusal: why it can't be, through a fault of the image; or None.
    """

    image: Image
    policy: SandboxPolicy
    place: Place
    keeper: Container
    container: Container | None
    attestation: Attestation | None
    refusal: str | None


def prepare_case(
    host: Host,
    image: Image,
    policy: SandboxPolicy,
    names: SandboxNames,
    stage: Callable[[], Mapping[str, bytes]],
) -> PreparedCase:
    """Make everything ready for one case. What was made is removed again if that fails.

    Args:
        stage: gives the files of /input by their path below it.

    Raises:
        EngineError: the engine failed, or does not keep the policy.
    """
    with ExitStack() as cleanup:
        cleanup.callback(remove_case, host.client, names)
        volumes = volume_bodies(names, policy.limits)
        _create_volumes(host, volumes)
        keeper = _start_keeper(host, policy, names, volumes)
        _put_inputs(keeper, stage())
        place = Place(names, volumes, _cgroup_below(host, keeper))
        container, attestation, refusal = _create_predictor(host, image, policy, place)
        cleanup.pop_all()
    return PreparedCase(image, policy, place, keeper, container, attestation, refusal)


def create_attested(
    host: Host, body: Body, name: str, volumes: tuple[Body, ...]
) -> tuple[Container, Attestation]:
    """Create a container and compare the engine's settings with what was asked for.

    Raises:
        EngineError: they differ, or it can't be created.
    """
    with engine_errors(f"create the container {name}"):
        # Not through keyword arguments, to which docker-py adds settings of its own.
        created = cast("Any", host.client.api).create_container_from_config(body, name)
        container = host.client.containers.get(created["Id"])
        read_back = tuple(host.client.volumes.get(volume["Name"]).attrs for volume in volumes)
    attestation = attest(body, container.attrs, volumes, read_back)
    require_attested(attestation)
    return container, attestation


def refusal_of(error: EngineError) -> str | None:
    """Return why an engine that answers would not do it, or None if the engine is at fault."""
    cause = error.__cause__
    if isinstance(cause, APIError) and not isinstance(cause, NotFound):
        return str(cause.explanation)
    return None


def check_control(host: Host, policy: SandboxPolicy, place: Place) -> None:
    """Start the keeper's image in the predictor's place, under the same policy and limits.

    If that can be done, what failed before is the predictor's own fault.

    Raises:
        EngineError: the control can't be run either: the engine or the host is at fault.
    """
    name = place.names.predictor
    remove_container(host.client, name)
    image = replace(host.keeper_image, entrypoint=(CONTROL_PROGRAM,))
    body = predictor_body(image, policy, place.names, place.cgroup_parent)
    control, _ = create_attested(host, body, name, place.volumes)
    try:
        with engine_errors("run a control in the predictor's place"):
            control.start()
    finally:
        remove_container(host.client, name)


def _create_volumes(host: Host, volumes: tuple[Body, ...]) -> None:
    with engine_errors("create the case's volumes"):
        for volume in volumes:
            host.client.volumes.create(
                volume["Name"],
                driver=volume["Driver"],
                driver_opts=volume["DriverOpts"],
                labels=volume["Labels"],
            )


def _start_keeper(
    host: Host, policy: SandboxPolicy, names: SandboxNames, volumes: tuple[Body, ...]
) -> Container:
    parent = DEFAULT_CGROUP if host.has_nested_cgroups else ""
    body = keeper_body(host.keeper_image, policy.limits, names, parent)
    keeper, _ = create_attested(host, body, names.keeper, volumes)
    with engine_errors("start the keeper"):
        keeper.start()
    return keeper


def _cgroup_below(host: Host, keeper: Container) -> str:
    return f"{DEFAULT_CGROUP}/{keeper.id}" if host.has_nested_cgroups else ""


def _create_predictor(
    host: Host, image: Image, policy: SandboxPolicy, place: Place
) -> tuple[Container | None, Attestation | None, str | None]:
    fault = image_fault(image, host.architecture)
    if fault is not None:
        return None, None, fault
    body = predictor_body(image, policy, place.names, place.cgroup_parent)
    try:
        container, attestation = create_attested(host, body, place.names.predictor, place.volumes)
    except EngineError as error:
        reason = refusal_of(error)
        if reason is None:
            raise
        check_control(host, policy, place)
        return None, None, reason
    return container, attestation, None


def _put_inputs(keeper: Container, files: Mapping[str, bytes]) -> None:
    with engine_errors(f"copy the inputs to {INPUT_DIR} (is the host's disk full?)"):
        keeper.put_archive(str(INPUT_DIR), input_archive(files))
