"""The engine is killed while a predictor runs, and comes back. On an engine of the test's own."""

import gc
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from runner.contract.limits import MIB, Limits
from runner.errors import EngineError
from runner.sandbox.cleanup import collect_garbage, find_leftovers
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.host import engine_identity
from runner.sandbox.engine.image import Image
from runner.sandbox.keeper import ensure_keeper_image
from runner.sandbox.outcome import Outcome, predictor_fault
from runner.sandbox.policy import SandboxPolicy
from runner.sandbox.sandbox import Sandbox, open_sandbox
from runner.sandbox.sandbox_run import SandboxRun
from tests.integration.conftest import wait_for_container
from tests.integration.spare_engine import SpareEngine, spare_engine

# docker-py leaves a socket open when a connection is refused; that is not what is tested.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

WALL_SECONDS = 4
POLICY = SandboxPolicy(Limits(wall_seconds=WALL_SECONDS, memory_bytes=64 * MIB))


@pytest.fixture
def nothing_is_left() -> None:
    """In place of the check of the same name: these tests make nothing on the usual engine."""


@pytest.fixture(
    params=[pytest.param(True, marks=pytest.mark.long), False],
    ids=["live-restore", "containers-end"],
)
def spare(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SpareEngine]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))  # the engine is gone afterwards
    with spare_engine(live_restore=request.param) as spare:
        monkeypatch.setenv("DOCKER_HOST", spare.url)
        yield spare
    gc.collect()  # those sockets, as long as the filter stands


def sleeper(engine: Engine) -> Image:
    """Return the keeper's image: run as a predictor, it waits for its deadline."""
    return ensure_keeper_image(engine, engine.fetch_info()["Architecture"])


def run_through_a_crash(sandbox: Sandbox, engine: Engine, spare: SpareEngine) -> SandboxRun:
    with ThreadPoolExecutor(max_workers=1) as executor, closing(spare.client()) as client:
        preparation = sandbox.prepare(sleeper(engine), POLICY, dict)
        running = executor.submit(sandbox.run, preparation)
        wait_for_container(client, "predictor")
        spare.kill()
        time.sleep(0.5)
        spare.start()
        return running.result()


def test_an_engine_that_is_killed_and_comes_back_makes_no_outcome_of_its_own(
    spare: SpareEngine, request: pytest.FixtureRequest
) -> None:
    survives = "live-restore" in request.node.name
    said: list[str] = []
    with closing(Engine.connect()) as engine:
        with open_sandbox(engine, said.append) as sandbox:
            if survives:  # the container goes on, and has its whole time and no more
                ended = run_through_a_crash(sandbox, engine, spare)
            else:  # the engine ends it when it is back: the case is run again
                with pytest.raises(EngineError, match="from outside"):
                    run_through_a_crash(sandbox, engine, spare)
                ended = sandbox.run(sandbox.prepare(sleeper(engine), POLICY, dict))
        assert predictor_fault(ended.end) is Outcome.TIMED_OUT
        assert WALL_SECONDS <= ended.end.wall_seconds < WALL_SECONDS + 3
        assert any("engine does not answer" in line for line in said)
        if survives:  # Docker 20.10 forgets that a volume is free again, until it is restarted
            assert [one.kind for one in find_leftovers(engine)] in ([], ["volume"])
            spare.restart()
            collect_garbage(engine, engine_identity(engine.fetch_info()))
        assert find_leftovers(engine) == ()
