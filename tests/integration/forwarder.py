"""A way to the engine that a test controls: a port of this machine that leads to its socket."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

ENGINE_SOCKET = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
"""Of the engine on which the tests run."""


class Forwarder:
    """Connects each client of a port with the engine, until it is told to hang."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._goes_on = threading.Event()
        self._goes_on.set()
        self._sockets: list[socket.socket] = []
        self.connections = 0

    @property
    def url(self) -> str:
        """Return what DOCKER_HOST may name."""
        return f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"

    def hang(self) -> None:
        """Pass nothing on any more, and close nothing: as if a machine on the way was lost."""
        self._goes_on.clear()

    def serve(self) -> None:
        """Take connections until the port is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                engine = socket.socket(socket.AF_UNIX)
                engine.connect(ENGINE_SOCKET)
                self._sockets += [client, engine]
                for pair in ((client, engine), (engine, client)):
                    threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def close(self) -> None:
        """End all connections."""
        for one in (self._listener, *self._sockets):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._goes_on.set()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while received := source.recv(65536):
                self._goes_on.wait()
                target.sendall(received)
            target.shutdown(socket.SHUT_WR)


@contextmanager
def forwarder() -> Iterator[Forwarder]:
    """Give a port that leads to the engine."""
    made = Forwarder()
    thread = threading.Thread(target=made.serve, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.close()
        thread.join(timeout=10)
