"""Forks the command ``runner`` from a process that has its imports behind it.

``python -m tests.integration.warm_server SOCKET`` listens until its standard input ends. A call is
one message with the three standard streams, its answer one message with the status, as of
``os.waitpid``. Further messages of the caller are numbers of signals for the command. The command
of a caller that is gone is killed.
"""

import atexit
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys

from runner.cli.main import COMMANDS, ENDING_SIGNALS, main

USED = (
    "build",
    "check",
    "compare",
    "evaluate",
    "leaderboard",
    "ledger",
    "report",
    "suite",
    "verify",
)
IMPORTED = (
    "pandas",
    "pyarrow.pandas_compat",
    "rich.progress",
    "rich.themes",
    "runner.attack.run",
    "runner.audit.audit",
    "runner.building.build",
    *(f"runner.cli.{place.partition(':')[0]}" for place, _ in COMMANDS.values()),
    *(f"runner.cli.{name}" for name in USED),
)
"""Most of what commands import once they know that they need it."""

LARGEST_CALL = 2**17
STREAMS = 3


_codes: list[int] = []
"""The exit code of this process's command, once it is known."""


def serve(path: str) -> None:
    """Answer calls until standard input ends. It returns in the process of a call alone."""
    atexit.register(_leave)  # before all imports, so that what they register comes first
    for name in IMPORTED:
        importlib.import_module(name)
    gc.freeze()  # else a collection in a fork copies all that it looks at
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that wait
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen()
        os.write(1, b"ready\n")
        while 0 not in select.select([listener.fileno(), 0], (), ())[0]:
            connection, _ = listener.accept()
            with connection:
                if os.fork() == 0:
                    listener.close()
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    return _start(connection)
    sys.exit()


def _leave() -> None:
    """End a command as soon as all else that has to happen at its end has.

    Python would now take all modules apart, which copies what the command shares with the server:
    four times as much work as the rest of ``runner --version``.
    """
    if _codes:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_codes[0])


def _start(connection: socket.socket) -> None:
    """Fork the command, where this returns, and wait for it."""
    message, streams, _, _ = socket.recv_fds(connection, LARGEST_CALL, STREAMS)
    pid = os.fork()
    if pid != 0:
        _wait(connection, pid)
    connection.close()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    call = json.loads(message)
    sys.argv = call["arguments"]
    os.chdir(call["directory"])
    os.umask(call["umask"])
    os.environ.clear()
    os.environ.update(call["environment"])
    beside = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[1:1] = [each for each in beside if each not in ("", *sys.path)]
    for number in ENDING_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _wait(connection: socket.socket, pid: int) -> None:
    """Answer with the status of the command once it has ended, and end too."""
    ended = os.pidfd_open(pid)
    while ended not in select.select([connection.fileno(), ended], (), ())[0]:
        told = connection.recv(1)
        signal.pidfd_send_signal(ended, told[0] if told else signal.SIGKILL)
        if not told:
            os._exit(0)
    connection.send(str(os.waitpid(pid, 0)[1]).encode())
    os._exit(0)


if __name__ == "__main__":
    serve(sys.argv[1])
    try:
        main()
    except SystemExit as ended:
        _codes.append(int(ended.code or 0))
        raise
