"""The two manifests of a suite on disk: what everybody may know of it, and what nobody may.

The public one holds the digest of the private one, and ``suite.digest`` the digest of the public
one, so that the suite's digest covers every byte of both halves.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from runner.contract.layout import CONTRACT_VERSION
from runner.contract.limits import Limits
from runner.files.regular_files import open_regular
from runner.suites.groups import RunIdentity

SCHEMA_VERSION: Literal[1] = 1

PUBLIC = "public"
PRIVATE = "private"
MANIFEST = "suite.json"
DIGEST = "suite.digest"

ACTUALS = "actuals.jsonl"
INSTANCE_ACTUALS = "instance_actuals.jsonl"
SAMPLE_MEANS = "sample_means.jsonl"
"""Of each target of a run, in the order of the actuals, its stat's mean over what is revealed."""

ANSWERS = "answers.parts"
"""What a run answered, as hashes; twins are found by them."""

ITEMS = "items.parts"
"""An eval run's items, also those that are not revealed, as hashes; the audit compares them."""


_FORBID = ConfigDict(extra="forbid")


class _Record(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)


# A large suite has ten thousand runs, and ten times as many parts. Models of them would take three
# times as much memory.


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One part or file: its size and digest."""

    bytes: int
    sha256: str


Parts = Mapping[str, Mapping[int, FileRecord]]
"""By file, and then by the number of the run, or of what is revealed of it where that depends on
the draw, in the order in which they lie in the file."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run of a suite.

    ``instances_by_split`` and ``targets`` describe its eval side; they are empty for a run that is
    only a train run. Instances without a split stand under ``""``.
    """

    __pydantic_config__ = _FORBID

    number: int
    name: str
    scenario: str
    model: str
    model_deployment: str
    instances_by_split: Mapping[str, int]
    targets: int

    @property
    def instances(self) -> int:
        """Return how many instances the run has."""
        return sum(self.instances_by_split.values())

    @property
    def identity(self) -> RunIdentity:
        """Return its scenario and model."""
        return RunIdentity(self.scenario, self.model, self.model_deployment)


@dataclass(frozen=True, slots=True)
class RevealRecord:
    """What one draw reveals of an eval run; the run by its number.

    ``budget`` is how many instances were to be revealed, null for all; ``replicate`` is the draw.
    """

    __pydantic_config__ = _FORBID

    number: int
    run: int
    budget: int | None
    replicate: int
    revealed_instances: int
    instance_targets: int


class ManifestCase(_Record):
    """One case: the train runs by their numbers, the eval runs by those of what is revealed."""

    id: str
    budget: int | None
    replicate: int
    train: tuple[int, ...]
    eval: tuple[int, ...]


class GroupRecord(_Record):
    """Runs that were kept on one side of every case, by their numbers, and why."""

    kind: str
    runs: tuple[int, ...]


class ImportRecord(_Record):
    """Runs that HELM did not write: what their results are from, and what of them is not known."""

    harness: str
    version: str
    lost: tuple[str, ...]
    runs: tuple[int, ...]


class SuiteManifest(_Record):
    """``public/suite.json``.

    ``choices`` is the spec without the organizer's paths; ``parts`` has the parts of each file in
    their order, by run; ``files`` has the assets; ``private_sha256`` is of the private half's
    manifest. Guessing a withheld value and comparing digests does not work: that manifest also
    holds a salt.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    contract_version: int = CONTRACT_VERSION
    name: str
    version: str
    description: str
    license: str
    choices: Mapping[str, Any]
    limits: Limits
    runs: tuple[RunRecord, ...]
    reveals: tuple[RevealRecord, ...]
    cases: tuple[ManifestCase, ...]
    groups: tuple[GroupRecord, ...]
    imported: tuple[ImportRecord, ...]
    parts: Parts
    files: Mapping[str, FileRecord]
    private_sha256: str


class PrivateManifest(_Record):
    """``private/suite.json``: what the suite was built from, what the audit found, the parts.

    ``salt`` is drawn at random when a suite is built for the first time; empty for suites that
    nobody keeps. ``sources`` has, by run, the digest of each of its HELM files; ``twins`` says why
    runs of two deployments were kept together.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    salt: str
    spec: Mapping[str, Any]
    sources: Mapping[str, Mapping[str, str]]
    twins: tuple[str, ...]
    findings: tuple[Mapping[str, Any], ...]
    parts: Parts
    files: Mapping[str, FileRecord] = {}


def to_bytes(manifest: SuiteManifest | PrivateManifest) -> bytes:
    """Return the file's content; equal manifests give equal bytes."""
    return manifest.model_dump_json(indent=1).encode() + b"\n"


def digest_file(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def part_name(path: str) -> str:
    """Return the file of the public half with the parts of a file below ``/input``."""
    return str(PurePosixPath(path).with_suffix(".parts"))
