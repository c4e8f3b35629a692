"""Prints what it is allowed, and all that it can read of where it runs.

promise: 6
expected: scored
"""

import json
import os
import socket
from pathlib import Path

from _attempt import write_predictions

MOST_BYTES = 4000

TOLD = (
    *("/proc/1/environ", "/proc/self/environ", "/proc/self/mountinfo", "/proc/self/cgroup"),
    *("/proc/cmdline", "/proc/1/cmdline", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"),
    *("/etc/mtab", "/proc/mounts", "/proc/net/unix"),
)


def read(path: str) -> str:
    """Return the start of a file, or why it can't be read."""
    try:
        return Path(path).read_bytes()[:MOST_BYTES].decode(errors="replace")
    except OSError as error:
        return str(error)


lines = Path("/proc/self/status").read_text().splitlines()
status = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
seen = {
    "uid": os.getuid(),
    "gid": os.getgid(),
    "groups": os.getgroups(),
    "capabilities": status["CapEff"],
    "bounding": status["CapBnd"],
    "no_new_privileges": status.get("NoNewPrivs"),
    "seccomp": status["Seccomp"],
    "interfaces": [name for _, name in socket.if_nameindex()],
    "environment": dict(os.environ),
    "hostname": os.uname().nodename,
    "input": sorted(str(path) for path in Path("/input").rglob("*")),
    "times": sorted({path.stat().st_mtime for path in Path("/input").rglob("*.*")}),
    "texts": {path: read(path) for path in TOLD},
}
print(json.dumps(seen))
write_predictions()
