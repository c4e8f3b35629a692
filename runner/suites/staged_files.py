"""The frames below ``/input``, each described once: path, rows, columns, and what reveals them.

For an eval run they are all that a container sees. They list what is allowed, so that whatever
HELM adds later stays withheld. The manifest and the suite's assets lie beside them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

from runner.contract import layout
from runner.suites.revealed import Revealed


@dataclass(frozen=True)
class Columns:
    """Columns that may be shown of an eval run.

    Attributes:
        names: a name that ends in a dot is a prefix.
        revealed_by: the field of the spec's ``revealed`` that shows them; None if they always are.
    """

    names: tuple[str, ...]
    revealed_by: Literal["prompts", "completions", "references", "gold"] | None = None


@dataclass(frozen=True)
class StagedFile:
    """One frame below ``/input``.

    Attributes:
        path: below ``/input``.
        rows: what its rows are, for people.
        columns: of an eval run, those that may be in it. Train runs are given whole.
        is_keys: whether its rows are the keys of what is to be predicted.
        is_drawn: whether its rows are of the revealed instances, which are drawn.
        asked_by: the field of the spec, or of its ``revealed``, without which the file is left out;
            None: always there.
    """

    path: str
    rows: str
    columns: tuple[Columns, ...] = ()
    is_keys: bool = False
    is_drawn: bool = False
    asked_by: Literal["instance_targets", "scores"] | None = None

    @property
    def side(self) -> str:
        """Return which runs it describes: ``train`` or ``eval``."""
        return PurePosixPath(self.path).parent.name

    @property
    def frame(self) -> str:
        """Return the frame's name, the same on both sides, e.g. ``run_specs``."""
        return PurePosixPath(self.path).stem

    def is_staged(self, choices: Mapping[str, Any]) -> bool:
        """Return whether a suite with these choices, the spec's fields, has the file."""
        if self.asked_by is None:
            return True
        fields = choices["revealed"] if self.asked_by == "scores" else choices
        return bool(fields[self.asked_by])

    def allowed_columns(self, revealed: Revealed) -> tuple[str, ...]:
        """Return the columns of an eval run that may be in it; a final dot makes a prefix."""
        return tuple(
            name
            for columns in self.columns
            if columns.revealed_by is None or getattr(revealed, columns.revealed_by)
            for name in columns.names
        )


_RUN_SPEC_COLUMNS = Columns(
    (
        "run_spec.name",
        "run_spec.scenario_spec.",
        "run_spec.adapter_spec.",
        "run_spec.metric_specs",
        "run_spec.data_augmenter_spec.",
        "run_spec.groups",
        "run_spec.annotators",
    )
)

_STATE_COLUMNS = (
    Columns(
        (
            "run_spec.name",
            "scenario_state.adapter_spec.",
            "scenario_state.request_states.instance.id",
            "scenario_state.request_states.instance.split",
            "scenario_state.request_states.instance.sub_split",
            "scenario_state.request_states.instance.perturbation.",
            "scenario_state.request_states.reference_index",
            "scenario_state.request_states.request_mode",
            "scenario_state.request_states.train_trial_index",
            "scenario_state.request_states.num_train_instances",
            "scenario_state.request_states.prompt_truncated",
            "scenario_state.request_states.num_conditioning_tokens",
        )
    ),
    Columns(
        (
            "scenario_state.request_states.instance.input",
            "scenario_state.request_states.instance.input.",
            "scenario_state.request_states.request.",
        ),
        revealed_by="prompts",
    ),
    Columns(
        (
            "scenario_state.request_states.result.success",
            "scenario_state.request_states.result.completions",
            "scenario_state.request_states.result.embedding",
            "scenario_state.request_states.result.cached",
            "scenario_state.request_states.result.request_time",
            "scenario_state.request_states.result.request_datetime",
            "scenario_state.request_states.result.error",
            "scenario_state.request_states.result.error_flags.",
        ),
        revealed_by="completions",
    ),
    Columns(
        (
            "scenario_state.request_states.instance.references",
            "scenario_state.request_states.output_mapping.",
        ),
        revealed_by="references",
    ),
    # Columns that a scenario may fill with the answer. With the columns above these are all that
    # MAGNET reveals but ``annotations``: judges write their scores there, the actuals themselves.
    Columns(
        (
            "scenario_state.request_states.instance.extra_data.",
            "scenario_state.request_states.instance.contrast_inputs",
            "scenario_state.request_states.instance.contrast_references",
        ),
        revealed_by="gold",
    ),
)

_SCORE_COLUMNS = Columns(
    (
        layout.RUN_NAME,
        layout.INSTANCE_ID,
        layout.TRAIN_TRIAL_INDEX,
        "per_instance_stats.perturbation",
        "per_instance_stats.stats.",
    )
)

_TARGET_COLUMNS = Columns((layout.RUN_NAME, layout.STAT_NAME_PREFIX))

_INSTANCE_TARGET_COLUMNS = Columns(
    (
        layout.RUN_NAME,
        layout.INSTANCE_ID,
        layout.TRAIN_TRIAL_INDEX,
        layout.INSTANCE_STAT_NAME_PREFIX,
    )
)

STAGED_FILES: dict[str, StagedFile] = {
    file.path: file
    for file in (
        StagedFile(layout.TRAIN_RUN_SPECS, "One row per train run: HELM's `run_spec.json`."),
        StagedFile(
            layout.TRAIN_SCENARIO_STATES,
            "One row per request and response: `scenario_state.json`.",
        ),
        StagedFile(layout.TRAIN_STATS, "One row per stat: `stats.json`."),
        StagedFile(
            layout.TRAIN_PER_INSTANCE_STATS,
            "One row per stat of an instance: `per_instance_stats.json`.",
        ),
        StagedFile(
            layout.EVAL_RUN_SPECS, "One row per eval run, revealed columns.", (_RUN_SPEC_COLUMNS,)
        ),
        StagedFile(
            layout.EVAL_SCENARIO_STATES,
            "The revealed instances, revealed columns.",
            _STATE_COLUMNS,
            is_drawn=True,
        ),
        StagedFile(
            layout.EVAL_PER_INSTANCE_STATS,
            "In suites that reveal scores: one row per stat of a revealed instance.",
            (_SCORE_COLUMNS,),
            is_drawn=True,
            asked_by="scores",
        ),
        StagedFile(
            layout.EVAL_TARGETS,
            "One row per stat to predict: its key, no values.",
            (_TARGET_COLUMNS,),
            is_keys=True,
        ),
        StagedFile(
            layout.EVAL_INSTANCE_TARGETS,
            "In suites that ask for per-instance predictions: one row per stat of an instance.",
            (_INSTANCE_TARGET_COLUMNS,),
            is_keys=True,
            is_drawn=True,
            asked_by="instance_targets",
        ),
    )
}
"""By their paths, in the order in which they are staged."""

TRAIN_FILES = tuple(file for file in STAGED_FILES.values() if file.side == "train")
EVAL_FILES = tuple(file for file in STAGED_FILES.values() if file.side == "eval")
