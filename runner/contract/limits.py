"""What a predictor may use. A breach ends the case with an outcome of its own."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

ALL_GPUS = -1


@dataclass(frozen=True)
class Limits:
    """The limits of one case, told to the predictor in the manifest.

    Attributes:
        wall_seconds: from the container's start to its end.
        memory_bytes: memory and swap together, including all files in /output, /tmp and /dev/shm.
        cpus: CPU seconds per second.
        pids: processes and threads at one time.
        output_bytes, output_files: what /output holds.
        tmp_bytes, tmp_files: what /tmp holds.
        shm_bytes: what /dev/shm holds.
        open_files: file descriptors per process.
        log_bytes: how much of stdout and stderr together is kept.
    """

    wall_seconds: float = 600
    memory_bytes: int = 2 * GIB
    cpus: float = 1
    pids: int = 256
    output_bytes: int = 16 * MIB
    output_files: int = 64
    tmp_bytes: int = 256 * MIB
    tmp_files: int = 16384
    shm_bytes: int = 64 * MIB
    open_files: int = 1024
    log_bytes: int = MIB

    def to_json(self) -> Mapping[str, float]:
        """Return the limits by name, for the manifest and the report."""
        return asdict(self)
