"""Scenarios as text, as reports show them and specs name them."""

import json
from collections.abc import Mapping
from typing import Any

SCENARIO_CLASS = "run_spec.scenario_spec.class_name"
SCENARIO_ARGS = "run_spec.scenario_spec.args."

MODEL_COLUMNS = ("run_spec.adapter_spec.model", "run_spec.adapter_spec.model_deployment")
TEXT_COLUMNS = (SCENARIO_CLASS, *MODEL_COLUMNS)
"""What scenarios and models are named by: texts, where a run has them."""


def scenario_text(spec: Mapping[str, Any]) -> str | None:
    """Return the scenario's class and arguments, e.g. ``MMLUScenario(subject=anatomy)``."""
    class_name = spec.get(SCENARIO_CLASS)
    if class_name is None:
        return None
    args = sorted((c, value) for c, value in spec.items() if c.startswith(SCENARIO_ARGS))
    words = [
        f"{column.removeprefix(SCENARIO_ARGS)}={cell_text(value)}"
        for column, value in args
        if value is not None
    ]
    return f"{class_name.rpartition('.')[2]}({', '.join(words)})"


def cell_text(value: Any) -> str | None:
    """Return the cell as text: a text as it is, anything else as JSON."""
    return value if value is None or isinstance(value, str) else _AS_JSON.encode(value)


_AS_JSON = json.JSONEncoder(sort_keys=True)
