"""Starts a program with what a container has of the system, as far as this one lets it.

It has no network, can't write to its folder and its inputs, and has a container's /dev/shm and
folder for temporary files, in which nothing is executed. A script of its own, run by ``runner
try``: ``python trial_start.py INPUTS TEMPORARY TMP_OPTIONS SHM_OPTIONS PROGRAM ARGUMENT...``. The
options are tmpfs's. It imports nothing of the runner, and becomes the program.
"""

import ctypes
import fcntl
import os
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path

# Linux's.
_NEW_MOUNTS, _NEW_NETWORK, _NEW_USER = 0x20000, 0x40000000, 0x10000000
_DROP_CAPABILITY, _MAY_WRITE_ALL = 24, 1
_GET_FLAGS, _SET_FLAGS, _IS_UP = 0x8913, 0x8914, 1
_READ_ONLY, _NO_SUID, _NO_DEVICES, _NO_PROGRAMS = 1, 2, 4, 8
_AGAIN, _SAME_TREE = 0x20, 0x1000

_NO_USER_BUT_ROOT = 1000
"""What root is called inside: the user 0 would have root's rights there."""


def is_possible(action: Callable[[], None]) -> bool:
    """Return whether an action succeeds, tried by a child: half of it can't be taken back."""
    child = os.fork()
    if child == 0:
        try:
            action()
        except (AttributeError, OSError):  # AttributeError: a system without the call
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def leave_system() -> None:
    """Give up the network but for an own loopback, and the system's mounts.

    In a user namespace of its own the process has no right beyond its user's either.

    Raises:
        AttributeError, OSError: the system does not allow it, or not all of it.
    """
    user, group = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_USER | _NEW_NETWORK | _NEW_MOUNTS) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        name = struct.pack("16sh", b"lo", 0)
        _, flags = struct.unpack("16sh", fcntl.ioctl(link, _GET_FLAGS, name))
        fcntl.ioctl(link, _SET_FLAGS, struct.pack("16sh", b"lo", flags | _IS_UP))
    own = Path("/proc/self")
    (own / "uid_map").write_text(f"{user or _NO_USER_BUT_ROOT} {user} 1")
    (own / "setgroups").write_text("deny")
    (own / "gid_map").write_text(f"{group or _NO_USER_BUT_ROOT} {group} 1")


def make_read_only(folder: str) -> None:
    """Let nobody write below a folder, as this process and its children see it.

    Raises:
        OSError: the system does not allow it.
    """
    # A flag that the mount below has may not be taken from it.
    kept = os.statvfs(folder).f_flag & (_NO_SUID | _NO_DEVICES | _NO_PROGRAMS)
    _mount(folder, folder, None, _SAME_TREE, None)
    _mount(None, folder, None, _AGAIN | _SAME_TREE | _READ_ONLY | kept, None)


def make_small(folder: str, options: str) -> None:
    """Put an empty tmpfs in a folder's place, in which nothing can be executed.

    Raises:
        OSError: the system does not allow it.
    """
    _mount("tmpfs", folder, "tmpfs", _NO_SUID | _NO_DEVICES | _NO_PROGRAMS, options)


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None) -> None:
    first, second, third, options = (
        None if word is None else os.fsencode(word) for word in (source, target, kind, data)
    )
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(first, second, third, ctypes.c_ulong(flags), options) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), target)


def drop_right_to_write() -> None:
    """Let root, too, write only what it owns and may write."""
    drop = getattr(ctypes.CDLL(None), "prctl", None)
    if drop is not None and os.geteuid() == 0:
        drop(_DROP_CAPABILITY, _MAY_WRITE_ALL)


def _lacks(inputs: str, temporary: str, tmp_options: str, shm_options: str) -> str | None:
    """Do all of it; return what this system does not let a process give up."""
    if not is_possible(leave_system):
        drop_right_to_write()
        return "its network"
    leave_system()
    try:
        for folder in (str(Path.cwd()), inputs):
            make_read_only(folder)
        os.chdir(Path.cwd())  # until now this process is in the folder below the mount
        make_small(temporary, tmp_options)
        make_small("/dev/shm", shm_options)  # noqa: S108  (the system's)
    except OSError as error:
        return f"its files ({error})"
    return None


if __name__ == "__main__":
    if lacks := _lacks(*sys.argv[1:5]):
        sys.stderr.write(f"runner: this system lets no process leave {lacks}; a container will\n")
        sys.stderr.flush()
    os.execvp(sys.argv[5], sys.argv[5:])  # noqa: S606  (the author's own command)
