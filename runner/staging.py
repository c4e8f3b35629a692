"""Inputs -> the bytes under ``/input``. Takes no actuals, so it can't leak one.

Equal inputs give equal bytes: nothing here depends on the time, the host or the paths.
"""

import hashlib
from collections.abc import Iterator, Mapping
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
    files = dict(stage_files(inputs))
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


def stage_files(inputs: Inputs) -> Iterator[tuple[str, bytes]]:
    """Give every file but the manifest by its path, one after the other."""
    for name, parts in inputs.parts.items():
        yield name, join_parts(parts)
    for name, path in inputs.assets.items():
        yield name, path.read_bytes()


def _describe(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
