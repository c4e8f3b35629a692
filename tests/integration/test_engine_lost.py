"""The engine is killed while a predictor runs, and comes back. On an engine of the test's own."""

import gc
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import docker
import pytest

from runner.contract.limits import MIB, Limits
from runner.errors import EngineError
from runner.sandbox.cleanup import collect_garbage, find_leftovers
from runner.sandbox.engine.client import describe_engine
from runner.sandbox.engine.host import engine_identity
from runner.sandbox.engine.image import Image
from runner.sandbox.keeper import ensure_keeper_image
from runner.sandbox.outcome import Outcome, predictor_fault
from runner.sandbox.policy import SandboxPolicy
from runner.sandbox.run import SandboxRun
from runner.sandbox.sandbox import Sandbox, open_sandbox
from tests.integration.conftest import wait_for_container
from tests.integration.spare_engine import SpareEngine, spare_engine

# docker-py leaves a socket open when a connection is refused; that is not what is tested.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

WALL_SECONDS = 4
POLICY = SandboxPolicy(Limits(wall_seconds=WALL_SECONDS, memory_bytes=64 * MIB))


@pytest.fixture
def nothing_is_left() -> None:
    """In place of the check of the same name: these tests make nothing on the usual engine."""


@pytest.fixture(params=[True, False], ids=["live-restore", "containers-end"])
def engine(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SpareEngine]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))  # the engine is gone afterwards
    with spare_engine(live_restore=request.param) as engine:
        yield engine
    gc.collect()  # those sockets, as long as the filter stands


def sleeper(client: docker.DockerClient) -> Image:
    """Return the keeper's image: run as a predictor, it waits for its deadline."""
    info, _ = describe_engine(client)
    return ensure_keeper_image(client, info["Architecture"])


def run_through_a_crash(
    sandbox: Sandbox, client: docker.DockerClient, engine: SpareEngine
) -> SandboxRun:
    with ThreadPoolExecutor(max_workers=1) as executor:
        preparation = sandbox.prepare(sleeper(client), POLICY, dict)
        running = executor.submit(sandbox.run, preparation)
        wait_for_container(client, "predictor")
        engine.kill()
        time.sleep(0.5)
        engine.start()
        return running.result()


def test_an_engine_that_is_killed_and_comes_back_makes_no_outcome_of_its_own(
    engine: SpareEngine, request: pytest.FixtureRequest
) -> None:
    survives = "live-restore" in request.node.name
    said: list[str] = []
    with closing(engine.client()) as client:
        with open_sandbox(client, said.append) as sandbox:
            if survives:  # the container goes on, and has its whole time and no more
                ended = run_through_a_crash(sandbox, client, engine)
            else:  # the engine ends it when it is back: the case is run again
                with pytest.raises(EngineError, match="from outside"):
                    run_through_a_crash(sandbox, client, engine)
                ended = sandbox.run(sandbox.prepare(sleeper(client), POLICY, dict))
        assert predictor_fault(ended.end) is Outcome.TIMED_OUT
        assert WALL_SECONDS <= ended.end.wall_seconds < WALL_SECONDS + 3
        assert any("engine does not answer" in line for line in said)
        if survives:  # Docker 20.10 forgets that a volume is free again, until it is restarted
            assert [one.kind for one in find_leftovers(client)] in ([], ["volume"])
            engine.restart()
            collect_garbage(client, engine_identity(client.info()))
        assert find_leftovers(client) == ()
