"""The credentials for a pull, from config.json and from the helpers that it names."""

import base64
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from docker.auth import AuthConfig, resolve_repository_name
from docker.errors import DockerException, InvalidRepository
from docker.utils import parse_repository_tag

from runner.errors import UsageError
from runner.sandbox.engine.docker_settings import config_path, read_config


@dataclass(frozen=True)
class Credentials:
    """What the engine tells a registry.

    Attributes:
        values: as the SDK takes them; empty for a pull without credentials.
        complaint: why there are none although config.json names some; None if nothing is wrong.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    complaint: str | None = None


def find_credentials(reference: str) -> Credentials:
    """Return the credentials for an image's registry.

    As with the Docker CLI, credentials that can't be had prevent no pull: the image may be public.

    Raises:
        UsageError: the reference is no image's name.
    """
    try:
        registry, _ = resolve_repository_name(parse_repository_tag(reference)[0])
    except InvalidRepository as error:
        raise UsageError(f"{reference}: not an image's name ({error}).") from error
    config = read_config()
    auths = _mapping(config.get("auths"))
    entries = {name: _usable(entry) for name, entry in auths.items()}
    kept = AuthConfig({"auths": AuthConfig.parse_auth(entries)})
    if config.get("credsStore"):
        kept["credsStore"] = str(config["credsStore"])
    kept["credHelpers"] = {
        name: str(one) for name, one in _mapping(config.get("credHelpers")).items() if one
    }
    helper = kept.get_credential_store(registry)
    program = f"docker-credential-{helper}"
    if helper and shutil.which(program) is None:
        return Credentials(complaint=f"{program}, named in {config_path()}, is not installed")
    try:
        return Credentials(kept.resolve_authconfig(registry) or {})
    except (DockerException, ValueError, KeyError) as error:
        return Credentials(complaint=f"{program}, named in {config_path()}, failed ({error})")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _usable(entry: object) -> dict[str, Any]:
    """Return an entry of ``auths`` without what is empty or can't be decoded."""
    kept = {name: value for name, value in _mapping(entry).items() if value}
    try:
        _, _, password = base64.b64decode(str(kept.get("auth", "")), validate=True).partition(b":")
        password.decode()
    except ValueError:
        password = b""
    if not password:
        kept.pop("auth", None)
    return kept
