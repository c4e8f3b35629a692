"""Asks for a name, of the organizer's listener and of every name server in resolv.conf.

promise: 1
expected: scored
"""

import errno
import re
import socket
from pathlib import Path

from _attempt import NO_WAY, attempt, listener, write_predictions

QUESTION = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x06secret\x04test\x00\x00\x01\x00\x01"

configured = re.findall(
    r"^nameserver\s+([\d.]+)", Path("/etc/resolv.conf").read_text(), re.MULTILINE
)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
    udp.settimeout(1)

    def ask(server: str, port: int) -> None:
        """Send the question and wait for a word in return."""
        udp.sendto(QUESTION, (server, port))
        udp.recv(512)

    attempt("DNS", lambda: ask(*listener()), *NO_WAY)
    for server in configured:
        refusals = (*NO_WAY, errno.ECONNREFUSED)  # loopback has nobody who answers
        attempt(f"DNS by {server}", lambda: ask(server, 53), *refusals)
write_predictions()
