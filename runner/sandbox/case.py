"""What one case needs on the engine, made ready before it runs: volumes, keeper, inputs, container.

All of it can be made while another case runs: nothing of the image has been started.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace

from runner.contract.layout import INPUT_DIR
from runner.errors import EngineError, EngineRefusedError, NotOnEngineError
from runner.files.input_archive import input_archive
from runner.sandbox.attestation import Attestation, attest, require_attested
from runner.sandbox.cleanup import remove_case
from runner.sandbox.engine.container import Container
from runner.sandbox.engine.engine import Engine
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

CONTROL_ROLE = "a control in the predictor's place"

DEFAULT_CGROUP = "/docker"
"""Where an engine that manages cgroups itself puts its containers."""


@dataclass(frozen=True)
class Host:
    """What is the same for every case on one engine.

    Attributes:
        engine: the engine that they run on.
        architecture: the engine's, in its own words.
        keeper_image: the keeper's image on it.
        has_nested_cgroups: a container's cgroup can be put below another's: version 1, managed by
            the engine. The keeper's counters then go on counting when the predictor is gone.
    """

    engine: Engine
    architecture: str
    keeper_image: Image
    has_nested_cgroups: bool


@dataclass(frozen=True)
class ContainerSite:
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
    site: ContainerSite
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
        cleanup.callback(remove_case, host.engine, names)
        volumes = volume_bodies(names, policy.limits)
        for volume in volumes:
            host.engine.create_volume(volume)
        keeper = _start_keeper(host, policy, names, volumes)
        keeper.put_archive(INPUT_DIR, input_archive(stage()))
        site = ContainerSite(names, volumes, _cgroup_below(host, keeper))
        container, attestation, refusal = _create_predictor(host, image, policy, site)
        cleanup.pop_all()
    return PreparedCase(image, policy, site, keeper, container, attestation, refusal)


def create_attested(
    engine: Engine, body: Body, name: str, volumes: tuple[Body, ...], role: str
) -> tuple[Container, Attestation]:
    """Create a container and compare the engine's settings with what was asked for.

    Args:
        role: what errors call the container.

    Raises:
        EngineError: they differ, or it can't be created.
    """
    container = engine.create_container(body, name, role)
    read_back = tuple(engine.inspect_volume(volume["Name"]) for volume in volumes)
    attestation = attest(body, container.inspect(), volumes, read_back)
    require_attested(attestation)
    return container, attestation


def refusal_of(error: EngineError) -> str | None:
    """Return why an engine that answers would not do it, or None if the engine is at fault."""
    if isinstance(error, NotOnEngineError):
        return None
    return error.reason if isinstance(error, EngineRefusedError) else None


def check_control(host: Host, policy: SandboxPolicy, site: ContainerSite) -> None:
    """Start the keeper's image in the predictor's place, under the same policy and limits.

    If that can be done, what failed before is the predictor's own fault.

    Raises:
        EngineError: the control can't be run either: the engine or the host is at fault.
    """
    name = site.names.predictor
    host.engine.remove("container", name)
    image = replace(host.keeper_image, entrypoint=(CONTROL_PROGRAM,))
    body = predictor_body(image, policy, site.names, site.cgroup_parent)
    control, _ = create_attested(host.engine, body, name, site.volumes, CONTROL_ROLE)
    try:
        control.start()
    finally:
        host.engine.remove("container", name)


def _start_keeper(
    host: Host, policy: SandboxPolicy, names: SandboxNames, volumes: tuple[Body, ...]
) -> Container:
    parent = DEFAULT_CGROUP if host.has_nested_cgroups else ""
    body = keeper_body(host.keeper_image, policy.limits, names, parent)
    keeper, _ = create_attested(host.engine, body, names.keeper, volumes, "the keeper")
    keeper.start()
    return keeper


def _cgroup_below(host: Host, keeper: Container) -> str:
    return f"{DEFAULT_CGROUP}/{keeper.id}" if host.has_nested_cgroups else ""


def _create_predictor(
    host: Host, image: Image, policy: SandboxPolicy, site: ContainerSite
) -> tuple[Container | None, Attestation | None, str | None]:
    fault = image_fault(image, host.architecture)
    if fault is not None:
        return None, None, fault
    body = predictor_body(image, policy, site.names, site.cgroup_parent)
    try:
        container, attestation = create_attested(
            host.engine, body, site.names.predictor, site.volumes, "the predictor"
        )
    except EngineError as error:
        reason = refusal_of(error)
        if reason is None:
            raise
        check_control(host, policy, site)
        return None, None, reason
    return container, attestation, None
