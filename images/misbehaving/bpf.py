"""Makes a BPF map, the start of a program in the kernel.

promise: 2
expected: scored
"""

import ctypes
import errno

from _attempt import attempt, system_call, write_predictions

BPF_MAP_CREATE = 0
ARRAY, KEY_BYTES, VALUE_BYTES, ENTRIES = 2, 4, 8, 1

attributes = (ctypes.c_uint32 * 18)(ARRAY, KEY_BYTES, VALUE_BYTES, ENTRIES)
attempt("bpf", lambda: system_call("bpf", BPF_MAP_CREATE, attributes, 72), errno.EPERM)
write_predictions()
