"""An SSH server that runs one command: the one by which Docker's clients reach an engine."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import paramiko

from tests.integration.forwarder import ENGINE_SOCKET

COMMAND = b"docker system dial-stdio"


class _Login(paramiko.ServerInterface):  # type: ignore[misc]  # it has no types
    """Lets everybody in who has the key, and connects each channel with the engine."""

    def __init__(self, key: paramiko.PKey) -> None:
        self._key = key

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> Any:
        return paramiko.AUTH_SUCCESSFUL if key == self._key else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_channel_request(self, kind: str, chanid: int) -> Any:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        if command != COMMAND:
            return False
        engine = socket.socket(socket.AF_UNIX)
        engine.connect(ENGINE_SOCKET)
        for pair in ((channel, engine), (engine, channel)):
            threading.Thread(target=_pump, args=pair, daemon=True).start()
        return True


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError, EOFError):
        while received := source.recv(65536):
            target.sendall(received)
    with suppress(OSError, EOFError):
        target.close()


@contextmanager
def ssh_server(home: Path) -> Iterator[str]:
    """Give a server's ``ssh://`` address; its key and the user's are in a home directory."""
    (home / ".ssh").mkdir(mode=0o700)
    key = paramiko.RSAKey.generate(2048)
    key.write_private_key_file(str(home / ".ssh" / "id_rsa"))
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    known = f"[127.0.0.1]:{port} {key.get_name()} {key.get_base64()}\n"
    (home / ".ssh" / "known_hosts").write_text(known)
    transports: list[paramiko.Transport] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                transport = paramiko.Transport(listener.accept()[0])
                transports.append(transport)
                transport.add_server_key(key)
                with suppress(paramiko.SSHException, EOFError):
                    transport.start_server(server=_Login(key))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"ssh://{os.environ.get('USER', 'root')}@127.0.0.1:{port}"
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for transport in transports:
            transport.close()
        thread.join(timeout=10)
