"""Looks for a network interface besides loopback, and for a route.

promise: 1
expected: scored
"""

import socket
from pathlib import Path

from _attempt import harm, write_predictions

names = [name for _, name in socket.if_nameindex()]
# An IPv4 route table has one line of headings; these two pseudo interfaces carry nothing.
routes = Path("/proc/net/route").read_text().splitlines()[1:]
if set(names) - {"lo", "tunl0", "sit0"} or routes:
    harm(f"interfaces {names}, {len(routes)} routes")
write_predictions()
