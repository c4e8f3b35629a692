"""Inputs -> the bytes under ``/input``. Takes no actuals, so it can't leak one.

Equal inputs give equal bytes: nothing here depends on the time, the host or the paths.
"""

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Condition
from typing import Any, BinaryIO

from cachetools import LRUCache, cached

from runner.contract import layout
from runner.contract.manifest import Manifest
from runner.suites.parts import join_parts
from runner.suites.public_suite import Inputs

HELD_BYTES = 256 * 1024 * 1024
"""How much of the cases' inputs stays in memory for the images that come next."""


@dataclass(frozen=True)
class StagedInputs:
    """Files by their path below ``/input``, but for the suite's assets, which all cases share."""

    files: Mapping[str, bytes]


def stage_inputs(inputs: Inputs, *, seed: int, limits: Mapping[str, float]) -> StagedInputs:
    """Return the files that one container sees, the manifest among them."""
    files = _read_frames(inputs)
    assets = {
        path: {"bytes": part.size, "sha256": part.sha256} for path, part in inputs.assets.items()
    }
    manifest = Manifest(
        contract_version=layout.CONTRACT_VERSION,
        suite=inputs.suite,
        case=inputs.case,
        seed=seed,
        limits=limits,
        files={path: _describe(content) for path, content in files.items()} | assets,
        revealed=inputs.revealed,
    )
    return StagedInputs({layout.MANIFEST: manifest.to_json().encode(), **files})


def write_inputs(inputs: Inputs, staged: StagedInputs, input_dir: Path) -> None:
    """Write all that a container sees below a directory: the staged files, and the assets."""
    for name, content in staged.files.items():
        path = input_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for name, part in inputs.assets.items():
        path = input_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            part.write_to(file)


@cached(
    LRUCache(HELD_BYTES, getsizeof=lambda files: sum(map(len, files.values()))),
    key=lambda inputs: (inputs.suite_digest, inputs.case),
    condition=Condition(),
)
def _read_frames(inputs: Inputs) -> Mapping[str, bytes]:
    """Return every frame's file. Made once for all images of a batch, if memory allows.

    The suite's digest stands for what is in its files, which were verified when it was opened.
    """
    return {name: file.read() for name, file in stage_frames(inputs, io.BytesIO)}


def stage_frames(
    inputs: Inputs, make_file: Callable[[], BinaryIO]
) -> Iterator[tuple[str, BinaryIO]]:
    """Yield every frame's file by its path, one after the other, open at its start.

    Args:
        inputs: of a case.
        make_file: makes an empty file to read and write; it is closed when the next is asked for.
    """
    for name, parts in inputs.parts.items():
        with make_file() as file:
            join_parts(parts, file)
            file.seek(0)
            yield name, file


def _describe(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
