import base64
import json
from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.sandbox.engine.credentials import find_credentials

REFERENCE = "registry.example:5000/team/predictor:1"
GOOD = base64.b64encode(b"me:secret").decode()

HELPER = """#!/bin/sh
read -r server
if [ "$1 $server" != "get registry.example:5000" ]; then
    echo "credentials not found in native keychain"
    exit 1
fi
echo '{"ServerURL": "x", "Username": "kept", "Secret": "secret"}'
"""


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path


def configure(directory: Path, content: object) -> None:
    (directory / "config.json").write_text(json.dumps(content))


@pytest.mark.parametrize(
    "content",
    [
        None,
        {},
        {"auths": None, "credsStore": None, "credHelpers": None},
        {"auths": {"registry.example:5000": None}},
        {"auths": {"registry.example:5000": {}}},
        {"auths": {"registry.example:5000": {"auth": ""}}},
        {"auths": {"registry.example:5000": {"auth": None, "identitytoken": ""}}},
        {"auths": {"registry.example:5000": {"auth": "!!"}}},
        {"auths": {"other": {"auth": GOOD}}},
        {"credsStore": "", "credHelpers": {"registry.example:5000": ""}},
    ],
)
def test_a_config_without_credentials_for_a_registry_gives_none(
    directory: Path, content: object
) -> None:
    configure(directory, content)
    found = find_credentials(REFERENCE)
    assert not found.values
    assert found.complaint is None


def test_control_credentials_beside_empty_ones_are_found(directory: Path) -> None:
    configure(directory, {"auths": {"x": {"auth": ""}, "registry.example:5000": {"auth": GOOD}}})
    found = find_credentials(REFERENCE)
    assert (found.values["username"], found.values["password"]) == ("me", "secret")


def test_a_token_is_found(directory: Path) -> None:
    entry = {"auth": "", "identitytoken": "token"}
    configure(directory, {"auths": {"https://registry.example:5000/v1/": entry}})
    assert find_credentials(REFERENCE).values["IdentityToken"] == "token"


@pytest.mark.parametrize(
    "content", [{"credsStore": "gone"}, {"credHelpers": {"registry.example:5000": "gone"}}]
)
def test_a_helper_that_is_missing_is_told_and_prevents_no_pull(
    directory: Path, content: object
) -> None:
    configure(directory, content)
    found = find_credentials(REFERENCE)
    assert not found.values
    assert found.complaint is not None
    assert found.complaint.startswith("docker-credential-gone, named in ")


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a helper that works where programs are looked for."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "docker-credential-here"
    program.write_text(HELPER)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")


@pytest.mark.usefixtures("helper")
def test_control_a_helper_that_is_there_is_asked(directory: Path) -> None:
    configure(directory, {"credsStore": "here", "auths": {"registry.example:5000": {}}})
    assert find_credentials(REFERENCE).values["Username"] == "kept"
    assert not find_credentials("elsewhere.example/team/predictor").values


def test_what_is_no_images_name_is_refused() -> None:
    with pytest.raises(UsageError, match="http://x: not an image's name"):
        find_credentials("http://x")
