"""Removes what evaluations made on the engine, and nothing else."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Literal

import docker
from docker.errors import NotFound

from runner.errors import EngineError
from runner.sandbox.engine.client import engine_errors
from runner.sandbox.live_runs import dead_entries, known_tokens, settle
from runner.sandbox.policy import LABEL, SandboxNames

OUR_NAME = re.compile(r"runner-[0-9a-f]{12}-(predictor|keeper|input|output|listener)")


@dataclass(frozen=True)
class Leftover:
    """A container, volume or network with the runner's label, and a name of the runner's kind.

    Attributes:
        token: the label's value. A stranger's image can set it, but not to one in the ledger.
    """

    kind: Literal["container", "volume", "network"]
    name: str
    token: str


@dataclass(frozen=True)
class Collected:
    """What ``collect_garbage`` did.

    Attributes:
        removed: what was left by evaluations whose runner is gone.
        kept: what the engine would not remove, and why; tried again the next time.
        unknown: what looks like ours, but is in no ledger of this user: another user's, or a
            stranger's with a forged label. It stays.
    """

    removed: tuple[Leftover, ...]
    kept: tuple[tuple[Leftover, str], ...]
    unknown: tuple[Leftover, ...]


def collect_garbage(client: docker.DockerClient, engine: str) -> Collected:
    """Remove what runners that were killed left on this engine; touch nothing else.

    What a live runner uses is not touched: its entry in the ledger is locked.

    Args:
        engine: the engine's identity; entries of another engine stay in the ledger.

    Raises:
        EngineError: the engine can't tell what is left.
    """
    removed: list[Leftover] = []
    kept: list[tuple[Leftover, str]] = []
    with dead_entries() as entries:
        found = find_leftovers(client)
        known = known_tokens()
        for entry in entries:
            refused = _remove_all(client, found, entry.token)
            kept.extend(refused.items())
            removed.extend(one for one in found if one.token == entry.token and one not in refused)
            if entry.engine == engine and not refused:
                settle(entry)
    unknown = tuple(one for one in found if one.token not in known)
    return Collected(tuple(removed), tuple(kept), unknown)


def sweep(client: docker.DockerClient, token: str) -> None:
    """Remove all that one evaluation has on the engine.

    Raises:
        EngineError: something could not be removed.
    """
    refused = _remove_all(client, find_leftovers(client), token)
    if refused:
        raise EngineError(" ".join(refused.values()))


def find_leftovers(client: docker.DockerClient) -> tuple[Leftover, ...]:
    """Return what has the runner's label and a name of its kind, whoever made it."""
    with engine_errors("list what runners left"):
        filters: dict[str, str | list[str] | bool] = {"label": LABEL}
        containers = client.containers.list(all=True, filters=filters, ignore_removed=True)
        volumes = client.volumes.list(filters=filters)
        networks = client.networks.list(filters=filters)
    found = (
        *(Leftover("container", str(one.name), one.labels[LABEL]) for one in containers),
        *(Leftover("volume", str(one.name), one.attrs["Labels"][LABEL]) for one in volumes),
        *(Leftover("network", str(one.name), one.attrs["Labels"][LABEL]) for one in networks),
    )
    return tuple(one for one in found if OUR_NAME.fullmatch(one.name))


def _remove_all(
    client: docker.DockerClient, found: tuple[Leftover, ...], token: str
) -> dict[Leftover, str]:
    """Remove what is one evaluation's; return what the engine would not remove, and why."""
    refused = {}
    remove = {"container": remove_container, "volume": remove_volume, "network": remove_network}
    for one in found:  # the containers first: a volume or network in use can't be removed
        if one.token == token:
            try:
                remove[one.kind](client, one.name)
            except EngineError as error:
                refused[one] = str(error)
    return refused


def remove_case(client: docker.DockerClient, names: SandboxNames) -> None:
    """Remove all that one case has on the engine."""
    for container in (names.predictor, names.keeper):
        remove_container(client, container)
    for volume in (names.input_volume, names.output_volume):
        remove_volume(client, volume)


def remove_container(client: docker.DockerClient, name: str) -> None:
    """Remove a container, running or not, with its anonymous volumes, which carry no label."""
    _remove(f"the container {name}", partial(client.api.remove_container, name, v=True, force=True))


def remove_volume(client: docker.DockerClient, name: str) -> None:
    """Remove a volume."""
    _remove(f"the volume {name}", partial(client.api.remove_volume, name))


def remove_network(client: docker.DockerClient, name: str) -> None:
    """Remove a network."""
    _remove(f"the network {name}", partial(client.api.remove_network, name))


def _remove(what: str, remove: Callable[[], None]) -> None:
    """Remove something, to the end even if an interrupt comes meanwhile; that goes on afterwards.

    What is not there any more is fine.
    """
    with engine_errors(f"remove {what}"), suppress(NotFound):
        try:
            remove()
        except KeyboardInterrupt:
            with suppress(NotFound):
                remove()
            raise
