"""Paths of the files of contract version 1, the same for the image and for the runner."""

from pathlib import PurePosixPath

CONTRACT_VERSION = 1

INPUT_DIR = PurePosixPath("/input")
OUTPUT_DIR = PurePosixPath("/output")

INPUT_DIR_VARIABLE = "RUNNER_INPUT_DIR"
OUTPUT_DIR_VARIABLE = "RUNNER_OUTPUT_DIR"
"""Environment variables that replace these paths when a predictor runs without a container."""

MANIFEST = "manifest.json"
TRAIN_RUN_SPECS = "train/run_specs.parquet"
TRAIN_SCENARIO_STATES = "train/scenario_states.parquet"
TRAIN_STATS = "train/stats.parquet"
TRAIN_PER_INSTANCE_STATS = "train/per_instance_stats.parquet"
EVAL_RUN_SPECS = "eval/run_specs.parquet"
EVAL_SCENARIO_STATES = "eval/scenario_states.parquet"
EVAL_PER_INSTANCE_STATS = "eval/per_instance_stats.parquet"
"""Only in suites that reveal the scores of the revealed instances."""
EVAL_TARGETS = "eval/targets.parquet"
EVAL_INSTANCE_TARGETS = "eval/instance_targets.parquet"
"""Only in suites that ask for per-instance predictions."""
ASSETS = "assets"
"""A directory of read-only files of the suite, if it has any."""

PREDICTIONS = "predictions.json"
INSTANCE_PREDICTIONS = "instance_predictions.json"
"""Required when there are instance targets."""
PREDICTED_PREFIX = "predicted_"

PROGRESS_PREFIX = "runner: progress "
"""Begins a line of the log that says how far a predictor is: ``runner: progress 3/10``."""

COLUMN_NOTE = "near it is the column "
"""Begins what is added to a KeyError that names nearly a column of a frame."""

LARGEST_NUMBER = 1e150
"""The square of a larger number is not finite, so the score would not be either."""

RUN_NAME = "run_spec.name"
"""The column that joins every frame."""

STAT_NAME_PREFIX = "stats.name."
"""Columns with this prefix, together with RUN_NAME, are the key of a target."""

PERTURBATION_PREFIX = f"{STAT_NAME_PREFIX}perturbation."

INSTANCE_ID = "per_instance_stats.instance_id"
TRAIN_TRIAL_INDEX = "per_instance_stats.train_trial_index"
INSTANCE_STAT_NAME_PREFIX = "per_instance_stats.stats.name."
"""Columns with this prefix, together with the three above, are the key of an instance target."""
