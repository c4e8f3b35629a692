"""Faults of the engine, the host and whoever else uses it: never the predictor's."""

import os
import signal
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import docker
import pytest
from docker.models.containers import Container

from runner.contract.limits import Limits
from runner.errors import EngineError
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.image import Image
from runner.sandbox.keeper import KEEPER_REPOSITORY, KEEPER_VERSION, ensure_keeper_image
from runner.sandbox.outcome import Outcome, describe_fault, predictor_fault
from runner.sandbox.policy import SandboxPolicy
from runner.sandbox.sandbox import open_sandbox
from runner.sandbox.sandbox_run import SandboxRun
from tests.integration.conftest import wait_for_container
from tests.integration.images import OWN
from tests.integration.programs import LIMITS, SLEEP, python, run


def run_while(
    client: docker.DockerClient,
    engine: Engine,
    image: Image,
    act: Callable[[Container], object],
    limits: Limits = LIMITS,
) -> SandboxRun:
    """Run an image and do something to its container once that runs."""
    with ThreadPoolExecutor(max_workers=1) as executor:
        future = executor.submit(run, engine, image, limits)
        act(wait_for_container(client, "predictor"))
        return future.result()


SAY_TERM = "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(3)); time.sleep(60)"


@pytest.mark.parametrize(
    ("code", "act", "said"),
    [
        (SLEEP, Container.kill, "sent a signal"),
        (SAY_TERM, lambda one: one.kill(signal="SIGTERM"), "sent a signal"),
        (SLEEP, lambda one: one.stop(timeout=1), "sent a signal"),
        (SLEEP, lambda one: (one.update(mem_limit="8m", memswap_limit="8m"), one.kill()), "limits"),
    ],
)
def test_a_predictor_ended_from_outside_is_an_engine_fault(
    client: docker.DockerClient,
    engine: Engine,
    code: str,
    act: Callable[[Container], object],
    said: str,
) -> None:
    with pytest.raises(EngineError, match=said):
        run_while(client, engine, python(engine, code), act)


def test_a_predictor_paused_until_its_deadline_is_not_timed_out(
    client: docker.DockerClient,
    engine: Engine,
) -> None:
    short = replace(LIMITS, wall_seconds=2)
    with pytest.raises(EngineError, match="was paused from outside"):
        run_while(client, engine, python(engine, SLEEP), Container.pause, short)


def test_control_the_same_predictors_left_alone_are_timed_out_and_failed(
    engine: Engine,
) -> None:
    short = replace(LIMITS, wall_seconds=1)
    assert predictor_fault(run(engine, python(engine, SLEEP), short).end) is Outcome.TIMED_OUT
    ended = run(engine, python(engine, "import sys; sys.exit(3)")).end
    assert (predictor_fault(ended), ended.exit_code) == (Outcome.FAILED, 3)


def test_a_predictor_that_ends_well_though_it_was_paused_meanwhile_counts(
    client: docker.DockerClient,
    engine: Engine,
) -> None:
    def pause_briefly(container: Container) -> None:
        container.pause()
        container.unpause()

    ended = run_while(client, engine, python(engine, "import time; time.sleep(1)"), pause_briefly)
    assert predictor_fault(ended.end) is None


def kill_from_the_host(container: Container) -> None:
    container.reload()
    os.kill(container.attrs["State"]["Pid"], signal.SIGKILL)


def test_a_sigkill_from_nowhere_is_the_predictors_when_a_control_runs_well(
    client: docker.DockerClient,
    engine: Engine,
) -> None:
    ended = run_while(client, engine, python(engine, SLEEP), kill_from_the_host).end
    assert predictor_fault(ended) is Outcome.FAILED
    assert "SIGKILL" in describe_fault(Outcome.FAILED, ended, LIMITS)


def test_a_sigkill_from_nowhere_is_the_hosts_when_a_control_fails_too(
    client: docker.DockerClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill_and_break(container: Container) -> None:
        # Whatever is started from now on can't be: a program that is not there.
        monkeypatch.setattr("runner.sandbox.case.CONTROL_PROGRAM", "/no/such/program")
        kill_from_the_host(container)

    with pytest.raises(EngineError, match="control"):
        run_while(client, engine, python(engine, SLEEP), kill_and_break)


def test_an_image_for_another_architecture_is_refused_before_anything_runs(
    engine: Engine,
) -> None:
    other = replace(python(engine, SLEEP), platform="linux/s390x")
    ended = run(engine, other)
    assert predictor_fault(ended.end) is Outcome.FAILED
    assert "linux/s390x" in describe_fault(Outcome.FAILED, ended.end, LIMITS)
    assert ended.attestation is None


def test_an_image_removed_between_cases_is_an_engine_fault(
    client: docker.DockerClient, engine: Engine
) -> None:
    scratch = client.containers.create("runner-base")
    name = OWN.name("misbehaving-removed")
    scratch.commit(name, "latest", changes='CMD ["true"]')
    scratch.remove()
    image = engine.images.resolve(name)
    policy = SandboxPolicy(LIMITS)
    with open_sandbox(engine, print) as sandbox:
        sandbox.run(sandbox.prepare(image, policy, dict))
        client.images.remove(name)
        with pytest.raises(EngineError, match="No such image"):
            sandbox.run(sandbox.prepare(image, policy, dict))


def test_the_runner_waits_for_nothing_when_the_next_case_was_made_ready(
    engine: Engine,
) -> None:
    image = python(engine, "import time; time.sleep(1)")
    policy = SandboxPolicy(LIMITS)
    with open_sandbox(engine, print) as sandbox:
        first, second = (sandbox.prepare(image, policy, dict) for _ in range(2))
        sandbox.run(first)
        assert second.case.done()
        assert predictor_fault(sandbox.run(second).end) is None


def test_a_case_made_ready_and_never_run_leaves_nothing(engine: Engine) -> None:
    with open_sandbox(engine, print) as sandbox:
        image = python(engine, SLEEP)
        sandbox.prepare(image, SandboxPolicy(LIMITS), dict).case.result()


def test_an_engine_that_drops_a_setting_is_refused_and_nothing_is_left(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = engine.create_container

    def forgetful(body: Mapping[str, Any], name: str, role: str) -> object:
        if name.endswith("predictor"):
            host_config = {**body["HostConfig"], "SecurityOpt": [], "PidsLimit": 0}
            body = {**body, "HostConfig": host_config}
        return create(body, name, role)

    monkeypatch.setattr(engine, "create_container", forgetful)
    with pytest.raises(EngineError, match="does not keep the sandbox's settings") as refused:
        run(engine, python(engine, "print('it ran')"))
    assert "HostConfig.SecurityOpt" in str(refused.value)
    assert "HostConfig.PidsLimit: asked for 256, got None" in str(refused.value)


def test_what_the_engine_changes_for_this_image_alone_is_the_authors_fault_at_once(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the engine does with a relative VOLUME, which is refused by name before."""
    create = engine.create_container

    def changing(body: Mapping[str, Any], name: str, role: str) -> object:
        if role == "the predictor":
            body = {**body, "Env": [*body["Env"], "OF_IMAGE=##[error]\x1b"]}
        return create(body, name, role)

    monkeypatch.setattr(engine, "create_container", changing)
    ended = run(engine, python(engine, "print('it ran')"))
    assert (predictor_fault(ended.end), ended.log) == (Outcome.FAILED, b"")
    said = describe_fault(Outcome.FAILED, ended.end, LIMITS)
    assert "the engine changes what the image declares (Env: " in said
    assert said.isprintable()


@pytest.mark.parametrize(
    "changes", ['VOLUME ["data"]', "VOLUME /data", "ENV A=1", "WORKDIR /w", "LABEL a=b", "CMD x"]
)
def test_an_image_that_copies_the_keepers_layer_is_not_taken_for_the_keeper(
    client: docker.DockerClient, engine: Engine, changes: str
) -> None:
    architecture = engine.fetch_info()["Architecture"]
    keeper = ensure_keeper_image(engine, architecture)
    copied = client.containers.create(keeper.id, entrypoint=["/keep"])
    tag = f"{KEEPER_VERSION}-{architecture}"
    copy = copied.commit(changes=f"{changes}\nENTRYPOINT []")
    copied.remove()
    assert copy.id is not None
    assert engine.images.inspect(copy.id).layers == keeper.layers
    copy.tag(KEEPER_REPOSITORY, tag)
    try:
        assert ensure_keeper_image(engine, architecture).id != copy.id
        assert predictor_fault(run(engine, python(engine, "print('it ran')")).end) is None
    finally:
        client.images.remove(copy.id, force=True)


def test_control_the_keeper_itself_is_not_made_again(engine: Engine) -> None:
    architecture = engine.fetch_info()["Architecture"]
    first, second = (ensure_keeper_image(engine, architecture) for _ in range(2))
    assert first.id == second.id


def test_control_an_engine_that_keeps_them_attests_all(engine: Engine) -> None:
    ended = run(engine, python(engine, "print('it ran')"))
    assert ended.log == b"it ran\n"
    assert ended.attestation is not None
    assert ended.attestation.mismatches == ()
    assert ended.attestation.effective["HostConfig.PidsLimit"] == LIMITS.pids
