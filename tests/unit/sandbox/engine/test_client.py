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
