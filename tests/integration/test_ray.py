"""A real Ray cluster of two nodes, which are processes of this machine and share its engine.

The predictor waits, then copies its predictions from the image: whatever a node does, it is there
long enough to be killed.
"""

import gc
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import docker
import pytest

from runner.cluster.node import CaseSlot, NodeFacts, ensure_image
from runner.code_version import code_versions
from runner.errors import EngineError
from runner.sandbox.cleanup import collect_garbage
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.host import engine_identity
from runner.sandbox.policy import LABEL
from tests.helm_builder import run_files, stat, write_run
from tests.integration.command import RUNNER, runner
from tests.integration.conftest import wait_for_container
from tests.integration.images import OWN
from tests.integration.ray_nodes import RayNodes, ray_nodes
from tests.integration.registry import Registry, build_image, packaged
from tests.integration.spare_engine import SpareEngine, spare_engine
from tests.integration.started import killed
from tests.suite_builder import build
from tests.terminal import Terminal

RUNNER_CODE = Path(__file__).parents[2] / "runner"

CASES = 4
RUNS = [f"run-{number}" for number in range(CASES)]
CANARY = 0.7182818284
LIMITS = ("--memory-mib", "64", "--wall-seconds", "60")

STAT = {"name": {"name": "predicted_exact_match", "split": "test"}, "mean": 0.5}
PREDICTIONS = {"contract_version": 1, "predictions": {name: [STAT] for name in RUNS}}
DOCKERFILE = """
FROM scratch
COPY busybox predictions.json /
ENTRYPOINT ["/busybox", "sh", "-c", \
    "/busybox sleep {seconds}; /busybox cp /predictions.json /output/predictions.json"]
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return what the predictors consist of."""
    return {
        "busybox": packaged("busybox-static", "bin/busybox", tmp_path_factory.mktemp("busybox")),
        "predictions.json": json.dumps(PREDICTIONS).encode(),
    }


@pytest.fixture(scope="module")
def predictors(client: docker.DockerClient, files: dict[str, bytes]) -> tuple[str, str]:
    """Return two predictors that take a while, and are two images."""
    names = (OWN.name("one"), OWN.name("other"))
    for name, seconds in zip(names, (1.5, 1.6), strict=True):
        dockerfile = DOCKERFILE.format(seconds=seconds).encode()
        build_image(client, name, {**files, "Dockerfile": dockerfile})
    return names


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a suite of one case per run; no train side has the actuals of an eval side."""
    directory = tmp_path_factory.mktemp("suite")
    for name in RUNS:
        files = run_files(name, stats=[stat("exact_match", CANARY)])
        write_run(directory / "runs", name, files)
    write_run(directory / "runs", "train")
    cases = [{"train": ["train"], "eval": [name]} for name in RUNS]
    build(directory / "runs", directory / "v1", division={"method": "explicit", "cases": cases})
    return directory / "v1"


@pytest.fixture(scope="module")
def nodes() -> Iterator[RayNodes]:
    with ray_nodes(2) as nodes:
        yield nodes


Evaluate = Callable[..., list[str]]


@pytest.fixture
def command(nodes: RayNodes, suite: Path, tmp_path: Path) -> Evaluate:
    """Return a function that gives the command of an evaluation on the cluster."""

    def of(*images: str) -> list[str]:
        return [*evaluate(*images, suite=suite, out=tmp_path / "ray"), *where(nodes)]

    return of


def where(nodes: RayNodes) -> list[str]:
    return ["--executor", "ray", "--address", nodes.address, "--shared", str(shared_place(nodes))]


def shared_place(nodes: RayNodes) -> Path:
    return nodes.directory / "shared"


def evaluate(*images: str, suite: Path, out: Path) -> list[str]:
    return [str(RUNNER), "evaluate", *images, "--suite", str(suite), *LIMITS, "--out", str(out)]


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return runner(*command[1:])


def reports(out: Path) -> list[dict[str, Any]]:
    """Return the reports below a directory, less times, measurements and names on the engine."""
    found = [json.loads(path.read_bytes()) for path in sorted(out.glob("*/report.json"))]
    for report in found:
        del report["created"]
        for case in report["cases"]:
            del case["wall_seconds"], case["resources"], case["sandbox"]
    return found


def test_what_a_node_gets_holds_no_actual(
    predictors: tuple[str, str], command: Evaluate, nodes: RayNodes, suite: Path
) -> None:
    ended = run(command(predictors[0]))
    assert ended.returncode == 0, ended.stderr
    (archive,) = shared_place(nodes).iterdir()
    with tarfile.open(archive) as tar:
        assert {Path(name).parts[0] for name in tar.getnames()} == {"public"}
    fetched = [path for number in (1, 2) for path in nodes.cache(number).rglob("suite.json")]
    assert len(fetched) == 2  # once on each node
    caches = [path for number in (1, 2) for path in nodes.cache(number).rglob("*")]
    held = b"".join(path.read_bytes() for path in caches if path.is_file())
    actuals = b"".join(path.read_bytes() for path in (suite / "private").rglob("actuals.jsonl"))
    assert str(CANARY).encode() in actuals
    assert str(CANARY).encode() not in held


def test_a_copy_that_was_tampered_with_is_refused(
    predictors: tuple[str, str], command: Evaluate, nodes: RayNodes
) -> None:
    (cached,) = nodes.cache(2).glob("runner/suites/sha256-*/public/suite.json")
    frame = cached.parent / "train" / "stats.parts"
    content = frame.read_bytes()
    frame.write_bytes(content[:-1] + b"?")
    try:
        ended = run(command(predictors[0]))
    finally:
        frame.write_bytes(content)
    assert ended.returncode == 3, ended.stderr
    assert f"{frame}: changed since the suite was built" in ended.stderr


def test_a_case_that_no_node_has_room_for_is_refused_at_once(
    predictors: tuple[str, str], command: Evaluate
) -> None:
    ended = run([*command(predictors[0]), "--memory-mib", "2048"])
    assert ended.returncode == 2
    assert "no node of the Ray cluster has as much" in ended.stderr
    assert "1024 MiB" in ended.stderr


GPU_HOOK = "nvidia-container-runtime-hook"
"""An engine that finds this program offers GPUs: it tells it by a variable which ones, and a real
one then adds them to the container."""

GPU_DOCKERFILE = """
FROM scratch
COPY busybox predictions.json predict.sh /
ENTRYPOINT ["/busybox", "sh", "/predict.sh"]
"""
GPU_SCRIPT = """
echo "gpu $NVIDIA_VISIBLE_DEVICES $(/busybox cat /proc/uptime)"
/busybox sleep 2
/busybox cp /predictions.json /output/predictions.json
echo "gpu $NVIDIA_VISIBLE_DEVICES $(/busybox cat /proc/uptime)"
"""


@pytest.fixture
def engine_with_gpus(tmp_path: Path) -> Iterator[SpareEngine]:
    """Give an engine that offers GPUs that this machine lacks."""
    hook = tmp_path / "programs" / GPU_HOOK
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\n")
    hook.chmod(0o755)
    with spare_engine(programs=hook.parent) as spare:
        yield spare
    gc.collect()  # sockets of refused connections, as long as the filter stands


# docker-py leaves a socket open when a connection is refused; that is not what is tested.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_each_case_that_asks_for_a_gpu_has_one_of_its_own_and_others_wait(
    engine_with_gpus: SpareEngine,
    nodes: RayNodes,
    files: dict[str, bytes],
    suite: Path,
    tmp_path: Path,
) -> None:
    """Four cases, CPUs for all of them, and two GPUs."""
    program = {"predict.sh": GPU_SCRIPT.encode(), "Dockerfile": GPU_DOCKERFILE.encode()}
    asked = [*evaluate("gpus", suite=suite, out=tmp_path / "out"), *where(nodes), "--gpus", "1"]
    nodes.start(4, docker_host=engine_with_gpus.url, cpus=CASES, gpus=2)
    try:
        with closing(engine_with_gpus.client()) as client:
            build_image(client, "gpus", {**files, **program})
        nodes.wait(4)
        ended = runner(*asked[1:], DOCKER_HOST=engine_with_gpus.url)
    finally:
        nodes.kill(4)
    assert ended.returncode == 0, ended.stderr
    times: dict[str, list[tuple[float, float]]] = {}
    for log in (tmp_path / "out").rglob("container.log"):
        begin, end = re.findall(r"gpu (\S+) (\S+) ", log.read_text())
        assert begin[0] == end[0]
        times.setdefault(begin[0], []).append((float(begin[1]), float(end[1])))
    assert sorted(times) == ["0", "1"]
    assert sum(map(len, times.values())) == CASES
    for each in times.values():  # no two at a time on the same
        assert all(end <= begin for (_, end), (begin, _) in pairwise(sorted(each)))
    assert any(  # control: they do run at the same time
        one[0] < other[1] and other[0] < one[1] for one in times["0"] for other in times["1"]
    )


def test_a_node_whose_engine_gives_no_gpu_runs_no_case_that_asks_for_one(tmp_path: Path) -> None:
    refusal = CaseSlot(code_versions(), str(tmp_path), None, ["0"])
    without = CaseSlot(code_versions(), str(tmp_path), None, [])
    for slot, expected in ((refusal, EngineError), (without, NodeFacts)):
        opened = slot.open()
        slot.close()
        assert isinstance(opened, expected), opened
        if isinstance(opened, EngineError):
            assert "can run no case with a GPU" in str(opened)
            assert "install NVIDIA's container toolkit" in str(opened)


@pytest.mark.long
def test_nodes_with_other_code_than_the_head_are_refused(
    predictors: tuple[str, str], command: Evaluate, tmp_path: Path
) -> None:
    shutil.copytree(RUNNER_CODE, tmp_path / "changed" / "runner")
    with (tmp_path / "changed" / "runner" / "errors.py").open("a") as file:
        file.write("# changed\n")
    main = "from runner.cli.main import main; main()"
    ended = subprocess.run(
        [sys.executable, "-P", "-c", main, *command(predictors[0])[1:]],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "changed")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 2, ended.stderr
    assert "has other code than this machine: runner 0.1.0 (code " in ended.stderr


def test_an_interrupt_leaves_nothing_on_the_nodes(
    client: docker.DockerClient, predictors: tuple[str, str], command: Evaluate
) -> None:
    with subprocess.Popen(command(predictors[0]), stderr=subprocess.PIPE, text=True) as running:
        wait_for_container(client, "predictor")
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said


@pytest.mark.long
def test_on_a_terminal_one_view_counts_what_runs_on_the_nodes(
    predictors: tuple[str, str], command: Evaluate
) -> None:
    with Terminal(command(*predictors), columns=200) as terminal:
        terminal.wait_for(lambda screen: re.search(r"\nall +\d of 8 done +2 running", screen))
        terminal.wait_for(lambda screen: re.search(r"\nall +[1-7] of 8 done .* left", screen))
        assert terminal.wait() == 0, terminal.lines
        assert not [line for line in terminal.lines if "running" in line or " done" in line]
        assert terminal.has_cursor


def test_a_node_that_lacks_an_image_gets_it_by_its_digest(
    client: docker.DockerClient, engine: Engine, registry: Registry, predictors: tuple[str, str]
) -> None:
    repository = f"{registry.address}/team/predictor"
    files = {"Dockerfile": b"FROM " + predictors[0].encode() + b"\nLABEL of=registry\n"}
    build_image(client, f"{repository}:1", files)
    events = list(client.api.push(repository, tag="1", stream=True, decode=True))
    image = engine.images.resolve(f"{repository}:1")
    assert image.digests, events
    registry.remove(image.id)
    with pytest.raises(EngineError, match="can't get it"):
        ensure_image(engine, replace(image, digests=()), None, print)
    with pytest.raises(EngineError, match=r"can't get it from one of docker\.io, ghcr\.io"):
        ensure_image(engine, image, ("docker.io", "ghcr.io"), print)
    ensure_image(engine, image, (registry.address,), print)  # the control
    registry.remove(image.id)
    ensure_image(engine, image, None, print)
    assert engine.images.resolve(image.id).digests == image.digests
    with pytest.raises(EngineError, match="sha256:other"):
        ensure_image(engine, replace(image, id="sha256:other"), None, print)
    registry.remove(image.id)


@pytest.mark.long
@pytest.mark.parametrize("executor", ["ray", "local"])
@pytest.mark.parametrize(
    ("most", "started", "code"), [(CASES * 9, CASES * 3, 5), (1, CASES + 1, 0)]
)
def test_a_case_whose_engine_fails_has_three_attempts_everywhere(
    client: docker.DockerClient,
    predictors: tuple[str, str],
    nodes: RayNodes,
    suite: Path,
    tmp_path: Path,
    executor: str,
    most: int,
    started: int,
    code: int,
) -> None:
    """The control is the second row: a fault that occurs once costs one more attempt."""
    placement = where(nodes) if executor == "ray" else ["--jobs", "3"]
    with killed(client, predictors[0], most) as found:
        ended = run([*evaluate(predictors[0], suite=suite, out=tmp_path / "out"), *placement])
    assert ended.returncode == code, ended.stderr
    assert len(found) == started, ended.stderr
    assert ended.stderr.count("Trying again (1 of 2)") == min(most, CASES)


@dataclass(frozen=True)
class Disturbed:
    """An evaluation of both predictors during which the cluster lost a node.

    Attributes:
        out: where its reports are; those of the local pool are in ``local`` beside it.
        ended: its process, with what it printed.
    """

    out: Path
    ended: subprocess.CompletedProcess[str]

    @property
    def local(self) -> Path:
        return self.out.with_name("local")


@pytest.fixture(scope="module")
def disturbed(
    client: docker.DockerClient,
    engine: Engine,
    predictors: tuple[str, str],
    nodes: RayNodes,
    suite: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Disturbed:
    """Evaluate on three nodes, one of which is killed, and one has no engine."""
    out = tmp_path_factory.mktemp("disturbed") / "ray"
    nodes.start(3, docker_host="unix:///nowhere/docker.sock")
    local = run([*evaluate(*predictors, suite=suite, out=out.with_name("local")), "--jobs", "3"])
    assert local.returncode == 0, local.stderr
    nodes.wait(3)
    command = [*evaluate(*predictors, suite=suite, out=out), *where(nodes), "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        deadline = time.monotonic() + 60
        while not runs_a_case(client, nodes.state(2)):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        nodes.kill(2)
        shown, said = running.communicate(timeout=120)
    nodes.kill(3)
    with pytest.MonkeyPatch.context() as patch:  # as `runner gc` on node 2 would
        patch.setenv("XDG_STATE_HOME", str(nodes.state(2)))
        collect_garbage(engine, engine_identity(engine.fetch_info()))
    return Disturbed(out, subprocess.CompletedProcess(command, running.returncode, shown, said))


def runs_a_case(client: docker.DockerClient, state: Path) -> bool:
    """Return whether a predictor runs that a node's ledger, below this directory, knows of."""
    tokens = {entry.stem for entry in state.rglob("*.json")}
    running = client.containers.list(filters={"label": LABEL}, ignore_removed=True)
    return any(
        one.labels[LABEL] in tokens and str(one.name).endswith("predictor") for one in running
    )


@pytest.mark.long
def test_a_node_killed_in_mid_run_changes_no_report(disturbed: Disturbed) -> None:
    assert disturbed.ended.returncode == 0, disturbed.ended.stderr
    assert "a node of the Ray cluster was lost" in disturbed.ended.stderr
    found = reports(disturbed.out)
    assert [case["outcome"] for report in found for case in report["cases"]] == 2 * CASES * [
        "scored"
    ]
    assert found == reports(disturbed.local)


@pytest.mark.long
def test_only_what_was_in_flight_on_a_lost_node_is_run_again(disturbed: Disturbed) -> None:
    begun = Counter(re.findall("(.*): running, at most", disturbed.ended.stderr))
    assert len(begun) == 2 * CASES
    assert 1 <= sum(begun.values()) - len(begun) <= 2
    scored = re.findall("(.*): scored after", disturbed.ended.stderr)
    assert sorted(scored) == sorted(begun)  # each once


@pytest.mark.long
def test_what_has_finished_is_taken_up_and_nothing_is_run(
    disturbed: Disturbed, predictors: tuple[str, str], nodes: RayNodes, suite: Path
) -> None:
    before = reports(disturbed.out)
    again = run([*evaluate(*predictors, suite=suite, out=disturbed.out), *where(nodes)])
    assert again.returncode == 0, again.stderr
    assert ": running" not in again.stderr
    assert reports(disturbed.out) == before


@pytest.mark.long
def test_what_befalls_a_node_leaves_standard_output_to_the_reports(
    disturbed: Disturbed, predictors: tuple[str, str]
) -> None:
    shown = json.loads(disturbed.ended.stdout)
    assert [report["image"]["reference"] for report in shown] == list(predictors)


@pytest.mark.long
def test_a_node_without_an_engine_is_named_and_the_others_go_on(disturbed: Disturbed) -> None:
    assert "can run no case: No container engine answers" in disturbed.ended.stderr
    assert "`--num-cpus 0`" in disturbed.ended.stderr


def test_a_cluster_that_does_not_answer_is_named(
    predictors: tuple[str, str], suite: Path, tmp_path: Path
) -> None:
    nobody = ["--executor", "ray", "--address", "127.0.9.1:9", "--shared", str(tmp_path)]
    ended = run([*evaluate(predictors[0], suite=suite, out=tmp_path / "out"), *nobody])
    assert ended.returncode == 5, ended.stderr
    assert "No Ray cluster answers at 127.0.9.1:9" in ended.stderr
