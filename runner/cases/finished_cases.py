"""Finished cases, kept at once: a run that was killed is taken up where it was.

A case is kept as what its container left, not as what that was worth: predictions are judged and
scored again each time, which takes no container.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from runner.contract.layout import CONTRACT_VERSION
from runner.errors import UsageError
from runner.sandbox.run import SandboxRun

_SANDBOX_RUN = TypeAdapter(SandboxRun)


@dataclass(frozen=True)
class CaseKey:
    """What a container's run follows from; a change of any part is another case.

    Attributes:
        image_id: the engine's content address of the image.
        suite_digest: of both halves of the suite.
        case: the case's id.
        seed: what the manifest tells the predictor.
        policy: the limits and all else that the organizer decided of the sandbox, by name.
        variant: what was changed of the inputs, e.g. ``shuffled``; empty if nothing.
    """

    image_id: str
    suite_digest: str
    case: str
    seed: int
    policy: Mapping[str, Any]
    variant: str = ""

    @property
    def file_name(self) -> str:
        """Return a name that tells these parts, and the version of the contract, apart."""
        parts = [self.image_id, self.suite_digest, self.case, self.seed, dict(self.policy)]
        parts += [self.variant] if self.variant else []
        text = json.dumps([CONTRACT_VERSION, *parts], sort_keys=True)
        return f"{hashlib.sha256(text.encode()).hexdigest()}.json"


@dataclass(frozen=True)
class FinishedCases:
    """The finished cases in a directory, one file each. Many runners may share it."""

    directory: Path

    def find(self, key: CaseKey) -> SandboxRun | None:
        """Return the run of this very case, or None if there is none that can be read."""
        try:
            return _SANDBOX_RUN.validate_json((self.directory / key.file_name).read_bytes())
        except (FileNotFoundError, ValidationError):  # of another version: run it again
            return None

    def keep(self, key: CaseKey, run: SandboxRun) -> None:
        """Write the run, whole or not at all.

        Raises:
            UsageError: the directory can't be written.
        """
        path = self.directory / key.file_name
        unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                file.write(_SANDBOX_RUN.dump_json(run))
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise UsageError(
                f"{path}: the finished case can't be kept ({error.strerror}). Free space or name "
                "another place with --out."
            ) from error
