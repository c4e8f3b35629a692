"""Docker's own settings, read as the Docker CLI reads them: config.json and contexts.

Docker's SDK for Python reads them too, but fails on what the CLI accepts, e.g. ``"auth": ""``, and
takes no notice of a context that does not exist.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.tls import TLSConfig
from docker.utils import kwargs_from_env

from runner.errors import EngineLostError

DEFAULT_CONTEXT = "default"
"""The name of the engine at the default socket."""


@dataclass(frozen=True)
class Endpoint:
    """Where the engine is.

    Attributes:
        host: in the form of DOCKER_HOST; None for the default socket.
        tls: the certificates, or None.
        place: what errors call it.
    """

    host: str | None
    tls: TLSConfig | None
    place: str


def config_path() -> Path:
    """Return where the Docker CLI keeps its settings; the file may be missing."""
    # Not Path.expanduser(): that fails for a user without a home directory.
    directory = os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker")  # noqa: PTH111
    return Path(directory, "config.json")


def read_config() -> Mapping[str, Any]:
    """Return the settings; none if the file is missing or can't be read, as for the CLI."""
    try:
        content = json.loads(config_path().read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def find_endpoint() -> Endpoint:
    """Return the engine that DOCKER_HOST names, or else the current context.

    Raises:
        EngineLostError: there is no such context.
        DockerException: the certificates that DOCKER_CERT_PATH names are missing.
    """
    named, current = os.environ.get("DOCKER_CONTEXT"), read_config().get("currentContext")
    name = named or current or DEFAULT_CONTEXT
    if os.environ.get("DOCKER_HOST") or name == DEFAULT_CONTEXT:
        values = kwargs_from_env()
        host = values.get("base_url")
        return Endpoint(host, values.get("tls"), host or "the default socket")
    source = "DOCKER_CONTEXT" if named else f"currentContext in {config_path()}"
    return _read_context(str(name), source)


def _read_context(name: str, source: str) -> Endpoint:
    """Return the engine of a context.

    Args:
        source: what names the context, for an error.
    """
    identity = hashlib.sha256(name.encode()).hexdigest()
    contexts = config_path().parent / "contexts"
    path = contexts / "meta" / identity / "meta.json"
    try:
        engine = json.loads(path.read_bytes())["Endpoints"]["docker"]
        host, is_unverified = str(engine["Host"]), bool(engine.get("SkipTLSVerify"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EngineLostError(
            f"The Docker context {name!r}, named by {source}, can't be read ({path}: "
            f"{type(error).__name__}). `docker context ls` shows which there are; "
            "DOCKER_CONTEXT=default names the engine of this machine."
        ) from error
    tls = None
    if host.startswith("tcp://"):
        tls = _read_certificates(contexts / "tls" / identity / "docker", is_unverified)
    return Endpoint(host, tls, f"{host} (the Docker context {name!r})")


def _read_certificates(directory: Path, is_unverified: bool) -> TLSConfig | None:
    ca, certificate, key = (directory / f"{name}.pem" for name in ("ca", "cert", "key"))
    if not directory.is_dir():
        return TLSConfig(verify=False) if is_unverified else None
    return TLSConfig(
        client_cert=(str(certificate), str(key)) if certificate.is_file() else None,
        ca_cert=str(ca) if ca.is_file() else None,
        verify=not is_unverified,
    )
