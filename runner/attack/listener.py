"""A listener on a network of the engine, to prove from outside that nobody could reach it."""

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from runner.errors import EngineError
from runner.sandbox.engine.container import Container
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.host import engine_identity
from runner.sandbox.live_runs import recorded, settle
from runner.sandbox.policy import LABEL

PORT, DNS_PORT = 4000, 53
START_SECONDS = 30

# Every datagram and every connection is one line of the log.
_PROGRAM = f"""
import select, socket
tcp = socket.create_server(("0.0.0.0", {PORT}))
udp = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
for each, port in zip(udp, ({PORT}, {DNS_PORT})):
    each.bind(("0.0.0.0", port))
print("listening", flush=True)
while True:
    for ready in select.select([tcp, *udp], [], [])[0]:
        if ready is tcp:
            connection, peer = tcp.accept()
            connection.settimeout(1)
            try:
                said = connection.recv(100)
            except OSError:
                said = b""
            connection.close()
        else:
            said, peer = ready.recvfrom(100)
        print("heard", said, "from", peer[0], flush=True)
"""


@dataclass(frozen=True)
class Listener:
    """A running listener.

    Attributes:
        address: ``host:port`` for TCP and UDP; its DNS port answers nothing either.
    """

    address: str
    container: Container

    def heard(self) -> tuple[str, ...]:
        """Return a line for everything that reached it so far."""
        lines = self.container.fetch_log().decode(errors="replace").splitlines()
        return tuple(line for line in lines if line != "listening")


@contextmanager
def listening(engine: Engine, image: str) -> Iterator[Listener]:
    """Yield a listener in a container of a Python image, on a Docker network of its own.

    The record of live runs covers it, so what a killed runner leaves of it is removed later.

    Raises:
        EngineError: it can't be started.
    """
    identity = engine_identity(engine.fetch_info())
    with recorded(identity) as entry:
        with _started(engine, image, {LABEL: entry.token}) as listener:
            yield listener
        settle(entry)  # not after an error: the next evaluation checks whether anything is left


@contextmanager
def _started(engine: Engine, image: str, labels: Mapping[str, str]) -> Iterator[Listener]:
    name = f"runner-{secrets.token_hex(6)}-listener"
    body = {
        "Image": image,
        "Entrypoint": ["python3", "-c", _PROGRAM],
        "Cmd": [],
        "Labels": dict(labels),
        "HostConfig": {"NetworkMode": name},
    }
    with ExitStack() as cleanup:
        # Internal: not even the listener reaches anything beyond.
        engine.create_network(name, labels)
        cleanup.callback(engine.remove, "network", name)
        container = engine.create_container(body, name, "the listener")
        cleanup.callback(engine.remove, "container", name)
        container.start()
        _wait_until_up(container)
        host = container.inspect()["NetworkSettings"]["Networks"][name]["IPAddress"]
        yield Listener(f"{host}:{PORT}", container)


def _wait_until_up(container: Container) -> None:
    deadline = time.monotonic() + START_SECONDS
    while b"listening" not in (said := container.fetch_log()):
        if time.monotonic() > deadline:
            end = said.decode(errors="replace").splitlines()[-5:]
            raise EngineError(f"The listener did not start in {START_SECONDS} s: {end!r}")
        time.sleep(0.05)
