"""What one case needs on the engine, made ready before it runs: volumes, keeper, inputs, container.

All of it can be made while another case runs: nothing of the image has been started.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace

from runner.contract.layout import ASSETS, INPUT_DIR
from runner.errors import (
    EngineError,
    EngineRefusedError,
    NotOnEngineError,
    SettingsNotKeptError,
)
from runner.files.input_archive import input_archive
from runner.sandbox.attestation import Attestation, attest, require_attested
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
"""What runs in the predictor's place to find out whether the host or the predictor failed."""

CONTROL_ROLE = "a control in the predictor's place"

DEFAULT_CGROUP = "/docker"
"""Where an engine that manages cgroups itself puts its containers."""


@dataclass(frozen=True)
class Host:
    """What is the same for every case on one engine.

    Attributes:
        engine: the engine that the cases run on.
        architecture: of the engine, as the engine names it.
        keeper_image: the keeper's image on this engine.
        has_nested_cgroups: a container's cgroup can be put below another's: version 1, managed by
            the engine. The keeper's counters then go on counting when the predictor is gone.
        gpus: the GPUs for cases that ask for some, as the engine names them; empty for its choice.
    """

    engine: Engine
    architecture: str
    keeper_image: Image
    has_nested_cgroups: bool
    gpus: tuple[str, ...] = ()


@dataclass(frozen=True)
class ContainerSite:
    """Where a case's container goes.

    Attributes:
        names: of everything that the case has on the engine.
        volumes: the requests that created its volumes.
        cgroup_parent: the parent of the container's own cgroup, or "".
        assets_volume: the request that created the volume of assets; None for none.
    """

    names: SandboxNames
    volumes: tuple[Body, ...]
    cgroup_parent: str
    assets_volume: Body | None = None


@dataclass(frozen=True)
class PreparedCase:
    """A case that can be started.

    Attributes:
        keeper: the trusted container, running, with the inputs in its volume.
        container: the untrusted container, created but not started; None if it can't be created.
        attestation: the container's settings as the engine reports them; None without a container.
        refusal: the fault of the image that prevents the container, or None.
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
    assets_volume: Body | None = None,
) -> PreparedCase:
    """Make everything ready for one case. If that fails, remove what was made.

    Args:
        stage: returns the files of /input by their path below it; called by another thread.
        assets_volume: the request that created the volume at /input/assets; None for none.

    Raises:
        EngineError: the engine failed, or does not keep the policy.
    """
    with ThreadPoolExecutor(1, "stage-inputs") as other, ExitStack() as cleanup:
        staged = other.submit(stage)  # while the engine works
        cleanup.callback(remove_case, host.engine, names)
        volumes = volume_bodies(names, policy.limits)
        for volume in volumes:
            host.engine.create_volume(volume)
        keeper = _start_keeper(host, policy, names, volumes)
        site = ContainerSite(names, volumes, _cgroup_below(host, keeper), assets_volume)
        container, attestation, refusal = _create_predictor(host, image, policy, site)
        # The engine can't make the folder that the assets are mounted on: /input is read-only.
        folders = () if assets_volume is None else (ASSETS,)
        keeper.put_archive(INPUT_DIR, input_archive(staged.result(), folders))
        cleanup.pop_all()
    return PreparedCase(image, policy, site, keeper, container, attestation, refusal)


def create_attested(
    engine: Engine, body: Body, name: str, volumes: tuple[Body, ...], role: str
) -> tuple[Container, Attestation]:
    """Create a container and compare the engine's settings with what was asked for.

    Args:
        role: what errors call the container.

    Raises:
        SettingsNotKeptError: the settings differ.
        EngineError: the container can't be created.
    """
    container = engine.create_container(body, name, role)
    read_back = tuple(engine.inspect_volume(volume["Name"]) for volume in volumes)
    attestation = attest(body, container.inspect(), volumes, read_back)
    require_attested(attestation)
    return container, attestation


def refusal_of(error: EngineError) -> str | None:
    """Return why a working engine refused the request, or None if the engine is at fault.

    A working engine also changes what an image declares, e.g. a VOLUME that is no absolute path.
    """
    if isinstance(error, NotOnEngineError):
        return None
    return error.reason if isinstance(error, EngineRefusedError | SettingsNotKeptError) else None


def check_control(host: Host, policy: SandboxPolicy, site: ContainerSite) -> None:
    """Start the keeper's image in the predictor's place, under the same policy and limits.

    If that works, the failure before was the predictor's own fault.

    Raises:
        EngineError: the control can't run either, so the engine or the host is at fault.
    """
    name = site.names.predictor
    host.engine.remove("container", name)
    image = replace(host.keeper_image, entrypoint=(CONTROL_PROGRAM,))
    body = predictor_body(image, policy, site.names, site.cgroup_parent, gpus=host.gpus)
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
    shared = site.assets_volume
    name = None if shared is None else shared["Name"]
    body = predictor_body(image, policy, site.names, site.cgroup_parent, name, host.gpus)
    volumes = site.volumes if shared is None else (*site.volumes, shared)
    try:
        container, attestation = create_attested(
            host.engine, body, site.names.predictor, volumes, "the predictor"
        )
    except EngineError as error:
        reason = refusal_of(error)
        if reason is None:
            raise
        check_control(host, policy, site)
        return None, None, reason
    return container, attestation, None


def remove_case(engine: Engine, names: SandboxNames) -> None:
    """Remove all that one case has on the engine."""
    for container in (names.predictor, names.keeper):
        engine.remove("container", container)
    for volume in (names.input_volume, names.output_volume):
        engine.remove("volume", volume)
