"""The command ``runner``: a process of its own, forked from one that has its imports behind it."""

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from tests.integration.warm_client import receive_status, send_call

RUNNER = Path(sys.executable).with_name("runner")
"""The command itself, for tests of its start and of signals, or that run it beside another."""

TIMEOUT_SECONDS = 280

PROGRAM = """\
#!{python} -IS
import sys
sys.path.append({folder!r})
from warm_client import main
main({path!r})
"""


@cache
def warm_programs() -> Path:
    """Return a folder for PATH with the program ``runner``, which is there in no time.

    The imports take longer than most of what commands do after them. The server that has them
    behind it ends with this process.
    """
    # Not in pytest's directory: the socket's name would be too long.
    folder = Path(tempfile.mkdtemp(prefix="runner-"))
    here, path = Path(__file__).parent, str(folder / "socket")
    process = subprocess.Popen(
        [sys.executable, "-m", f"{__package__}.warm_server", path],
        cwd=here.parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    program = folder / "runner"
    program.write_text(PROGRAM.format(python=sys.executable, folder=str(here), path=path))
    program.chmod(0o755)
    atexit.register(_end, process, folder)
    return folder


def _end(process: subprocess.Popen[bytes], folder: Path) -> None:
    process.communicate(timeout=10)
    shutil.rmtree(folder)


def runner(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a shell would, in this directory, and return how it ended."""
    command = ["runner", *map(str, arguments)]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as stdout,
        tempfile.TemporaryFile("w+", encoding="utf-8") as stderr,
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection,
    ):
        connection.settimeout(TIMEOUT_SECONDS)  # the server kills the command once this is closed
        connection.connect(str(warm_programs() / "socket"))
        streams = (0, stdout.fileno(), stderr.fileno())
        send_call(connection, command, {**os.environ, **environment}, streams)
        code = receive_status(connection)
        texts = []
        for stream in (stdout, stderr):
            stream.seek(0)
            texts.append(stream.read())
    return subprocess.CompletedProcess(command, code, *texts)
