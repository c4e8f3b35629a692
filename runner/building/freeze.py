"""The last steps of a build: manifests, digests, and what may not change from here on."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.building.divisions import CasePlan
from runner.building.sources import asset_paths, spec_json
from runner.building.write_run import WrittenRuns
from runner.contract import layout
from runner.suites.manifest import (
    DIGEST,
    MANIFEST,
    PRIVATE,
    PUBLIC,
    FileRecord,
    GroupRecord,
    ImportRecord,
    ManifestCase,
    Parts,
    PrivateManifest,
    SuiteManifest,
    digest_file,
    to_bytes,
)
from runner.suites.spec import SuiteSpec
from runner.suites.suite import Suite
from runner.suites.twins import Twins


@dataclass(frozen=True)
class Contents:
    """What a suite is made of, besides its files.

    Attributes:
        salt: of the private manifest.
        sources: by run, the digest of each of its HELM files.
        runs: in their order, with what is revealed of them.
        plans: the cases.
        groups: what was kept on one side of every case, and its kind.
        twins: the pairs of deployments that answer alike.
        imported: where runs that HELM did not write come from.
        public_parts, private_parts: what was written.
        assets: the suite's, by their path in the public half.
    """

    salt: str
    sources: Mapping[str, Mapping[str, str]]
    runs: WrittenRuns
    plans: Sequence[CasePlan]
    groups: Sequence[tuple[str, Sequence[str]]]
    twins: Sequence[Twins]
    imported: Sequence[ImportRecord]
    public_parts: Parts
    private_parts: Parts
    assets: Mapping[str, FileRecord]


def freeze(spec: SuiteSpec, contents: Contents, root: Path) -> None:
    """Write both manifests and the digest; the files must not change after this."""
    _write_manifests(_public(spec, contents), _private(spec, contents), root)


def freeze_findings(suite: Suite, findings: Sequence[Mapping[str, Any]], root: Path) -> None:
    """Write the manifests of a suite again, with what the audit found in it."""
    private = suite.private_manifest.model_copy(update={"findings": tuple(findings)})
    _write_manifests(suite.manifest, private, root)


def _write_manifests(public: SuiteManifest, private: PrivateManifest, root: Path) -> None:
    """Write both, and the digest that covers all.

    Args:
        public: but for the private one's digest.
    """
    (root / PRIVATE / MANIFEST).write_bytes(to_bytes(private))
    private_sha256 = digest_file(root / PRIVATE / MANIFEST)
    stated = public.model_copy(update={"private_sha256": private_sha256})
    (root / PUBLIC / MANIFEST).write_bytes(to_bytes(stated))
    digest = digest_file(root / PUBLIC / MANIFEST)
    (root / PUBLIC / DIGEST).write_text(f"sha256:{digest}\n")


def _private(spec: SuiteSpec, contents: Contents) -> PrivateManifest:
    return PrivateManifest(
        salt=contents.salt,
        spec=spec_json(spec),
        sources=contents.sources,
        twins=tuple(map(str, contents.twins)),
        findings=(),
        parts=contents.private_parts,
    )


def _public(spec: SuiteSpec, contents: Contents) -> SuiteManifest:
    """Return the public manifest, but for the private one's digest."""
    number = {name: record.number for name, record in contents.runs.records.items()}
    reveals = contents.runs.reveals
    return SuiteManifest(
        name=spec.name,
        version=spec.version,
        description=spec.description,
        license=spec.license,
        choices=_choices(spec),
        limits=spec.limits,
        runs=tuple(contents.runs.records.values()),
        reveals=tuple(reveals.values()),
        cases=tuple(
            ManifestCase(
                id=plan.id,
                budget=plan.budget,
                replicate=plan.replicate,
                train=tuple(number[name] for name in plan.train),
                eval=tuple(reveals[name, plan.replicate, plan.budget].number for name in plan.eval),
            )
            for plan in contents.plans
        ),
        groups=tuple(
            GroupRecord(kind=kind, runs=tuple(number[name] for name in names))
            for kind, names in contents.groups
        ),
        imported=tuple(contents.imported),
        parts=contents.public_parts,
        files=contents.assets,
        private_sha256="",
    )


def _choices(spec: SuiteSpec) -> dict[str, Any]:
    elsewhere = {"name", "version", "description", "license", "limits", "helm_runs", "assets"}
    choices = spec.model_dump(mode="json", exclude=elsewhere)
    order = choices["division"].get("order")
    if isinstance(order, dict):  # the values may be made from the actuals
        choices["division"]["order"] = {"column": order["column"]}
    return choices


def copy_assets(spec: SuiteSpec, root: Path) -> dict[str, FileRecord]:
    """Copy the assets into the public half; return their records by their path in there."""
    copied = {}
    for name, path in asset_paths(spec).items():
        target = root / PUBLIC / layout.ASSETS / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        copied[f"{layout.ASSETS}/{name}"] = FileRecord(target.stat().st_size, digest_file(target))
    return copied
