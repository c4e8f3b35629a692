"""Prints what it is allowed to do, and writes no output. Expected: invalid_output, no_output."""

import json
import os
from pathlib import Path

status = dict(
    line.split(":\t", 1)
    for line in Path("/proc/self/status").read_text().splitlines()
    if ":\t" in line
)
interfaces = [
    line.split(":")[0].strip() for line in Path("/proc/net/dev").read_text().splitlines()[2:]
]
print(
    json.dumps(
        {
            "uid": os.getuid(),
            "gid": os.getgid(),
            "groups": os.getgroups(),
            "capabilities": status["CapEff"].strip(),
            "bounding": status["CapBnd"].strip(),
            "no_new_privileges": status["NoNewPrivs"].strip(),
            "seccomp": status["Seccomp"].strip(),
            "interfaces": interfaces,
            "environment": dict(os.environ),
            "hostname": os.uname().nodename,
            "input": sorted(str(path) for path in Path("/input").rglob("*")),
            "times": sorted({path.stat().st_mtime for path in Path("/input").rglob("*.*")}),
        }
    )
)
