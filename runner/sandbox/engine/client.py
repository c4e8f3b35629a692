"""A client of Docker's SDK for the engine that Docker's settings name."""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

import docker

from runner.code_version import install_command
from runner.errors import EngineLostError
from runner.sandbox.engine.docker_settings import Endpoint
from runner.sandbox.engine.pull import MOST_PULL_SECONDS


class Client(docker.APIClient):
    """The SDK's client, except for what it takes from config.json and from the environment."""

    @property
    def _general_configs(self) -> dict[str, Any]:
        """Return settings without a credential and without a proxy, whatever config.json has.

        The SDK fails on what the Docker CLI accepts, and asks for all credentials at each build.
        ``docker_settings`` reads the file instead. Drop when the SDK reads it as the CLI does.
        """
        return {"auths": {}}

    @_general_configs.setter
    def _general_configs(self, _read: object) -> None:
        pass

    def post(self, url: Any, *given: Any, **options: Any) -> Any:
        """Return the answer; that to a pull, which a registry can delay, not for ever awaited."""
        if urlsplit(str(url)).path.endswith("/images/create"):
            options["timeout"] = MOST_PULL_SECONDS
        return super().post(url, *given, **options)

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """Return what a request is sent with: through no proxy if the engine is on this machine."""
        settings = super().merge_environment_settings(url, proxies, stream, verify, cert)
        if not _may_have_proxy(str(url)):
            settings["proxies"] = {}
        return settings


def open_client(endpoint: Endpoint, seconds: int, connections: int) -> docker.APIClient:
    """Return a client of an engine.

    Args:
        seconds: how long the engine may take to answer.
        connections: how many are kept for the next request.

    Raises:
        EngineLostError: it is reached through SSH, and the package for that is not installed; or
            its address is none.
        DockerException, requests.RequestException, OSError, SSHException: it does not answer.
    """
    if endpoint.host is not None and endpoint.host.startswith("ssh://"):
        _require_ssh(endpoint)
    try:
        return Client(
            endpoint.host, tls=endpoint.tls or False, timeout=seconds, max_pool_size=connections
        )
    except ValueError as error:  # of Python's own parser
        raise EngineLostError(
            f"{endpoint.place}: no address of a container engine ({error}). DOCKER_HOST, or "
            "Docker's current context, names it; e.g. unix:///var/run/docker.sock."
        ) from error


def _require_ssh(endpoint: Endpoint) -> None:
    try:
        import paramiko  # noqa: F401, PLC0415  (optional)
    except ImportError as error:
        raise EngineLostError(
            f"The engine at {endpoint.place} is reached through SSH, which needs the ssh extra: "
            f"{install_command('ssh')}"
        ) from error


def _may_have_proxy(url: str) -> bool:
    """Return whether a proxy is asked for a URL: not on loopback, as for the Docker CLI."""
    parts = urlsplit(url)
    if not parts.scheme.startswith("http") or "+" in parts.scheme or parts.hostname == "localhost":
        return False
    try:
        return not ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:  # a name
        return True
