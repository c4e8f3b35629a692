"""Finished cases, stored at once, so that a killed run resumes where it stopped.

The store keeps a case's container output, not the verdict on it: predictions are judged and scored
again each time, which needs no container.
"""

import itertools
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from runner.errors import UsageError
from runner.evaluation.task import CaseKey
from runner.files.stores import is_remote, reaching, read_file, write_files
from runner.sandbox.sandbox_run import SandboxRun

MOST_TIMES = 2_000
"""How many finished cases are read to estimate how long cases take."""

MOST_TIMES_REMOTE = 50
"""The same number if each read is a request over the network."""


@dataclass(frozen=True)
class FinishedCase:
    """A run, and its key."""

    __pydantic_config__: ClassVar = ConfigDict(defer_build=True)

    key: CaseKey
    run: SandboxRun


_FINISHED_CASE = TypeAdapter(FinishedCase)


@dataclass(frozen=True)
class FinishedCases:
    """The finished cases in a directory or store, one file each. Many runners may share it."""

    directory: Path

    def find(self, key: CaseKey) -> SandboxRun | None:
        """Return the run with exactly this key, or None if there is none of this version.

        Raises:
            UsageError: the directory is another user's, or can't be read.
        """
        found = self._read(self._path(key))
        return found.run if found is not None and found.key == key else None

    def keep(self, key: CaseKey, run: SandboxRun) -> None:
        """Write the run completely, or not at all.

        Raises:
            UsageError: the directory can't be written, or the store of its URL.
        """
        path = self._path(key)
        try:
            write_files({path: _FINISHED_CASE.dump_json(FinishedCase(key, run))})
        except OSError as error:
            raise UsageError(
                f"{path}: the finished case can't be stored ({error.strerror}). Free space or name "
                "another place with --out."
            ) from error

    def seconds(self) -> dict[str, float]:
        """Return how long cases took on average over images, by the digest of their inputs."""
        taken: dict[str, list[float]] = defaultdict(list)
        for path in self._some():
            found = self._read(path)
            if found is not None:
                taken[found.key.inputs_digest].append(found.run.end.wall_seconds)
        return {digest: sum(each) / len(each) for digest, each in taken.items()}

    def _some(self) -> list[Path]:
        most = MOST_TIMES_REMOTE if is_remote(self.directory) else MOST_TIMES
        with reaching(self.directory):
            return list(itertools.islice(self.directory.glob("*.json"), most))

    def _path(self, key: CaseKey) -> Path:
        return self.directory / f"{key.digest}.json"

    def _read(self, path: Path) -> FinishedCase | None:
        try:
            return _FINISHED_CASE.validate_json(read_file(path))
        except (FileNotFoundError, ValidationError):  # of another version: run it again
            return None
        except PermissionError as error:
            raise UsageError(
                f"{path.parent}: its finished cases can't be read ({error.strerror}), as they are "
                "another user's. Name another place with --out."
            ) from error
        except OSError as error:
            raise UsageError(
                f"{path}: the finished case can't be read ({error.strerror}). Remove it, or name "
                "another place with --out."
            ) from error
