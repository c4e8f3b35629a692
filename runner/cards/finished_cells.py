"""Cells that have run, stored at once, so that a killed run goes on where it stopped."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from runner.errors import UsageError
from runner.files.regular_files import read_regular
from runner.files.whole_writes import whole_file
from runner.sandbox.sandbox_run import SandboxRun

FOLDER = "_cells"


@dataclass(frozen=True)
class FinishedCell:
    """A container's run, and when it ended."""

    __pydantic_config__: ClassVar = ConfigDict(defer_build=True)

    timestamp: str
    run: SandboxRun


_FORM = TypeAdapter(FinishedCell)


@dataclass(frozen=True)
class FinishedCells:
    """The finished cells below an output directory, a file each."""

    root: Path

    def find(self, digest: str) -> FinishedCell | None:
        """Return the run of equal inputs, image and limits; None if there is none to read."""
        try:
            return _FORM.validate_json(read_regular(self._path(digest)))
        except (FileNotFoundError, NotADirectoryError, ValidationError):
            return None
        except OSError as error:
            raise UsageError(f"{self._path(digest)}: can't be read ({error.strerror}).") from error

    def keep(self, digest: str, finished: FinishedCell) -> None:
        """Write a run whole, or not at all.

        Raises:
            UsageError: it can't be written.
        """
        path = self._path(digest)
        try:
            with whole_file(path, is_private=True) as file:  # it may quote actuals
                file.write(_FORM.dump_json(finished))
        except OSError as error:
            raise UsageError(f"{path}: can't be written ({error.strerror}).") from error

    def _path(self, digest: str) -> Path:
        return self.root / FOLDER / f"{digest}.json"
