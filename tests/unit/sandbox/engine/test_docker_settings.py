import hashlib
import json
from pathlib import Path

import pytest

from runner.errors import EngineLostError
from runner.sandbox.engine.docker_settings import find_endpoint, read_config

HOST = "tcp://10.0.0.7:2375"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the Docker CLI's directory, with a context called mine."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    meta = tmp_path / "contexts" / "meta" / hashlib.sha256(b"mine").hexdigest()
    meta.mkdir(parents=True)
    endpoints = {"docker": {"Host": HOST, "SkipTLSVerify": False}}
    content = {"Name": "mine", "Metadata": {}, "Endpoints": endpoints}
    (meta / "meta.json").write_text(json.dumps(content))
    return tmp_path


def test_without_settings_it_is_the_default_socket() -> None:
    assert find_endpoint().host is None


@pytest.mark.parametrize("current", ["default", "", None])
def test_the_default_context_is_the_default_socket(directory: Path, current: str | None) -> None:
    (directory / "config.json").write_text(json.dumps({"currentContext": current}))
    assert find_endpoint().host is None


def test_the_current_context_names_the_engine(directory: Path) -> None:
    (directory / "config.json").write_text('{"currentContext": "mine"}')
    assert find_endpoint().host == HOST


def test_the_environment_comes_before_the_current_context(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONTEXT", "mine")
    assert find_endpoint().host == HOST
    (directory / "config.json").write_text('{"currentContext": "mine"}')
    monkeypatch.setenv("DOCKER_CONTEXT", "default")
    assert find_endpoint().host is None
    monkeypatch.setenv("DOCKER_HOST", "unix:///mine")
    monkeypatch.setenv("DOCKER_CONTEXT", "mine")
    assert find_endpoint().host == "unix:///mine"


def test_a_context_that_does_not_exist_is_named_with_its_source(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (directory / "config.json").write_text('{"currentContext": "gone"}')
    with pytest.raises(EngineLostError, match=r"'gone', named by currentContext in .*config.json"):
        find_endpoint()
    monkeypatch.setenv("DOCKER_CONTEXT", "lost")
    with pytest.raises(EngineLostError, match="'lost', named by DOCKER_CONTEXT"):
        find_endpoint()


@pytest.mark.parametrize("content", ["", "null", "[]", "no json", "\udce9"])
def test_a_config_that_can_not_be_read_counts_as_none(directory: Path, content: str) -> None:
    (directory / "config.json").write_text(content, errors="surrogateescape")
    assert read_config() == {}
