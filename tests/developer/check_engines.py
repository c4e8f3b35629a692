"""The sandbox on other engines: ``make check-engines``, as root.

gVisor as the predictor's runtime on this machine's own Docker, and Docker 26. ENGINES_ROOT has
both: see setup/other_engines.sh. The engines are of these tests alone.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.attack.pack import pack_directory, read_pack
from runner.attack.run import run_attacks
from runner.sandbox.engine.engine import Engine
from runner.sandbox.seccomp import GVISOR
from tests.integration.spare_engine import SpareEngine, spare_engine

ROOT = Path(os.environ["ENGINES_ROOT"]).resolve()
CHECKOUT = Path(__file__).parents[2]
MOST_SECONDS = 1200

UNFILTERED = "runsc-unfiltered"
"""gVisor as it is by default: without the filter of system calls that the runner asks for."""

ARGUMENTS = "--platform=systrap --network=none --overlay2=none"
RUNTIMES = {GVISOR: f"{ARGUMENTS} --oci-seccomp", UNFILTERED: ARGUMENTS}


@pytest.fixture(scope="module")
def gvisor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpareEngine]:
    directory = tmp_path_factory.mktemp("runtimes")
    runtimes = {name: directory / name for name in RUNTIMES}
    for name, path in runtimes.items():
        path.write_text(f'#!/bin/sh\nexec {ROOT}/usr/bin/runsc {RUNTIMES[name]} "$@"\n')
        path.chmod(0o755)
    with spare_engine(has_networks=True, runtimes=runtimes) as engine:
        load(engine, "runner-base", "train_mean")
        yield engine


@pytest.fixture(scope="module")
def docker_26() -> Iterator[SpareEngine]:
    with spare_engine(has_networks=True, root=ROOT) as engine:
        load(engine, "runner-base")
        yield engine


def load(engine: SpareEngine, *images: str) -> None:
    """Give an engine images of this machine's own."""
    with subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE) as saved:
        command = ["docker", "--host", engine.url, "load"]
        subprocess.run(command, stdin=saved.stdout, check=True, capture_output=True)


def verdicts(engine: SpareEngine, *options: str) -> dict[str, Any]:
    """Return the breaches of each attack that did not hold, and how many attacks there were."""
    ended = subprocess.run(
        [sys.executable, "-m", "runner", "doctor", "--attack", "--json", *options],
        cwd=CHECKOUT,
        env={**os.environ, "DOCKER_HOST": engine.url},
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
        check=False,
    )
    found = json.loads(ended.stdout)["verdicts"]
    breached = {each["name"]: each["breaches"] for each in found if not each["holds"]}
    return {"attacks": len(found), "breached": breached}


ALL = {"attacks": len(read_pack(pack_directory())), "breached": {}}


@pytest.mark.timeout(MOST_SECONDS)
def test_under_gvisor_the_pack_is_held_with_the_promised_names(gvisor: SpareEngine) -> None:
    assert verdicts(gvisor, "--runtime", GVISOR) == ALL


def test_a_predictor_that_starts_threads_is_scored_under_gvisor(
    gvisor: SpareEngine, tmp_path: Path
) -> None:
    """The pack's scripts fork; numpy starts threads, which needs another system call."""
    command = ["evaluate", "train_mean", "--suite", "demo", "--runtime", GVISOR, "--out", tmp_path]
    ended = subprocess.run(
        [sys.executable, "-m", "runner", *map(str, command)],
        cwd=CHECKOUT,
        env={**os.environ, "DOCKER_HOST": gvisor.url},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("name", ["ptrace", "unshare", "page_cache"])
def test_control_gvisor_without_the_filter_of_system_calls_is_told_as_not_holding(
    gvisor: SpareEngine, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", gvisor.url)
    attacks = [each for each in read_pack(pack_directory(), GVISOR) if each.name == name]
    (verdict,) = run_attacks(Engine.connect(), attacks, lambda _verdict: None, UNFILTERED)
    assert not verdict.holds


@pytest.mark.timeout(MOST_SECONDS)
def test_docker_26_holds_the_pack(docker_26: SpareEngine) -> None:
    assert docker_26.client().version()["Version"].startswith("26.")
    assert verdicts(docker_26) == ALL


@pytest.mark.timeout(MOST_SECONDS)
def test_the_sandboxs_own_tests_pass_on_docker_26(docker_26: SpareEngine) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/integration/test_sandbox.py"],
        cwd=CHECKOUT,
        env={**os.environ, "DOCKER_HOST": docker_26.url},
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
