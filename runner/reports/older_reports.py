"""Reports of older schema versions -> the JSON of the present one."""

from collections.abc import Mapping
from typing import Any

OLDEST_SCHEMA_VERSION = 1


def upgrade_report(document: Any) -> Any:
    """Return the document as a report of the present version; as it is if it is none of those.

    Version 1 had one case as a rule, no scenario or model of its runs, no train means, and three
    scores, which are computed again from its targets.
    """
    if isinstance(document, dict) and document.get("schema_version") == 1:
        return _from_version_1(document)
    return document


def _from_version_1(document: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in document.items() if name != "scores"}
    return {
        **kept,
        "schema_version": 2,
        "suite": {"version": "unsaved", **document["suite"]},
        "eval_run_specs": {},
        "host": [],
        "runtime": None,
        "gpus": 0,
        "cases": [_case_from_version_1(case) for case in document["cases"]],
    }


def _case_from_version_1(case: Mapping[str, Any]) -> dict[str, Any]:
    gone = ("predictions_file", "predictions_sha256", "scores")
    kept = {name: value for name, value in case.items() if name not in gone}
    digest = case["predictions_sha256"]
    output_files = {} if digest is None else {"predictions.json": digest}
    unknown: dict[str, Any] = {"resources": None, "forecast": [], "sandbox": None}
    return {**kept, **unknown, "instance_targets": [], "output_files": output_files}


def output_file_of_version_1(case_id: str) -> str:
    """Return where version 1 kept the predictions of a case, below the report's directory."""
    return f"predictions/{case_id}.json"
