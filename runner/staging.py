"""Inputs -> the bytes under ``/input``. Takes no actuals, so it can't leak one.

Equal inputs give equal bytes: nothing here depends on the time, the host or the paths.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.contract import layout
from runner.contract.manifest import Manifest
from runner.suites.parts import join_parts
from runner.suites.suite import Inputs


@dataclass(frozen=True)
class StagedInputs:
    """Files by their path below ``/input``."""

    files: Mapping[str, bytes]


def stage_inputs(inputs: Inputs, *, seed: int, limits: Mapping[str, float]) -> StagedInputs:
    """Return the files that one container sees, the manifest among them."""
    files = {path: join_parts(parts) for path, parts in inputs.parts.items()}
    files |= {name: path.read_bytes() for name, path in inputs.assets.items()}
    manifest = Manifest(
        contract_version=layout.CONTRACT_VERSION,
        suite=inputs.suite,
        case=inputs.case,
        seed=seed,
        limits=limits,
        files={path: _describe(content) for path, content in files.items()},
        revealed=inputs.revealed,
    )
    return StagedInputs({layout.MANIFEST: manifest.to_json().encode(), **files})


def _describe(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
