import sys

import pytest

from runner.errors import EngineLostError
from runner.sandbox.engine.client import open_client
from runner.sandbox.engine.docker_settings import Endpoint


def test_an_engine_behind_ssh_needs_an_extra_that_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "paramiko", None)  # as if it was not installed
    host = "ssh://somebody@host.invalid"
    with pytest.raises(EngineLostError, match=r"needs the ssh extra: .*\[ssh\]"):
        open_client(Endpoint(host, None, host), 1, 1)


@pytest.mark.parametrize("host", ["tcp://127.0.0.1:99999", "tcp://[::1"])
def test_what_is_no_address_is_told_as_one(host: str) -> None:
    with pytest.raises(EngineLostError, match=r"no address of a container engine"):
        open_client(Endpoint(host, None, host), 1, 1)
