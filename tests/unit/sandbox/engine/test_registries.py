import pytest

from runner.errors import UsageError
from runner.sandbox.engine.registries import (
    PUBLIC_REGISTRIES,
    read_registries,
    registry_fault,
    registry_of,
)


@pytest.mark.parametrize(
    ("reference", "registry"),
    [
        ("random", "docker.io"),
        ("team/predictor:1", "docker.io"),
        ("index.docker.io/team/predictor", "docker.io"),
        ("ghcr.io/team/predictor@sha256:1", "ghcr.io"),
        ("GHCR.IO/team/predictor", "ghcr.io"),
        ("localhost/predictor", "localhost"),
        ("LOCALHOST/predictor", "localhost"),
        ("Registry/predictor", "registry"),
        ("127.0.0.1:5000/predictor", "127.0.0.1:5000"),
        ("[::1]:5000/predictor", "[::1]:5000"),
        ("host:80/predictor", "host:80"),
    ],
)
def test_the_registry_is_the_one_that_the_engine_would_ask(reference: str, registry: str) -> None:
    assert registry_of(reference) == registry


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "localhost:5000", "[::1]", "169.254.169.254", "10.0.0.1", "a.lan"],
)
def test_no_host_is_asked_that_is_not_named(host: str) -> None:
    fault = registry_fault(f"{host}/team/predictor", PUBLIC_REGISTRIES)
    assert fault == f"images come from docker.io, ghcr.io, quay.io, not from {host}"


@pytest.mark.parametrize("named", ["Registry.example:5000", "10.0.0.1", "[::1]:5000"])
def test_control_a_host_that_is_named_is_asked(named: str) -> None:
    assert registry_fault(f"{named}/team/predictor", read_registries([named])) is None


@pytest.mark.parametrize("text", ["https://ghcr.io", "ghcr.io/team", "", "ghcr.io:", "*"])
def test_what_is_no_host_is_refused_as_a_registry(text: str) -> None:
    with pytest.raises(UsageError, match="HOST or HOST:PORT"):
        read_registries([text])
