"""Makes raw and packet sockets, which forge packets and read those of others.

promise: 1
expected: scored
"""

import errno
import socket

from _attempt import attempt, write_predictions

for family, kind in ((socket.AF_INET, socket.IPPROTO_ICMP), (socket.AF_PACKET, 0x300)):
    attempt(
        f"raw socket of {family.name}",
        lambda: socket.socket(family, socket.SOCK_RAW, kind),
        errno.EPERM,
    )
write_predictions()
