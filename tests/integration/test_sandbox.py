"""Misbehaving predictors on the real engine: each gets its own outcome and leaves nothing."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import docker
import pytest

from runner.contract.limits import KIB, MIB, Limits
from runner.files.input_archive import input_archive
from runner.files.shared_files import SharedFiles
from runner.sandbox import policy as policy_module
from runner.sandbox import run as run_module
from runner.sandbox.engine.engine import Engine
from runner.sandbox.outcome import Outcome, predictor_fault
from runner.sandbox.policy import USERS, SandboxPolicy
from runner.sandbox.sandbox import open_sandbox
from runner.sandbox.sandbox_run import SandboxRun
from tests.helm_builder import write_suite
from tests.integration.images import OWN
from tests.integration.programs import python, run_sandboxed
from tests.suite_builder import build

Build = Callable[..., str]

LIMITS = Limits(wall_seconds=30, memory_bytes=128 * MIB, output_bytes=MIB)
FILES = {
    "manifest.json": json.dumps({"limits": dict(LIMITS.to_json())}).encode(),
    "eval/targets.parquet": b"targets",
}


def run(engine: Engine, image: str, limits: Limits = LIMITS) -> SandboxRun:
    return run_sandboxed(engine, engine.images.resolve(image), FILES, limits, print)


@pytest.mark.parametrize(
    ("script", "outcome", "said"),
    [
        ("fill_output", Outcome.OUTPUT_LIMIT, b"No space left on device"),
        # The outcomes of these are among test_attack.py's.
        pytest.param("exit_one", Outcome.FAILED, b"giving up", marks=pytest.mark.long),
        pytest.param("memory", Outcome.OUT_OF_MEMORY, b"", marks=pytest.mark.long),
        pytest.param("sparse_output", Outcome.OUTPUT_LIMIT, b"", marks=pytest.mark.long),
    ],
)
def test_a_fault_has_its_own_outcome(
    engine: Engine, misbehaving: Build, script: str, outcome: Outcome, said: bytes
) -> None:
    ended = run(engine, misbehaving(script))
    assert predictor_fault(ended.end) is outcome
    assert said in ended.log
    assert ended.output.files == {}


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("no_output", "the predictor wrote no /output/predictions.json"),
        ("link_output", "/output/predictions.json is not a regular file"),
    ],
)
def test_an_output_that_is_no_file_is_not_read(
    engine: Engine, misbehaving: Build, script: str, reason: str
) -> None:
    ended = run(engine, misbehaving(script))
    assert predictor_fault(ended.end) is None
    assert ended.output.files == {}
    assert ended.output.reasons == {"predictions.json": reason}


def test_a_predictor_past_its_deadline_is_killed_even_if_it_ignores_sigterm(
    engine: Engine, misbehaving: Build
) -> None:
    ended = run(engine, misbehaving("sleep"), replace(LIMITS, wall_seconds=2))
    assert predictor_fault(ended.end) is Outcome.TIMED_OUT
    assert 2 <= ended.end.wall_seconds < 20


def test_a_long_run_is_announced(
    engine: Engine, misbehaving: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "HEARTBEAT_SECONDS", 0.5)
    said: list[str] = []
    image = engine.images.resolve(misbehaving("sleep"))
    run_sandboxed(engine, image, FILES, replace(LIMITS, wall_seconds=2), said.append)
    assert len(said) >= 2
    assert all("still running after" in line and "of at most 2 s" in line for line in said)


def test_control_the_same_memory_is_granted_under_a_higher_limit(
    engine: Engine, misbehaving: Build
) -> None:
    """What ends ``memory`` is its limit: with a higher one it lives until the deadline."""
    few = replace(LIMITS, wall_seconds=0.3, memory_bytes=6 * 1024 * MIB)
    assert predictor_fault(run(engine, misbehaving("memory"), few).end) is Outcome.TIMED_OUT


def test_an_entrypoint_that_does_not_exist_is_the_predictors_fault(
    client: docker.DockerClient,
    engine: Engine,
) -> None:
    container = client.containers.create("runner-base")
    changes = 'ENTRYPOINT ["/no/such/program"]'
    image = OWN.name("misbehaving-entrypoint")
    container.commit(image, "latest", changes=changes)
    container.remove()
    ended = run(engine, image)
    assert predictor_fault(ended.end) is Outcome.FAILED
    assert ended.end.start_error is not None
    assert "/no/such/program" in ended.end.start_error


def test_a_predictor_finds_itself_locked_in(engine: Engine, misbehaving: Build) -> None:
    seen = json.loads(run(engine, misbehaving("look_around")).log)
    assert seen["uid"] in USERS
    assert (seen["gid"], seen["groups"]) == (seen["uid"], [seen["uid"]])
    assert int(seen["capabilities"], 16) == 0
    assert int(seen["bounding"], 16) == 0
    assert seen["no_new_privileges"] == "1"
    assert seen["seccomp"] == "2"
    assert seen["interfaces"] == ["lo"]
    assert seen["hostname"] == "predictor"
    named = {name: seen["environment"][name] for name in ("HOME", "TMPDIR", "USER", "LOGNAME")}
    assert named == {"HOME": "/tmp", "TMPDIR": "/tmp", "USER": "predictor", "LOGNAME": "predictor"}
    assert seen["input"] == ["/input/eval", "/input/eval/targets.parquet", "/input/manifest.json"]
    assert seen["times"] == [0]


def test_cases_beside_each_other_have_uids_of_their_own(
    engine: Engine, misbehaving: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There are as many uids as cases, so that by chance two would have the same."""
    monkeypatch.setattr(policy_module, "USERS", range(20_000, 20_004))
    image = engine.images.resolve(misbehaving("no_output"))
    with open_sandbox(engine, print, jobs=2) as sandbox:
        prepared = [sandbox.prepare(image, SandboxPolicy(LIMITS), dict) for _ in range(4)]
        users = [one.case.result().attestation for one in prepared]
    found = [None if one is None else one.effective["User"] for one in users]
    assert sorted(map(str, found)) == [f"{uid}:{uid}" for uid in range(20_000, 20_004)]


def test_control_without_the_policy_a_container_is_root_with_capabilities(
    client: docker.DockerClient, misbehaving: Build
) -> None:
    container = client.containers.create(misbehaving("look_around"))
    container.put_archive("/", input_archive({"input/manifest.json": b"{}", "output/empty": b""}))
    container.start()
    container.wait(timeout=30)
    seen = json.loads(container.logs())
    container.remove(v=True)
    assert seen["uid"] == 0
    assert int(seen["capabilities"], 16) != 0
    assert seen["no_new_privileges"] == "0"
    assert len(seen["interfaces"]) > 1


def test_the_log_is_bounded(engine: Engine, misbehaving: Build) -> None:
    ended = run(engine, misbehaving("flood_log"), replace(LIMITS, log_bytes=64 * KIB))
    assert 0 < len(ended.log) <= 64 * KIB
    assert predictor_fault(ended.end) is None


LOOK_AT_ASSETS = """
import os
root = "/input/assets"
print(os.stat(root).st_ino, open(f"{root}/model/weights.bin").read())
for path in (f"{root}/model/weights.bin", f"{root}/mine", "/input/mine"):
    try:
        open(path, "w")
    except OSError as error:
        print(os.strerror(error.errno))
"""


def assets_of(path: Path, content: str) -> SharedFiles:
    """Return the assets of a suite that is built with a file of this content."""
    (path / content / "model").mkdir(parents=True)
    (path / content / "model" / "weights.bin").write_text(content)
    source = write_suite(path / f"helm-{content}")
    found = build(source, path / f"suite-{content}", assets=str(path / content)).shared_files
    assert found is not None
    return found


def test_cases_share_one_read_only_volume_of_the_same_assets_and_nothing_stays_of_it(
    engine: Engine, client: docker.DockerClient, tmp_path: Path
) -> None:
    one, other = assets_of(tmp_path, "one"), assets_of(tmp_path, "other")
    image, policy = python(engine, LOOK_AT_ASSETS), SandboxPolicy(LIMITS)
    before = {volume.name for volume in client.volumes.list()}
    with open_sandbox(engine, print) as sandbox:
        ended = [
            sandbox.run(sandbox.prepare(image, policy, lambda: FILES, assets=assets))
            for assets in (one, one, other)
        ]
        made = {volume.name for volume in client.volumes.list()} - before
        without = sandbox.run(sandbox.prepare(image, policy, lambda: FILES))
    assert len([name for name in made if name.endswith("-assets")]) == 2
    assert not [volume for volume in client.volumes.list() if volume.name in made]
    logs = [run.log.decode().splitlines() for run in ended]
    assert logs[0] == logs[1]  # the same folder of the engine's disk
    assert logs[0][0].endswith(" one")
    assert logs[2][0].endswith(" other")
    assert logs[0][0].split()[0] != logs[2][0].split()[0]
    assert logs[0][1:] == ["Read-only file system"] * 3
    assert b"FileNotFoundError" in without.log  # the control
