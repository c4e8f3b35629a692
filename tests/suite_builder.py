"""Builders of small suites from HELM runs on disk."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import polars as pl
import pytest

from runner.audit.audit import Audit
from runner.audit.leak import Leak
from runner.building import build as building
from runner.building.build import build_suite
from runner.files.held_files import HeldFile
from runner.progress import Silent
from runner.suites.manifest import FileRecord
from runner.suites.open_half import Part
from runner.suites.parts import read_part, to_parquet, to_part, to_plain_table
from runner.suites.public_suite import PublicSuite, SuiteCase
from runner.suites.spec import SuiteSpec
from runner.suites.spec_file import make_spec
from runner.suites.staged_files import STAGED_FILES, Columns
from runner.suites.staging import StagedInputs, stage_inputs
from runner.suites.suite import Suite
from tests.helm_builder import write_suite

Made = TypeVar("Made")

WARN_ONLY: Mapping[str, Any] = {
    "keep_together": [],
    "accept": ["twins", "derivable", "shared"],
    "revealed": {"instances": 2},
}
"""Fields of a spec under which builders' runs, all of one model, make a suite like MAGNET's."""


class Said(Silent):
    """Keeps the lines that it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


def build(source: Path, into: Path, **fields: Any) -> Suite:
    """Return a suite built from the runs below ``source``; other fields as in ``WARN_ONLY``."""
    return build_suite(_spec(source, fields), into).suite


def audit_build(source: Path, into: Path, **fields: Any) -> Audit:
    """Return what was found while a suite was built, as ``build`` does it."""
    audit = build_suite(_spec(source, fields), into).audit
    assert audit is not None
    return audit


def build_unaudited(source: Path, into: Path, **fields: Any) -> Suite:
    """Return the suite that ``build`` builds, but its cases are not audited: that takes longest.

    For one thread at a time.
    """
    with patch.object(building, "audit_suite", _take_earlier):
        return build(source, into, **fields)


def _take_earlier(_suite: Suite, earlier: Iterable[Leak], *_: object) -> Audit:
    """Return an audit with the leaks that were found while the runs were read."""
    return Audit(tuple(earlier), {}, (), ())


def shared_suite(runs: int = 5, **fields: Any) -> Suite:
    """Return the suite of ``write_suite``'s runs, built once for all tests that only read it.

    Its cases are not audited.
    """
    return _build_once(runs, json.dumps(fields))


@cache
def _build_once(runs: int, fields: str) -> Suite:
    def make(root: Path) -> Suite:
        source = write_suite(root, runs=runs)
        return build_unaudited(source, root / "suite", **json.loads(fields))

    return shared(make)


def shared(make: Callable[[Path], Made]) -> Made:
    """Return what is made once, in a folder of its own, for all tests that only read it."""
    if make not in _made:
        root = Path(tempfile.mkdtemp(prefix="runner-suite-"))
        _made[make] = make(root)
        _shared[root] = fingerprint(root)
    made: Made = _made[make]
    return made


_made: dict[Callable[[Path], Any], Any] = {}
_shared: dict[Path, str] = {}
"""The folders of shared suites, and what was in them."""


def remove_shared_suites() -> list[Path]:
    """Remove all shared suites, and return those that a test has changed."""
    changed = [root for root, found in _shared.items() if fingerprint(root) != found]
    for root in _shared:
        shutil.rmtree(root)
    return changed


def fingerprint(root: Path) -> str:
    """Return a digest of what is below a folder."""
    digest = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def build_unsalted(source: Path, into: Path) -> Suite:
    """Return a suite whose digest follows from its files alone."""
    return build_suite(_spec(source, {}), into, is_kept=False).suite


def _spec(source: Path, fields: Mapping[str, Any]) -> SuiteSpec:
    given = {"name": "v1", "version": "1", "helm_runs": [str(source)], **WARN_ONLY, **fields}
    return make_spec(given, "the test")


def stage(suite: PublicSuite, case: SuiteCase | None = None) -> StagedInputs:
    """Return the staged files of a case, by default the first."""
    return stage_inputs(suite.inputs(case or suite.cases[0]), seed=1, limits={"cpus": 1.0})


def staged_frame(suite: PublicSuite, name: str) -> pl.DataFrame:
    """Return one staged frame of the first case, by its path below ``/input``."""
    return pl.read_parquet(stage(suite).files[name])


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """Return a frame as the content of a staged file."""
    return to_parquet(to_plain_table(frame))


def part_of(frame: pl.DataFrame, path: Path) -> Part:
    """Return the frame as a part, alone in a file."""
    content = to_part(frame)
    path.write_bytes(content)
    record = FileRecord(len(content), hashlib.sha256(content).hexdigest())
    return Part(HeldFile(path), 0, record, str(path))


def eval_part(suite: PublicSuite, path: str) -> pl.DataFrame:
    """Return the part of the first case's first eval run, as the suite keeps it.

    Args:
        path: of the file below ``/input`` that it is a part of.
    """
    return read_part(suite.part(suite.cases[0].eval_runs[0], path))


def allow_column(monkeypatch: pytest.MonkeyPatch, path: str, column: str) -> None:
    """Let a column that is withheld be staged, as if the list of what is allowed were wrong."""
    file = STAGED_FILES[path]
    leaking = replace(file, columns=(*file.columns, Columns((column,))))
    monkeypatch.setitem(STAGED_FILES, path, leaking)
