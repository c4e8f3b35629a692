"""An engine of a test's own, which it may kill: dockerd on directories and a socket of its own."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

import docker
import requests
from docker.errors import DockerException

START_SECONDS = 30
IN_ROOT = Path(__file__).with_name("dockerd_in_root.sh")

LATE_COLLECTION = {"GOGC": "off", "GOMEMLIMIT": "256MiB"}
"""An environment in which programs in Go collect no garbage before they hold that much.

Per container an engine starts itself four times, and runc and its shim as often, each for a moment.
Without their collections a case takes a tenth less of the processors' time.
"""


class SpareEngine:
    """A dockerd in a network namespace of its own, whose only containers are the test's."""

    def __init__(
        self,
        directory: Path,
        *,
        live_restore: bool,
        has_networks: bool,
        root: Path | None,
        runtimes: Mapping[str, Path],
        programs: Path | None,
    ) -> None:
        self._directory, self._live_restore = directory, live_restore
        self._has_networks, self._root, self._runtimes = has_networks, root, runtimes
        self._programs = programs
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{directory}/docker.sock"

    def start(self) -> None:
        """Start the engine and wait until it answers."""
        options = {
            "host": self.url,
            "data-root": self._directory / "data",
            "exec-root": self._directory / "exec",
            "pidfile": self._directory / "docker.pid",
            "live-restore": str(self._live_restore).lower(),
        }
        if not self._has_networks:  # it starts sooner
            options |= {"bridge": "none", "iptables": "false"}
        # An engine takes any process with these pids for its own, and gives up. A killed one takes
        # its containerd with it.
        for left in ("docker.pid", "exec/containerd/containerd.pid"):
            (self._directory / left).unlink(missing_ok=True)
        # In a network namespace of its own: it would change the host's docker0 and its rules.
        command = ["unshare", "--net", "dockerd"]
        if self._root is not None:
            command = [
                "unshare",
                "--net",
                "--mount",
                *map(str, (IN_ROOT, self._root, self._directory)),
            ]
        command += [f"--{name}={value}" for name, value in options.items()]
        command += [f"--add-runtime={name}={path}" for name, path in self._runtimes.items()]
        environment = {**os.environ, **LATE_COLLECTION}
        if self._programs is not None:
            environment["PATH"] = f"{self._programs}:{environment['PATH']}"
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
        self._wait()

    def kill(self) -> None:
        """Kill the engine as a crash would; its containers go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(timeout=10)

    def restart(self) -> None:
        """End the engine in good order and start it again."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(timeout=30)
        self.start()

    def stop(self) -> None:
        """End the engine, its containers and its containerd."""
        with suppress(DockerException), closing(self.client()) as client:
            for container in client.containers.list(all=True):
                container.remove(force=True, v=True)
        assert self._process is not None
        self._process.terminate()
        self._process.wait(timeout=30)

    def client(self) -> docker.DockerClient:
        """Return a client of this engine."""
        return docker.DockerClient(self.url, version="1.41")

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with closing(self.client()) as client:
                    client.ping()
            except (DockerException, requests.RequestException):
                assert time.monotonic() < deadline, (self._directory / "log").read_text()[-2000:]
                time.sleep(0.05)
            else:
                return


@contextmanager
def spare_engine(
    *,
    live_restore: bool = False,
    has_networks: bool = False,
    root: Path | None = None,
    runtimes: Mapping[str, Path] = MappingProxyType({}),
    programs: Path | None = None,
) -> Iterator[SpareEngine]:
    """Give an engine of the test's own, and leave nothing of it.

    Args:
        root: a file system whose dockerd it is; this machine's by default.
        runtimes: programs of further OCI runtimes, by name.
        programs: a folder with programs that the engine finds before all others.
    """
    # Not in pytest's directory: the names of the sockets below would be too long.
    directory = Path(tempfile.mkdtemp(prefix="engine-"))
    engine = SpareEngine(
        directory,
        live_restore=live_restore,
        has_networks=has_networks,
        root=root,
        runtimes=runtimes,
        programs=programs,
    )
    try:
        engine.start()
        yield engine
    finally:
        engine.stop()
        _unmount_below(directory)
        shutil.rmtree(directory)


def _unmount_below(directory: Path) -> None:
    """Undo what an engine that was killed mounted, its data on itself at least."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    places = [line.split()[4] for line in lines]
    for place in reversed(places):
        if place.startswith(f"{directory}/"):
            subprocess.run(["umount", place], check=True)
