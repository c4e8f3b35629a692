"""What the policy does to a program inside, each with the same program under no policy."""

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import docker
import pytest

from runner.contract.limits import KIB, MIB
from runner.sandbox.container_end import CUT_MARK
from runner.sandbox.engine.engine import Engine
from runner.sandbox.outcome import Outcome, describe_fault, predictor_fault
from tests.integration.images import OWN
from tests.integration.printed import printed_by
from tests.integration.programs import LIMITS, python, run

FAMILIES = """
import socket, ctypes, json
def tried(family, kind):
    try:
        socket.socket(family, kind).close()
    except OSError as error:
        return error.strerror
    return "made"
libc = ctypes.CDLL(None, use_errno=True)
def called(number):
    libc.syscall(number, 0, 0, 0, 0, 0, 0)
    return ctypes.get_errno()
print(json.dumps({
    "vsock": tried(40, socket.SOCK_STREAM), "alg": tried(38, socket.SOCK_SEQPACKET),
    "unix": tried(1, socket.SOCK_STREAM), "inet": tried(2, socket.SOCK_STREAM),
    "io_uring": called(425), "ptrace": called(101), "process_vm_readv": called(310)}))
"""
EPERM = 1

WORK = """
import multiprocessing, os, subprocess, threading, asyncio, tempfile, mmap
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import shared_memory
import numpy as np, pandas as pd, pyarrow as pa, pyarrow.parquet as pq
def main():
    with multiprocessing.Pool(2) as pool:
        assert pool.map(abs, [-1, -2]) == [1, 2]
    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(abs, range(-9, 0))) == 45
    shared = shared_memory.SharedMemory(create=True, size=4096)
    shared.buf[0] = 7; shared.close(); shared.unlink()
    matrix = np.random.default_rng(1).random((300, 300))
    assert np.allclose(np.linalg.inv(matrix) @ matrix, np.eye(300))
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        pd.DataFrame({"a": range(10)}).to_parquet(file.name)
        assert pq.read_table(file.name, memory_map=True).num_rows == 10
    shown = subprocess.run(["sh", "-c", "echo a | sort | tr a b"], capture_output=True).stdout
    assert shown == b"b\\n"
    async def wait(): return await (await asyncio.create_subprocess_exec("true")).wait()
    assert asyncio.run(wait()) == 0
    os.mkfifo("/tmp/fifo")
    import socket; a, b = socket.socketpair(); a.send(b"x"); assert b.recv(1) == b"x"
    server = socket.create_server(("127.0.0.1", 0)); socket.create_connection(server.getsockname())
    print("all done")
main()
"""


def test_seccomp_refuses_vsock_crypto_sockets_io_uring_and_looking_into_others(
    engine: Engine,
) -> None:
    seen = json.loads(run(engine, python(engine, FAMILIES)).log)
    assert seen == {
        "vsock": "Operation not permitted",
        "alg": "Operation not permitted",
        "unix": "made",
        "inet": "made",
        "io_uring": EPERM,
        "ptrace": EPERM,
        "process_vm_readv": EPERM,
    }


def test_control_without_seccomp_they_are_not_refused(client: docker.DockerClient) -> None:
    shown = printed_by(
        client,
        "runner-base",
        [FAMILIES],
        entrypoint=["python3", "-c"],
        security_opt=["seccomp=unconfined"],
    )
    seen = json.loads(shown)
    assert EPERM not in {seen["io_uring"], seen["process_vm_readv"]}
    assert seen["vsock"] != "Operation not permitted"


def test_ordinary_python_works_under_the_policy(engine: Engine) -> None:
    ended = run(engine, python(engine, WORK), replace(LIMITS, memory_bytes=512 * MIB))
    assert ended.log == b"all done\n"
    assert predictor_fault(ended.end) is None


ENVIRONMENT = "import json, os; print(json.dumps(dict(os.environ)))"
PROXY = "http://user:password@proxy.example:3128"


@pytest.fixture
def a_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set a proxy, with its password, where clients of the engine look for one."""
    settings = {"proxies": {"default": {"httpProxy": PROXY, "httpsProxy": PROXY}}}
    (tmp_path / "config.json").write_text(json.dumps(settings))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("HTTP_PROXY_PASSWORD", "secret")


def test_neither_proxies_nor_the_runners_own_environment_get_in(
    a_proxy: None,
) -> None:
    with closing(Engine.connect()) as engine:
        seen = json.loads(run(engine, python(engine, ENVIRONMENT)).log)
    assert set(seen) == {
        *("PATH", "LANG", "PYTHONPATH", "PYTHONUNBUFFERED"),  # the image's own
        *("HOME", "TMPDIR", "HOSTNAME", "USER", "LOGNAME", "OMP_NUM_THREADS"),
    }
    assert (seen["HOME"], seen["HOSTNAME"]) == ("/tmp", "predictor")


def test_control_docker_py_gives_the_proxy_to_containers(
    a_proxy: None,
) -> None:
    with closing(docker.from_env()) as client:
        shown = printed_by(
            client,
            "runner-base",
            [ENVIRONMENT],
            entrypoint=["python3", "-c"],
            use_config_proxy=True,
        )
    assert json.loads(shown)["HTTP_PROXY"] == PROXY


def test_an_images_health_check_and_stop_signal_have_no_say(
    client: docker.DockerClient, engine: Engine, tmp_path: Path
) -> None:
    lines = ["FROM runner-base", "HEALTHCHECK --interval=1s CMD touch /output/checked"]
    (tmp_path / "Dockerfile").write_text("\n".join([*lines, "STOPSIGNAL SIGUSR1"]))
    name = OWN.name("misbehaving-health")
    client.images.build(path=str(tmp_path), tag=name, rm=True)
    image = replace(
        engine.images.resolve(name),
        entrypoint=("python3", "-c"),
        command=("import time, os; time.sleep(2.5); print(os.listdir('/output'))",),
    )
    ended = run(engine, image)
    assert ended.log == b"[]\n"
    assert ended.attestation is not None
    assert ended.attestation.effective["StopSignal"] == "SIGKILL"


def test_control_a_health_check_runs_in_an_ordinary_container(client: docker.DockerClient) -> None:
    shown = printed_by(
        client,
        "runner-base",
        ["import time, os; time.sleep(2.5); print(os.listdir('/tmp'))"],
        entrypoint=["python3", "-c"],
        healthcheck={"test": ["CMD", "touch", "/tmp/checked"], "interval": 1_000_000_000},
    )
    assert shown == b"['checked']\n"


FORKS = """
import os, sys, time
try:
    while True:
        if os.fork() == 0:
            time.sleep(60)
except OSError:
    time.sleep(7)
    sys.exit(9)
"""


def test_a_fork_bomb_is_held_and_its_message_tells_of_the_limit(
    engine: Engine,
) -> None:
    few = replace(LIMITS, pids=20)
    ended = run(engine, python(engine, FORKS), few).end
    assert predictor_fault(ended) is Outcome.FAILED
    assert "its limit of 20 processes" in describe_fault(Outcome.FAILED, ended, few)


def test_a_flooded_log_is_cut_and_says_so(engine: Engine) -> None:
    code = "for number in range(20000): print(number)"
    ended = run(engine, python(engine, code), replace(LIMITS, log_bytes=64 * KIB))
    assert ended.log.startswith(CUT_MARK)
    assert ended.log.endswith(b"\n19999\n")
    assert len(ended.log) <= 64 * KIB + len(CUT_MARK)


def test_control_a_short_log_is_whole(engine: Engine) -> None:
    assert run(engine, python(engine, "print('one'); print('two')")).log == b"one\ntwo\n"


USES = """
import time
held = bytearray(60 << 20)
begun = time.process_time()
while time.process_time() < begun + 1.5: pass
open("/output/predictions.json", "wb").write(b" " * 10000)
"""


def test_what_a_case_used_is_told(engine: Engine) -> None:
    used = run(engine, python(engine, USES)).resources
    assert used.wall_seconds >= 1.5
    assert (used.output_bytes, used.output_files) == (12 * KIB, 1)
    assert used.cpu_seconds is not None
    assert used.peak_memory_bytes is not None
    # Where the kernel does not count to the end, the last second is missing.
    assert used.cpu_seconds >= (0.3 if used.is_sampled else 1.5)
    assert 60 * MIB < used.peak_memory_bytes < LIMITS.memory_bytes


def test_control_a_case_that_does_little_used_little(engine: Engine) -> None:
    used = run(engine, python(engine, "")).resources
    assert (used.output_bytes, used.output_files) == (0, 0)
    assert (used.peak_memory_bytes or 0) < 40 * MIB
    assert (used.cpu_seconds or 0) < 1


@pytest.fixture
def many_volumes(client: docker.DockerClient) -> str:
    container = client.containers.create("runner-base")
    paths = json.dumps([f"/data{number}" for number in range(40)])
    name = OWN.name("misbehaving-volumes")
    container.commit(name, "latest", changes=f"VOLUME {paths}")
    container.remove()
    return name


TRY_ALL = """
import pathlib
for number in range(40):
    try:
        pathlib.Path(f"/data{number}/x").write_text("x")
    except OSError:
        continue
    print(number)
"""


def test_forty_declared_volumes_are_covered_and_none_is_made(
    engine: Engine, many_volumes: str
) -> None:
    image = replace(
        engine.images.resolve(many_volumes), entrypoint=("python3", "-c"), command=(TRY_ALL,)
    )
    ended = run(engine, image)
    assert ended.log == b""
    assert predictor_fault(ended.end) is None


def test_control_without_the_policy_all_forty_are_writable_disk(
    client: docker.DockerClient, many_volumes: str
) -> None:
    container = client.containers.create(
        many_volumes, [TRY_ALL], entrypoint=["python3", "-c"], read_only=True
    )
    container.start()
    container.wait(timeout=60)
    assert len(container.logs().splitlines()) == 40
    container.remove(v=True)


def test_a_limit_of_the_suite_is_what_the_kernel_enforces(engine: Engine) -> None:
    code = """
import resource
print(resource.getrlimit(resource.RLIMIT_NOFILE)[1], resource.getrlimit(resource.RLIMIT_CORE)[1])
"""
    for open_files in (100, 200):
        limits = replace(LIMITS, open_files=open_files)
        assert run(engine, python(engine, code), limits).log == f"{open_files} 0\n".encode()
