"""Runs the nodes of a cell, and reads what they leave."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from .shown import CardFault


def run_nodes(nodes: list[dict[str, Any]]) -> str | None:
    """Run each node's command; return why the last one left no result, or None."""
    shell = shutil.which("bash") or "/bin/sh"
    for node in nodes:
        for path in node["outputs"]:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        command = [shell, "-c", node["command"]]
        code = subprocess.run(command, check=False).returncode  # noqa: S603  (the container's work)
        # As in MAGNET, it is the file that counts.
        if not all(Path(path).exists() for path in node["outputs"]):
            return f"the node {node['node']} ended with exit code {code} and left no result"
    return None


def read_result(path: str) -> dict[str, Any]:
    """Return the JSON object in a node's result file."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CardFault(f"the result file is no JSON ({error})") from error
    if not isinstance(found, dict):
        raise CardFault("the result file is no JSON object")
    return found


def pipeline_values(nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the symbols that a ``pipeline`` node gives: the keys of its result file."""
    payload = read_result(nodes[-1]["result"])
    values = payload.get("result", payload)
    if not isinstance(values, dict):
        raise CardFault("the result file's result is no JSON object")
    return {name: value for name, value in values.items() if not name.startswith("_")}


def kwdagger_row(nodes: list[dict[str, Any]], swept: dict[str, Any]) -> dict[str, Any]:
    """Return the row of qualified columns that kwdagger makes of the nodes' results."""
    row: dict[str, Any] = {"node": nodes[-1]["node"]}
    for node in nodes:
        is_evidence = node is nodes[-1]
        if node["result"] is None or not (is_evidence or node["result"].endswith(".json")):
            continue
        payload = read_result(node["result"])
        result = payload.get("result")
        metrics = result.get("metrics") if isinstance(result, dict) else None
        _flatten(f"metrics.{node['node']}", metrics or {}, row)
        info = payload.get("info")
        if isinstance(info, list) and info and isinstance(info[-1], dict):
            config = (info[-1].get("properties") or {}).get("config") or {}
            _flatten(f"resolved_params.{node['node']}", config, row)
    for name, value in swept.items():
        row[f"params.{name}"] = value
        row[f"specified.params.{name}"] = 1
    return row


def _flatten(prefix: str, values: dict[str, Any], into: dict[str, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, dict):
            _flatten(f"{prefix}.{key}", value, into)
        else:
            into[f"{prefix}.{key}"] = value
