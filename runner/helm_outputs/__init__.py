"""HELM run directories -> flat frames, as MAGNET 0.1.0 flattens them."""

from runner.helm_outputs.common_types import (
    PolarsType,
    common_schema,
    conform,
    join,
    plain_cells,
    plain_rows,
)
from runner.helm_outputs.files import NOT_HELMS, STAT_NAME, STATE_INSTANCE_ID
from runner.helm_outputs.frames import RunFrames, read_run, read_runs, read_scenario_states
from runner.helm_outputs.json_text import JSON, parse, to_text
from runner.helm_outputs.runs import (
    PER_INSTANCE_STATS,
    RUN_FILES,
    RUN_SPEC,
    SCENARIO_STATE,
    STATS,
    UNREADABLE,
    FoundRuns,
    RunDirectory,
    find_partial_runs,
    find_runs,
    read_file,
)

__all__ = [
    "JSON",
    "NOT_HELMS",
    "PER_INSTANCE_STATS",
    "RUN_FILES",
    "RUN_SPEC",
    "SCENARIO_STATE",
    "STATE_INSTANCE_ID",
    "STATS",
    "STAT_NAME",
    "UNREADABLE",
    "FoundRuns",
    "PolarsType",
    "RunDirectory",
    "RunFrames",
    "common_schema",
    "conform",
    "find_partial_runs",
    "find_runs",
    "join",
    "parse",
    "plain_cells",
    "plain_rows",
    "read_file",
    "read_run",
    "read_runs",
    "read_scenario_states",
    "to_text",
]
