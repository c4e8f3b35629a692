"""The frames of runs, as a value."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class RunFrames:
    """The four frames of one run, or of several.

    run_specs has one row per run; scenario_states one per request and response; stats one per
    Stat; per_instance_stats one per Stat of an instance.
    """

    run_specs: pl.DataFrame
    scenario_states: pl.DataFrame
    stats: pl.DataFrame
    per_instance_stats: pl.DataFrame
