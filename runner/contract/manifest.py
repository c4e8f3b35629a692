"""``/input/manifest.json``: what the image is told about its case besides the frames."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Manifest:
    """The manifest of one case.

    Attributes:
        contract_version: the version of the file contract.
        suite: the suite's name.
        case: the case's id.
        seed: for predictors that draw random numbers.
        limits: what the sandbox allows; names carry their units, e.g. ``memory_bytes``.
        files: path below ``/input`` -> {"bytes": size, "sha256": digest}.
        revealed: what of the eval runs is shown, e.g. the number of sampled instances per run.
    """

    contract_version: int
    suite: str
    case: str
    seed: int
    limits: Mapping[str, float]
    files: Mapping[str, Mapping[str, Any]]
    revealed: Mapping[str, Any]

    def to_json(self) -> str:
        """Return the file's text; equal manifests give equal text."""
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> "Manifest":
        """Return the manifest in the file's text. Fields of later versions are ignored."""
        known = cls.__dataclass_fields__
        return cls(**{key: value for key, value in json.loads(text).items() if key in known})
