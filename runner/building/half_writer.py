"""Writes one half of a suite: each file with the parts of all runs, one after the other."""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from runner.suites.manifest import FileRecord


class HalfWriter:
    """A half that is being written.

    Attributes:
        root: its folder.
        parts: what has been written, for its manifest.
    """

    def __init__(self, root: Path) -> None:
        root.mkdir(exist_ok=True)
        self.root = root
        self.parts: dict[str, dict[int, FileRecord]] = {}

    def add(self, name: str, number: int, content: bytes) -> None:
        """Add a run's part to a file."""
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        with path.open("ab") as file:
            file.write(content)
        record = FileRecord(len(content), hashlib.sha256(content).hexdigest())
        self.parts.setdefault(name, {})[number] = record

    def read(self, name: str) -> Iterator[bytes]:
        """Yield the parts of a file, in their order."""
        with (self.root / name).open("rb") as file:
            for record in self.parts[name].values():
                yield file.read(record.bytes)

    def keep_only(self, name: str, numbers: Collection[int]) -> None:
        """Remove the parts of all other runs from a file."""
        records = self.parts[name]
        if records.keys() <= set(numbers):
            return
        kept = self.root / f"{name}.kept"
        with kept.open("wb") as file:
            for number, content in zip(records, self.read(name), strict=True):
                if number in numbers:
                    file.write(content)
        kept.replace(self.root / name)
        self.parts[name] = {number: records[number] for number in records if number in numbers}


@dataclass(frozen=True)
class Halves:
    """Both halves of a suite that is being written."""

    public: HalfWriter
    private: HalfWriter
