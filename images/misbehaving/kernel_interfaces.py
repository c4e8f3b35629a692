"""Asks for what reaches deep into the kernel: modules, kexec, file handles, perf, page faults.

promise: 2
expected: scored
"""

import ctypes
import errno

from _attempt import attempt, system_call, write_predictions

REFUSALS = (errno.EPERM, errno.EACCES, errno.ENOSYS)

software_clock = (ctypes.c_uint8 * 128)(1)  # PERF_TYPE_SOFTWARE, everything else 0
handle = (ctypes.c_uint8 * 16)(8)
CALLS = {
    "finit_module": (-1, b"", 0),
    "kexec_load": (0, 0, None, 0),
    "open_by_handle_at": (3, handle, 0),
    "perf_event_open": (software_clock, 0, -1, -1, 0),
    "userfaultfd": (0,),
}
for name, arguments in CALLS.items():
    attempt(name, lambda: system_call(name, *arguments), *REFUSALS)
write_predictions()
