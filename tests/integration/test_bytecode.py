"""A predictor's root is read-only: what is not byte-compiled in its image is so at every start."""

import docker

from tests.integration.printed import printed_by

SCRIPT = """
import sys, pandas, pyarrow.parquet, runner.contract.__main__, runner.contract.frames
from pathlib import Path
for module in list(sys.modules.values()):
    if (compiled := getattr(module, "__cached__", None)) and not Path(compiled).exists():
        print(module.__name__)
"""


def not_compiled(client: docker.DockerClient, *environment: str) -> list[bytes]:
    """Return the modules that Python compiles when it loads what each predictor in Python loads."""
    return printed_by(
        client,
        "runner-base",
        ["-B", "-c", SCRIPT],
        entrypoint="python3",
        environment=list(environment),
        network_mode="none",
    ).split()


def test_all_that_each_predictor_loads_is_byte_compiled_in_the_base(
    client: docker.DockerClient,
) -> None:
    assert not_compiled(client) == []


def test_control_where_bytecode_is_looked_for_elsewhere_all_is_told(
    client: docker.DockerClient,
) -> None:
    assert {b"json", b"pandas"} <= set(not_compiled(client, "PYTHONPYCACHEPREFIX=/nowhere"))
