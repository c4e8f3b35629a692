"""An image as the engine describes it, and what is wrong with it before anything has run. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.contract.limits import GIB, MIB
from runner.untrusted import quote

LARGE_IMAGE_BYTES = 10 * GIB

MOST_VARIABLES = 1000
MOST_ENVIRONMENT_BYTES = MIB
"""Of an image's ENV. With 20,000 variables, or 60 MB, its container took minutes before its time
began; Linux starts no program with 2 MiB of them.
"""

ENGINE_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
"""An engine's architecture in the words of images."""

PLATFORMS = tuple(f"linux/{name}" for name in ENGINE_ARCHITECTURES.values())
"""The platforms that the sandbox runs on."""


@dataclass(frozen=True)
class Image:
    """An image as the engine knows it.

    Attributes:
        reference: the name that the user gave; it may name another image later.
        id: the engine's content address; the runner uses only this from here on.
        digests: ``repository@sha256:...`` where a registry has given it one.
        declared_volumes: the VOLUME paths of the image.
        entrypoint, command: the image's ENTRYPOINT and CMD.
        environment: the image's ENV.
        repeated_variables: how many more variables its ENV has, of names that it has already.
        platform: operating system and architecture, e.g. ``linux/amd64``; only the first if the
            image names no architecture.
        size_bytes: of all of its layers.
        labels: the image's LABELs, which its author wrote.
        layers: the digests of its layers, the lowest first.
        user: the image's USER; empty for root.
    """

    reference: str
    id: str
    digests: tuple[str, ...] = ()
    declared_volumes: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    repeated_variables: int = 0
    platform: str = "linux/amd64"
    size_bytes: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[str, ...] = ()
    user: str = ""


def read_image(reference: str, description: Mapping[str, Any]) -> Image:
    """Return the image described by the engine's answer to ``GET /images/{name}/json``."""
    config = description.get("Config") or {}
    variables = config.get("Env") or ()
    environment = dict(variable.partition("=")[::2] for variable in variables)
    return Image(
        reference=reference,
        id=str(description["Id"]),
        digests=tuple(description.get("RepoDigests") or ()),
        declared_volumes=tuple(config.get("Volumes") or ()),
        entrypoint=tuple(config.get("Entrypoint") or ()),
        command=tuple(config.get("Cmd") or ()),
        environment=environment,
        repeated_variables=len(variables) - len(environment),
        platform=f"{description.get('Os') or 'linux'}/{description.get('Architecture', '')}".strip(
            "/"
        ),
        size_bytes=int(description.get("Size") or 0),
        labels=dict(config.get("Labels") or {}),
        layers=tuple((description.get("RootFS") or {}).get("Layers") or ()),
        user=str(config.get("User") or ""),
    )


def engine_platform(engine_architecture: str) -> str:
    """Return an engine's platform in the words of images, e.g. ``linux/amd64``."""
    return f"linux/{ENGINE_ARCHITECTURES.get(engine_architecture, engine_architecture)}"


def platform_fault(image: Image, engine_architecture: str) -> str | None:
    """Return that the image is for another platform than the engine's, or None if it may not be."""
    wanted = engine_platform(engine_architecture)
    if image.platform in (wanted, "linux"):
        return None
    return (
        f"the image is for {quote(image.platform)}, the engine for {wanted}. Build it with "
        f"`runner build --platform {wanted}`, or run it on an engine for its own platform."
    )


def image_fault(image: Image, engine_architecture: str) -> str | None:
    """Return why the image can't be run, in words for its author, or None if it may work."""
    fault = platform_fault(image, engine_architecture)
    if fault is not None:
        return fault
    for path in image.declared_volumes:
        if not path.startswith("/"):
            return f"VOLUME {quote(path)} is no absolute path; write e.g. VOLUME /data"
    if (
        len(image.environment) + image.repeated_variables > MOST_VARIABLES
        or _environment_bytes(image) > MOST_ENVIRONMENT_BYTES
    ):
        return (
            f"its ENV has more than {MOST_VARIABLES} variables, or more than "
            f"{MOST_ENVIRONMENT_BYTES / MIB:g} MiB; write a file instead"
        )
    if not image.entrypoint and not image.command:
        return "No command specified: give the image an ENTRYPOINT or a CMD"
    return None


def _environment_bytes(image: Image) -> int:
    return sum(len(name) + len(value) for name, value in image.environment.items())


def image_warnings(image: Image) -> Iterator[str]:
    """Yield warnings without any text of the image, which is run all the same."""
    if image.declared_volumes:
        yield "each VOLUME of the image is covered by an empty read-only folder; write to /tmp"
    if image.size_bytes > LARGE_IMAGE_BYTES:
        yield f"the image has {image.size_bytes / GIB:.1f} GiB; smaller images are fetched faster"
