"""Looks whether it is root, has a capability, may gain privileges, or is free of seccomp.

promise: 2
expected: scored
"""

import os
from pathlib import Path

from _attempt import call, harm, write_predictions

PR_GET_NO_NEW_PRIVS = 39

lines = Path("/proc/self/status").read_text().splitlines()
status = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

if 0 in {os.getuid(), os.geteuid(), os.getgid(), os.getegid(), *os.getgroups()}:
    harm(f"uid {os.getuid()}, gid {os.getgid()}, groups {os.getgroups()}")
for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
    if int(status.get(name, "0"), 16) != 0:  # gVisor has no ambient ones
        harm(f"{name} {status[name]}")
if call("prctl", PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1:
    harm("new privileges")
if status["Seccomp"] != "2":
    harm("no seccomp filter")
write_predictions()
