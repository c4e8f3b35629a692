"""Reads what /proc and /sys tell of the host: its memory, keys, timers, firmware, SCSI.

promise: 6
expected: scored
"""

from pathlib import Path

from _attempt import harm, write_predictions

MASKED = (
    *("/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list"),
    *("/proc/timer_stats", "/proc/sched_debug", "/proc/acpi", "/proc/scsi", "/sys/firmware"),
    *("/proc/kmsg", "/proc/vmcore", "/proc/kpagecount", "/proc/1/mem"),
)
for name in MASKED:
    path = Path(name)
    try:
        found = [*path.iterdir()] if path.is_dir() else path.open("rb").read(1)
    except OSError as error:
        print(f"{name}: refused: {error}")
    else:
        if found:
            harm(f"read {name}")
addresses = Path("/proc/kallsyms")
for address in addresses.read_text().splitlines()[:10] if addresses.exists() else ():
    if int(address.split()[0], 16) != 0:
        harm("read the kernel's addresses")
write_predictions()
