"""Makes namespaces of its own, in which it would be root.

promise: 2
expected: scored
"""

import errno

from _attempt import attempt, call, write_predictions

NAMESPACES = {"user": 0x10000000, "mount": 0x20000, "network": 0x40000000, "cgroup": 0x2000000}

for name, flag in NAMESPACES.items():
    attempt(f"unshare {name}", lambda: call("unshare", flag), errno.EPERM)
write_predictions()
