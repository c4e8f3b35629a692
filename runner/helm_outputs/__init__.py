"""HELM run directories -> flat frames, as MAGNET 0.1.0 flattens them."""

from runner.helm_outputs.concat import concat_runs
from runner.helm_outputs.documents import UNREADABLE, PolarsType
from runner.helm_outputs.frames import (
    INSTANCE_ID,
    NOT_HELMS,
    STAT_NAME,
    RunFrames,
    read_run,
    read_runs,
    read_scenario_states,
)
from runner.helm_outputs.runs import (
    PER_INSTANCE_STATS,
    RUN_FILES,
    RUN_SPEC,
    SCENARIO_STATE,
    STATS,
    RunDirectory,
    find_runs,
)

__all__ = [
    "INSTANCE_ID",
    "NOT_HELMS",
    "PER_INSTANCE_STATS",
    "RUN_FILES",
    "RUN_SPEC",
    "SCENARIO_STATE",
    "STATS",
    "STAT_NAME",
    "UNREADABLE",
    "PolarsType",
    "RunDirectory",
    "RunFrames",
    "concat_runs",
    "find_runs",
    "read_run",
    "read_runs",
    "read_scenario_states",
]
