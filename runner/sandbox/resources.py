"""What a case used of its limits."""

from collections.abc import Iterator
from dataclasses import dataclass

from runner.contract.limits import MIB, Limits

FORECAST_SHARE = 0.7
"""Above this share of a limit, a slightly larger case may reach the limit."""

SHORT_SECONDS = 10
"""Of what took less, whole seconds say too little."""


@dataclass(frozen=True)
class ResourceUse:
    """What one case used.

    Attributes:
        wall_seconds: from the container's start to its end, by the engine's clock; exact.
        output_bytes, output_files: what /output held at the end; exact.
        cpu_seconds: of all of its processes; None if it was never measured.
        peak_memory_bytes: the most at one time, cached files included; None if never measured.
        is_sampled: the two above were measured each second while it ran, so that they are lower
            bounds; else the kernel counted them, to the end.
    """

    wall_seconds: float
    output_bytes: int
    output_files: int
    cpu_seconds: float | None
    peak_memory_bytes: int | None
    is_sampled: bool


def forecast(use: ResourceUse, limits: Limits) -> Iterator[str]:
    """Yield a line for each limit that the case came near: it used more than 70 % of it."""
    if use.wall_seconds > FORECAST_SHARE * limits.wall_seconds:
        share = use.wall_seconds / limits.wall_seconds
        digits = ".0f" if use.wall_seconds >= SHORT_SECONDS else ".2g"
        yield f"took {use.wall_seconds:{digits}} s, {share:.0%} of the wall time"
    memory_bytes = use.peak_memory_bytes or 0
    if memory_bytes > FORECAST_SHARE * limits.memory_bytes:
        share = memory_bytes / limits.memory_bytes
        yield f"used {memory_bytes // MIB} MiB, {share:.0%} of the memory limit"
    if use.output_bytes > FORECAST_SHARE * limits.output_bytes:
        share = use.output_bytes / limits.output_bytes
        yield f"wrote {use.output_bytes // MIB} MiB, {share:.0%} of what /output holds"
    if use.output_files > FORECAST_SHARE * limits.output_files:
        yield f"wrote {use.output_files} of at most {limits.output_files} files to /output"
