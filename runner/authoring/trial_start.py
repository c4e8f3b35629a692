"""Starts a program without a network, and without root's right to write what is read-only.

A script of its own, run by ``runner try``: ``python trial_start.py PROGRAM ARGUMENT...``. It
imports nothing of the runner, and becomes the program.
"""

import ctypes
import fcntl
import os
import socket
import struct
import sys

# Linux's.
_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000
_DROP_CAPABILITY, _MAY_WRITE_ALL = 24, 1
_GET_FLAGS, _SET_FLAGS, _IS_UP = 0x8913, 0x8914, 1


def leave_network() -> bool:
    """Give up the network but for this process's own loopback; return whether that is possible.

    In a user namespace of its own the process has no right beyond its user's either.
    """
    unshare = getattr(ctypes.CDLL(None), "unshare", None)
    if unshare is None or unshare(_NEW_USER | _NEW_NETWORK) != 0:
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        name = struct.pack("16sh", b"lo", 0)
        _, flags = struct.unpack("16sh", fcntl.ioctl(link, _GET_FLAGS, name))
        fcntl.ioctl(link, _SET_FLAGS, struct.pack("16sh", b"lo", flags | _IS_UP))
    return True


def drop_right_to_write() -> None:
    """Let root, too, write only what it owns and may write."""
    drop = getattr(ctypes.CDLL(None), "prctl", None)
    if drop is not None and os.geteuid() == 0:
        drop(_DROP_CAPABILITY, _MAY_WRITE_ALL)


if __name__ == "__main__":
    if not leave_network():
        drop_right_to_write()
        sys.stderr.write(
            "runner: this system lets no process leave its network; a container will\n"
        )
        sys.stderr.flush()
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606  (the author's own command)
