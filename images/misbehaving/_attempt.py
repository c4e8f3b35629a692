"""What the hostile predictors share: how one tells what came of its attempt.

Refused, it writes valid predictions and exits 0, so that its case is scored. If it could do what
it tried, it exits with HARM_EXIT_CODE. Any other end is an error in the script itself.
"""

import ctypes
import errno
import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

HARM_EXIT_CODE = 66

PREDICTIONS = Path("/output/predictions.json")

STAT = '{"name": {"name": "predicted_exact_match", "split": "test"}, "mean": 0.5}'
"""The one stat that is asked for."""

VALID = f'{{"contract_version": 1, "predictions": {{"attack": [{STAT}]}}}}'

LIMITS = json.loads(Path("/input/manifest.json").read_bytes()).get("limits", {})

IS_GVISOR = platform.version() == "#1 SMP Sun Jan 10 15:06:54 PST 2016"
"""Whether the kernel is gVisor's, which always tells this date; what it has is no host's."""

NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH)
"""Refusals of a kernel without a network: Linux's, and gVisor's."""

libc = ctypes.CDLL(None, use_errno=True)

_SYSCALLS = {  # from the kernel's tables for x86_64 and for aarch64
    "add_key": (248, 217),
    "bpf": (321, 280),
    "cachestat": (451, 451),
    "fadvise64": (221, 223),
    "finit_module": (313, 273),
    "io_setup": (206, 0),
    "io_uring_setup": (425, 425),
    "keyctl": (250, 219),
    "kexec_load": (246, 104),
    "mincore": (27, 232),
    "open_by_handle_at": (304, 265),
    "perf_event_open": (298, 241),
    "preadv2": (327, 286),
    "readahead": (187, 213),
    "userfaultfd": (323, 282),
}


def attempt(what: str, action: Callable[[], object], *refusals: int) -> None:
    """Do something that must fail with one of these error numbers; end with harm if it doesn't."""
    try:
        action()
    except OSError as error:
        if error.errno not in refusals:
            raise
        print(f"{what}: refused: {error}")
    else:
        harm(what)


def harm(what: str) -> None:
    """Tell that an attempt succeeded, and end."""
    print(f"{what}: done")
    sys.stdout.flush()
    os._exit(HARM_EXIT_CODE)


def fill(path: str, allowed_bytes: int) -> None:
    """Write all bytes that a file system may hold, and some more, or raise OSError."""
    chunk = b"x" * 64 * 1024
    with Path(path).open("wb", buffering=0) as file:
        for _ in range(allowed_bytes // len(chunk) + 1):
            if file.write(chunk) < len(chunk):
                raise OSError(errno.ENOSPC, "written in part")


def write_predictions(text: str | bytes = VALID) -> None:
    """Write predictions.json; without a text, valid ones."""
    PREDICTIONS.write_bytes(text.encode() if isinstance(text, str) else text)


def listener() -> tuple[str, int]:
    """Return host and port of the organizer's listener, which must never hear anything."""
    host, _, port = Path("/input/assets/listener").read_text().rpartition(":")
    return host, int(port)


def call(function: str, *arguments: object) -> int:
    """Call a function of the C library; a result of -1 raises OSError."""
    return _checked(getattr(libc, function)(*arguments))


def system_call(name: str, *arguments: object) -> int:
    """Make a system call that the C library has no function for; -1 raises OSError."""
    number = _SYSCALLS[name][platform.machine() == "aarch64"]
    return _checked(libc.syscall(number, *arguments))


def _checked(result: int) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{errno.errorcode.get(number)}: {os.strerror(number)}")
    return result
