"""Calls the command ``runner`` of a server, in this process's place: see warm_server.py.

It needs nothing but a bare Python, which starts in a hundredth of a second.
"""

import json
import os
import signal
import socket
import sys
from collections.abc import Sequence


def send_call(
    connection: socket.socket,
    arguments: Sequence[str],
    environment: dict[str, str],
    streams: Sequence[int],
) -> None:
    """Have the server start a command as this process would: in its directory, with its umask."""
    umask = os.umask(0)
    os.umask(umask)
    call = {
        "arguments": arguments,
        "directory": os.getcwd(),  # noqa: PTH109  (pathlib takes as long as all the rest)
        "environment": environment,
        "umask": umask,
    }
    socket.send_fds(connection, [json.dumps(call).encode()], streams)


def receive_status(connection: socket.socket) -> int:
    """Wait for the command's end and return its exit code, or less than 0 for a signal."""
    status = connection.recv(16)
    if not status:
        raise ConnectionError("the server of the command `runner` is gone")
    return os.waitstatus_to_exitcode(int(status))


def main(path: str) -> None:
    """Be the command, as far as who started this process can tell."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(path)
        send_call(connection, sys.argv, dict(os.environ), (0, 1, 2))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda given, _frame: connection.send(bytes([given])) and None)
        code = receive_status(connection)
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)
