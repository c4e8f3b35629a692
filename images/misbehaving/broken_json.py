"""Writes a document that breaks off. Expected: invalid_output, not_json."""

from pathlib import Path

Path("/output/predictions.json").write_text('{"contract_version": 1, "predictions": {')
