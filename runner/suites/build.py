"""A spec and HELM runs -> a suite on disk, whole or not at all."""

import json
import random
import secrets
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from runner.errors import SuiteError, UsageError
from runner.helm_outputs import RUN_SPEC, STAT_NAME, RunDirectory, find_runs, read_run
from runner.suites.divisions import CasePlan, divide, draw_sampled, match_explicit
from runner.suites.eval_side import EvalSide, make_eval_side, per_instance_stats
from runner.suites.groups import RunIdentity, find_sweeps, identify_run
from runner.suites.manifest import (
    ACTUALS,
    ASSETS,
    DIGEST,
    INSTANCE_ACTUALS,
    MANIFEST,
    PRIVATE,
    PUBLIC,
    TRAIN_FRAMES,
    CaseRecord,
    GroupRecord,
    PrivateManifest,
    RunRecord,
    SuiteManifest,
    describe_files,
    digest_file,
    to_bytes,
)
from runner.suites.parts import write_part
from runner.suites.spec import Explicit, KFold, LeaveOneOut, Sampled, SuiteSpec
from runner.suites.suite import Suite, is_suite, open_suite, read_manifest, read_private
from runner.suites.twins import Twins, find_twins, fingerprint_run, twin_groups

RUNS_PER_ANNOUNCEMENT = 100


@dataclass(frozen=True)
class _Division:
    """The cases, the groups that were kept on one side, and the twins that were found."""

    plans: tuple[CasePlan, ...]
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    twins: tuple[Twins, ...]


def build_suite(spec: SuiteSpec, directory: Path, announce: Callable[[str], None]) -> Suite:
    """Build a suite from HELM runs, or leave the one that is there if nothing has changed.

    Args:
        directory: where the suite goes; replaced if it is a suite already.
        announce: called with one line of progress at a time.

    Raises:
        SuiteError: the runs can't be read or divided.
        UsageError: the directory is something else, or can't be written.
    """
    if directory.exists() and not is_suite(directory):
        raise UsageError(f"{directory}: exists and is no suite; name another place.")
    runs = {run.name: run for run in _find_all(spec)}
    sources = {name: _source_digests(run) for name, run in runs.items()}
    unchanged = _unchanged(spec, sources, directory)
    if unchanged is not None:
        announce(f"{directory}: nothing has changed since it was built; every file was checked")
        return unchanged
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        unfinished = directory.with_name(f".{directory.name}.{secrets.token_hex(4)}")
        try:
            _write_suite(spec, runs, sources, unfinished, announce)
            if directory.exists():
                shutil.rmtree(directory)
            unfinished.rename(directory)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    except OSError as error:
        raise UsageError(f"{directory}: the suite can't be written ({error}).") from error
    return open_suite(directory)


def _find_all(spec: SuiteSpec) -> list[RunDirectory]:
    found: dict[str, RunDirectory] = {}
    for run in (run for source in spec.helm_runs for run in find_runs(source)):
        other = found.setdefault(run.name, run)
        if other.path.resolve() != run.path.resolve():
            raise SuiteError(
                f"{run.path}: has the same run_spec.name as {other.path}. A run may stand in a "
                "suite once: make one of the helm_runs narrower."
            )
    return list(found.values())


def _source_digests(run: RunDirectory) -> dict[str, str]:
    return {path.name: digest_file(path) for path in sorted(run.path.glob("*.json"))}


def _unchanged(
    spec: SuiteSpec, sources: Mapping[str, Mapping[str, str]], directory: Path
) -> Suite | None:
    """Return the suite that is there if it is of this very spec and these very files."""
    try:
        private = read_private(read_manifest(directory))
        same = private.spec == _spec_json(spec) and private.sources == sources
        return open_suite(directory) if same else None
    except SuiteError:
        return None


def _spec_json(spec: SuiteSpec) -> dict[str, Any]:
    assets = Path(spec.assets) if spec.assets else None
    digests = (
        {}
        if assets is None
        else {
            path.relative_to(assets).as_posix(): digest_file(path) for path in _asset_paths(assets)
        }
    )
    # Without the organizer's paths: the same runs elsewhere make the same suite.
    choices = spec.model_dump(mode="json", exclude={"helm_runs", "assets"})
    return {**choices, "asset_digests": digests}


def _asset_paths(assets: Path) -> list[Path]:
    paths = sorted(path for path in assets.rglob("*") if path.is_file())
    if not paths:
        raise SuiteError(f"{assets}: assets should be a directory with files in it")
    return paths


def _write_suite(
    spec: SuiteSpec,
    runs: Mapping[str, RunDirectory],
    sources: Mapping[str, Mapping[str, str]],
    root: Path,
    announce: Callable[[str], None],
) -> None:
    rng = random.Random(spec.seed)  # noqa: S311  (a draw to repeat, not a secret)
    identities = {name: _identify(run) for name, run in runs.items()}
    drawn = _draw(spec, list(runs), rng)
    used = {name for plan in drawn for name in (*plan.train, *plan.eval)} if drawn else set(runs)
    evaluated = {name for plan in drawn for name in plan.eval} if drawn else set(runs)
    records, fingerprints = {}, []
    for number, name in enumerate([name for name in runs if name in used], start=1):
        if number % RUNS_PER_ANNOUNCEMENT == 0:
            announce(f"{spec.name}: {number} of {len(used)} runs read")
        # MAGNET draws the instances with the generator that has drawn the runs.
        is_sampled = isinstance(spec.division, Sampled)
        own_rng = rng if is_sampled else random.Random(f"{spec.seed} {name}")  # noqa: S311
        record, fingerprint = _write_run(
            spec, runs[name], number, identities[name], name in evaluated, own_rng, root
        )
        records[name] = record
        fingerprints.append(fingerprint)
    _require_targets(spec, runs, records, evaluated, announce)
    used_identities = {name: identities[name] for name in records}
    division = _divide(spec, used_identities, drawn, find_twins(fingerprints), rng)
    _copy_assets(spec, root)
    _freeze(spec, sources, records, division, root)


def _require_targets(
    spec: SuiteSpec,
    runs: Mapping[str, RunDirectory],
    records: Mapping[str, RunRecord],
    evaluated: Collection[str],
    announce: Callable[[str], None],
) -> None:
    """Refuse a suite in which a stat is no target at all; tell which eval runs have none."""
    without = [name for name in records if name in evaluated and not records[name].targets]
    if len(without) < len(evaluated) and not spec.instance_targets:
        for name in without:
            announce(f"warning: {name} has none of the stats that are targets: it scores nothing")
    if len(without) == len(evaluated):
        stats = read_run(runs[without[0]]).stats
        names = sorted(set(stats[STAT_NAME])) if STAT_NAME in stats.columns else []
        asked = ", ".join(target.stat for target in spec.targets) or "no stat"
        raise SuiteError(
            f"{without[0]}: {asked} is asked for, but the run has no such stat with a mean. It "
            f"has: {', '.join(names) or 'none'}."
        )


def _identify(run: RunDirectory) -> RunIdentity:
    return identify_run(json.loads((run.path / RUN_SPEC).read_bytes()))


def _draw(spec: SuiteSpec, names: Sequence[str], rng: random.Random) -> list[CasePlan]:
    """Return the cases of a division that needs no more than names; none for the others."""
    if isinstance(spec.division, Sampled):
        return [draw_sampled(names, spec.division, rng)]
    if isinstance(spec.division, Explicit):
        return match_explicit(names, spec.division)
    return []


def _write_run(
    spec: SuiteSpec,
    run: RunDirectory,
    number: int,
    identity: RunIdentity,
    is_evaluated: bool,
    rng: random.Random,
    root: Path,
) -> tuple[RunRecord, pl.DataFrame]:
    """Write one run's parts and actuals; return its record and its fingerprint."""
    frames = read_run(run)
    side = (
        make_eval_side(run, frames, spec.revealed, spec.targets, spec.instance_targets, rng)
        if is_evaluated
        else None
    )
    record = RunRecord(
        number=number,
        name=run.name,
        scenario=identity.scenario,
        model=identity.model,
        model_deployment=identity.model_deployment,
        instances=side.instances if side else 0,
        revealed_instances=len(side.revealed_ids) if side else 0,
        targets=len(side.targets.actuals) if side else 0,
        instance_targets=len(side.instance_targets.actuals) if side else 0,
    )
    folder = root / PUBLIC / record.folder
    for frame in TRAIN_FRAMES:
        write_part(getattr(frames, frame), folder / f"train/{frame}.arrow")
    if side is not None:
        _write_eval_side(side, folder / "eval", root / PRIVATE / record.folder)
    return record, fingerprint_run(identity, frames.scenario_states)


def _write_eval_side(side: EvalSide, public: Path, private: Path) -> None:
    write_part(side.run_specs, public / "run_specs.arrow")
    write_part(side.scenario_states, public / "scenario_states.arrow")
    write_part(side.targets.keys, public / "targets.arrow")
    write_part(side.instance_targets.keys, public / "instance_targets.arrow")
    private.mkdir(parents=True)
    stats = [stat.to_json() for stat in side.targets.actuals]
    (private / ACTUALS).write_text(json.dumps(stats, indent=1))
    (private / INSTANCE_ACTUALS).write_text(
        json.dumps(per_instance_stats(side.instance_targets), indent=1)
    )


def _divide(
    spec: SuiteSpec,
    identities: Mapping[str, RunIdentity],
    drawn: Sequence[CasePlan],
    twins: Sequence[Twins],
    rng: random.Random,
) -> _Division:
    groups = [
        *(("sweeps", tuple(names)) for names in find_sweeps(identities)),
        *(("twins", tuple(names)) for names in twin_groups(identities, twins)),
    ]
    kept = [(kind, names) for kind, names in groups if kind in spec.keep_together]
    if isinstance(spec.division, KFold | LeaveOneOut):
        plans = divide(identities, spec.division, [names for _, names in kept], rng)
    else:
        plans = [_keep_together(spec, plan, kept) for plan in drawn]
    return _Division(tuple(plans), tuple(kept), tuple(twins))


def _keep_together(
    spec: SuiteSpec, plan: CasePlan, groups: Iterable[tuple[str, tuple[str, ...]]]
) -> CasePlan:
    """Return the case without the train runs that are in one group with an eval run."""
    evaluated = set(plan.eval)
    grouped = [
        (name, kind)
        for kind, names in groups
        if evaluated.intersection(names)
        for name in names
        if name in plan.train
    ]
    if not grouped:
        return plan
    if isinstance(spec.division, Explicit):
        name, kind = grouped[0]
        raise SuiteError(
            f"{plan.id}: {name} is a train run, but keep_together has {kind}, and it is in one "
            f"group with an eval run. Leave it out of train, or {kind} out of keep_together."
        )
    away = {name for name, _ in grouped}
    train = tuple(name for name in plan.train if name not in away)
    if not train:
        raise SuiteError(
            f"{plan.id}: every train run drawn is in one group with the eval run {plan.eval[0]}. "
            "Draw more train runs, use another seed, or keep fewer groups together."
        )
    return CasePlan(plan.id, train, plan.eval)


def _copy_assets(spec: SuiteSpec, root: Path) -> None:
    if spec.assets is None:
        return
    assets = Path(spec.assets)
    for path in _asset_paths(assets):
        target = root / PUBLIC / ASSETS / path.relative_to(assets)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _freeze(
    spec: SuiteSpec,
    sources: Mapping[str, Mapping[str, str]],
    records: Mapping[str, RunRecord],
    division: _Division,
    root: Path,
) -> None:
    """Write both manifests and the digest, over files that change no more."""
    (root / PRIVATE).mkdir(exist_ok=True)
    private = PrivateManifest(
        spec=_spec_json(spec),
        sources=sources,
        findings=(),
        files=describe_files(root / PRIVATE),
    )
    (root / PRIVATE / MANIFEST).write_bytes(to_bytes(private))
    number = {name: record.number for name, record in records.items()}
    choices = spec.model_dump(
        mode="json",
        exclude={"name", "version", "description", "license", "limits", "helm_runs", "assets"},
    )
    public = SuiteManifest(
        name=spec.name,
        version=spec.version,
        description=spec.description,
        license=spec.license,
        choices=choices,
        limits=spec.limits,
        runs=tuple(records.values()),
        cases=tuple(
            CaseRecord(
                id=plan.id,
                train=tuple(number[name] for name in plan.train),
                eval=tuple(number[name] for name in plan.eval),
            )
            for plan in division.plans
        ),
        groups=tuple(
            GroupRecord(kind=kind, runs=tuple(number[name] for name in names))
            for kind, names in division.groups
        ),
        files=describe_files(root / PUBLIC),
        private_sha256=digest_file(root / PRIVATE / MANIFEST),
    )
    (root / PUBLIC / MANIFEST).write_bytes(to_bytes(public))
    digest = digest_file(root / PUBLIC / MANIFEST)
    (root / PUBLIC / DIGEST).write_text(f"sha256:{digest}\n")
