"""What a predictor may use. A breach ends the case with an outcome of its own."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

ALL_GPUS = -1
MOST_GPUS = 1024

BOUNDS: Mapping[str, tuple[float, float]] = {
    "wall_seconds": (0.01, 315_360_000),
    "memory_bytes": (16 * MIB, 1024 * 1024 * GIB),
    "cpus": (0.01, 4096),
    "pids": (1, 4_194_304),
    "output_bytes": (1, 1024 * GIB),
    "output_files": (1, 1_000_000),
    "tmp_bytes": (4 * KIB, 1024 * 1024 * GIB),
    "tmp_files": (1, 1_000_000_000),
    "shm_bytes": (4 * KIB, 1024 * 1024 * GIB),
    "open_files": (16, 1_048_576),
    "log_bytes": (KIB, 1024 * GIB),
    "gpus": (ALL_GPUS, MOST_GPUS),
}
"""The least and the largest value of each limit. With 0 the engine would set no limit at all, and
beyond the largest it, or Linux, refuses the container."""


def out_of_bounds(name: str, value: float, least: float, most: float) -> str:
    """Return what to say of a number outside its bounds; it may be a whole one of any length."""
    try:
        shown = f"{value:.15g}"
    except OverflowError:
        shown = "below -1e308" if value < 0 else "above 1e308"
    return f"{name} is {shown}; it must be {least:.15g} to {most:.15g}"


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
        gpus: how many GPUs there are; ALL_GPUS for all of the machine.
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
    gpus: int = 0

    def __post_init__(self) -> None:
        """Refuse limits that an engine can't keep.

        Raises:
            ValueError: one is out of its bounds, or no number.
        """
        for name, (least, most) in BOUNDS.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise ValueError(out_of_bounds(name, value, least, most))

    def to_json(self) -> Mapping[str, float]:
        """Return the limits by name, for the manifest and the report."""
        return asdict(self)
