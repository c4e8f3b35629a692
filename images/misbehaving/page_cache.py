"""Asks which pages of the image are in the host's memory: an earlier case may have chosen them.

promise: 6
expected: scored
"""

import ctypes
import errno
import mmap
import os

from _attempt import attempt, call, harm, system_call, write_predictions

RWF_NOWAIT = 8
DONT_NEED = 4
COLD, PAGE_OUT = 20, 21

# gVisor gives the last for whatever is filtered.
NO_CALL = (errno.EINVAL, errno.ENOSYS, errno.EPERM)

descriptor = os.open(__file__, os.O_RDONLY)
pages = (ctypes.c_uint8 * 1)()
range_, counts = (ctypes.c_uint64 * 2)(0, mmap.PAGESIZE), (ctypes.c_uint64 * 5)()
content = ctypes.create_string_buffer(16)
vector = (ctypes.c_void_p * 2)(ctypes.addressof(content), 16)
libc_mmap = ctypes.CDLL(None, use_errno=True).mmap
libc_mmap.restype = ctypes.c_void_p
mapped = libc_mmap(None, mmap.PAGESIZE, mmap.PROT_READ, mmap.MAP_PRIVATE, descriptor, 0)
CALLS = {
    "mincore": (ctypes.c_void_p(mapped), mmap.PAGESIZE, pages),
    "cachestat": (descriptor, range_, counts, 0),
    "preadv2": (descriptor, vector, 1, 0, 0, RWF_NOWAIT),
    "io_setup": (1, (ctypes.c_uint64 * 1)()),
}
for advice in (COLD, PAGE_OUT):
    drop = (ctypes.c_void_p(mapped), mmap.PAGESIZE, advice)
    attempt(f"madvise {advice}", lambda: call("madvise", *drop), *NO_CALL)
for name, arguments in CALLS.items():
    attempt(name, lambda: system_call(name, *arguments), *NO_CALL)


def is_followed(advice: str, *arguments: int) -> bool:
    """Return whether the kernel looks at an advice: it then finds that there is no such file."""
    try:
        system_call(advice, -1, *arguments)
    except OSError as error:
        return error.errno == errno.EBADF
    return False


if is_followed("fadvise64", 0, 0, DONT_NEED):
    harm("pages can be dropped from the host's memory")
if is_followed("readahead", 0, mmap.PAGESIZE):
    harm("chosen pages can be fetched into the host's memory")
write_predictions()
