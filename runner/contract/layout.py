"""Where the files of contract version 1 lie, the same for the image and for the runner."""

from pathlib import PurePosixPath

CONTRACT_VERSION = 1

INPUT_DIR = PurePosixPath("/input")
OUTPUT_DIR = PurePosixPath("/output")

MANIFEST = "manifest.json"
TRAIN_RUN_SPECS = "train/run_specs.parquet"
TRAIN_SCENARIO_STATES = "train/scenario_states.parquet"
TRAIN_STATS = "train/stats.parquet"
TRAIN_PER_INSTANCE_STATS = "train/per_instance_stats.parquet"
EVAL_RUN_SPECS = "eval/run_specs.parquet"
EVAL_SCENARIO_STATES = "eval/scenario_states.parquet"
EVAL_TARGETS = "eval/targets.parquet"

PREDICTIONS = "predictions.json"
PREDICTED_PREFIX = "predicted_"

LARGEST_NUMBER = 1e150
"""The square of a larger one is no finite number, so a score could not be either."""

RUN_NAME = "run_spec.name"
"""The column that joins every frame."""

STAT_NAME_PREFIX = "stats.name."
"""Columns with this prefix, together with RUN_NAME, are the key of a target."""

PERTURBATION_PREFIX = f"{STAT_NAME_PREFIX}perturbation."
