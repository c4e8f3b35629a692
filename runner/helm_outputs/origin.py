"""Where an imported run comes from: ``import.json``, beside the files that HELM would write."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.errors import SuiteError
from runner.helm_outputs.documents import UNREADABLE, read_file
from runner.helm_outputs.json_text import parse
from runner.helm_outputs.runs import RunDirectory

ORIGIN = "import.json"

MOST_LETTERS = 300
"""Of each text in it, as a suite shows them."""


@dataclass(frozen=True)
class Origin:
    """Where a run was imported from.

    Attributes:
        harness: the program whose results it was made of.
        version: that program's.
        lost: what HELM's files would have had, or the source has, and the run has not.
        files: the digest of each file that it was made of, by its name.
    """

    harness: str
    version: str
    lost: tuple[str, ...]
    files: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """Return the content of ``import.json``."""
        return {
            "harness": self.harness,
            "version": self.version,
            "lost": list(self.lost),
            "files": dict(self.files),
        }


def read_origin(run: RunDirectory) -> Origin | None:
    """Return where a run was imported from, or None if HELM itself wrote it.

    Raises:
        SuiteError: the file is not what ``runner import`` writes.
    """
    path = run.path / ORIGIN
    if not path.exists():
        return None
    try:
        document = parse(read_file(path))
        texts = [document["harness"], document["version"], *document["lost"]]
        files = dict(document["files"])
    except UNREADABLE as error:
        raise SuiteError(f"{path}: not what `runner import` writes ({error!r})") from error
    if not all(isinstance(text, str) and len(text) <= MOST_LETTERS for text in texts):
        raise SuiteError(f"{path}: not what `runner import` writes (each entry is a short text)")
    harness, version, *lost = texts
    return Origin(harness, version, tuple(lost), files)
