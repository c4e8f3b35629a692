"""A Ray cluster of a test's own: nodes that are processes of this machine, which it may kill."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

START_SECONDS = 120
RAY = Path(sys.executable).with_name("ray")

ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_raylet_start_wait_time_s": "120",  # on a machine that is busy
    "RAY_prestart_worker_first_driver": "0",  # processes of Python that no task may ever need
    # A node that is killed is missed within two seconds, not after a minute; a slow one is not.
    "RAY_health_check_initial_delay_ms": "0",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "10000",
    "RAY_health_check_failure_threshold": "3",
}


@dataclass
class RayNodes:
    """A head and further nodes, each with an address, a cache and a ledger of its own."""

    directory: Path
    port: int
    processes: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Return the head's."""
        return f"127.0.9.1:{self.port}"

    def cache(self, number: int) -> Path:
        """Return where a node keeps suites."""
        return self.directory / f"cache-{number}"

    def state(self, number: int) -> Path:
        """Return where a node keeps the ledger of what it has on its engine."""
        return self.directory / f"state-{number}"

    def start(
        self, number: int, *, docker_host: str | None = None, cpus: int = 1, gpus: int = 0
    ) -> None:
        """Start a node; number 1 is the head.

        Args:
            docker_host: where its engine is; None for this machine's.
            gpus: how many GPUs Ray believes it to have.
        """
        role = ["--head", "--port", str(self.port), "--include-dashboard=false"]
        command = [str(RAY), "start", "--block", *(role if number == 1 else [])]
        command += [] if number == 1 else ["--address", self.address]
        # One each: nodes that start at the same time would give their sockets the same names.
        command += ["--temp-dir", str(self.directory / str(number))]
        command += ["--node-ip-address", f"127.0.9.{number}"]
        command += ["--include-log-monitor", "false"]  # nobody reads the logs meanwhile
        command += ["--num-cpus", str(cpus), "--num-gpus", str(gpus)]
        command += ["--memory", str(2**30), "--object-store-memory", str(80 * 2**20)]
        environment = {**os.environ, **ENVIRONMENT}
        environment["XDG_CACHE_HOME"] = str(self.cache(number))
        environment["XDG_STATE_HOME"] = str(self.state(number))
        if docker_host is not None:
            environment["DOCKER_HOST"] = docker_host
        with (self.directory / f"node-{number}.log").open("wb") as log:
            self.processes[number] = subprocess.Popen(
                [*command, "--disable-usage-stats"],
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )

    def wait(self, number: int) -> None:
        """Return when a node has started."""
        log = self.directory / f"node-{number}.log"
        deadline = time.monotonic() + START_SECONDS
        while "will now block" not in log.read_text():
            assert self.processes[number].poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)

    def wait_for_port(self) -> None:
        """Return when nodes can join the head."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            with suppress(OSError), socket.create_connection(("127.0.9.1", self.port)):
                return
            assert time.monotonic() < deadline, (self.directory / "node-1.log").read_text()
            time.sleep(0.05)

    def kill(self, number: int) -> None:
        """End a node as a power loss would: all of its processes at once."""
        process = self.processes.pop(number)
        for pid in [process.pid, *_descendants(process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait(timeout=10)


def _descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task").glob("*/children")
    found = [int(child) for path in children for child in path.read_text().split()]
    return [one for child in found for one in (child, *_descendants(child))]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.9.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def ray_nodes(count: int) -> Iterator[RayNodes]:
    """Give a cluster of so many nodes, one CPU and 1 GiB each, and leave nothing of it."""
    # Not in pytest's directory: the names of the sockets below would be too long.
    nodes = RayNodes(Path(tempfile.mkdtemp(prefix="ray-")), _free_port())
    try:
        nodes.start(1)
        nodes.wait_for_port()
        for number in range(2, count + 1):
            nodes.start(number)
        for number in range(1, count + 1):
            nodes.wait(number)
        yield nodes
    finally:
        for number in sorted(nodes.processes, reverse=True):
            nodes.kill(number)
        shutil.rmtree(nodes.directory)
