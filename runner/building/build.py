"""A spec and HELM runs -> a suite on disk, whole or not at all."""

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from runner.audit.audit import Audit, audit_suite
from runner.audit.leak import Leak
from runner.building.checks import MOST_SHOWN, check_scoring, refuse_leaks, require_targets
from runner.building.divisions import CasePlan, divide, draw_sampled, match_explicit
from runner.building.earlier import choose_salt, is_unchanged, read_earlier
from runner.building.freeze import Contents, copy_assets, freeze
from runner.building.half_writer import HalfWriter, Halves
from runner.building.holdout import hold_out
from runner.building.unfinished import unfinished_suite
from runner.building.unused import remove_unused
from runner.building.write_run import Roles, write_run
from runner.errors import SuiteError, UsageError
from runner.files.locks import locked_directory
from runner.files.private_files import make_private, make_private_directory
from runner.files.whole_writes import put_in_place
from runner.helm_outputs.frames import read_runs
from runner.helm_outputs.runs import RUN_SPEC, RunDirectory, find_partial_runs, find_runs
from runner.helm_outputs.type_checks import check_types
from runner.progress import SILENT, Progress
from runner.suites.groups import RunIdentity, find_sweeps, identify_run
from runner.suites.manifest import ANSWERS, PRIVATE, PUBLIC, RunRecord, digest_file
from runner.suites.opening import is_suite, read_suite
from runner.suites.parts import from_part
from runner.suites.private_half import warn_of_private_half
from runner.suites.sharing import ADVICE, find_shared
from runner.suites.spec import Explicit, Holdout, KFold, LeaveOneOut, Sampled, SuiteSpec
from runner.suites.suite import Suite
from runner.suites.twins import Twins, find_twins, twin_groups

Group = tuple[str, tuple[str, ...]]
"""Why runs stay together, and their names."""


@dataclass(frozen=True)
class Built:
    """A suite that was built, or found to be up to date, and what the audit said of it.

    ``audit`` is None if nothing had changed.
    """

    suite: Suite
    audit: Audit | None


def build_suite(
    spec: SuiteSpec,
    directory: Path,
    progress: Progress = SILENT,
    *,
    is_kept: bool = True,
) -> Built:
    """Build a suite from HELM runs, or leave the one that is there if nothing has changed.

    Args:
        directory: where the suite goes; replaced if it is a suite already.
        progress: shows each warning too.
        is_kept: whether it is for more than this process. If so, its digest depends on a salt, so
            that nobody finds an actual by guessing; a suite that is built again keeps its salt.

    Raises:
        SuiteError: the runs can't be read or divided, or the audit found what the spec does not
            accept.
        UsageError: the directory is something else, or can't be written.
    """
    if directory.exists() and not is_suite(directory):
        raise UsageError(f"{directory}: exists and is no suite; name another place.")
    place = directory.resolve()  # a link to a suite stays a link
    runs = {run.name: run for run in _find_all(spec, progress)}
    sources = _digest_sources(spec, runs, progress)
    earlier = read_earlier(directory)
    if earlier is not None and is_unchanged(earlier, spec, sources):
        progress.say(f"{directory}: nothing has changed since it was built; every file was checked")
        warn_of_private_half(directory, None, progress.say)
        return Built(earlier, None)
    salt = choose_salt(earlier) if is_kept else ""
    try:
        with unfinished_suite(place, progress.say) as unfinished:
            audit = _write_suite(spec, runs, sources, salt, unfinished, progress)
            with locked_directory(place.parent):
                put_in_place(unfinished, place)
                built = read_suite(directory)
    except OSError as error:
        raise UsageError(f"{directory}: the suite can't be written ({error}).") from error
    _warn_of_sharing(built, progress)
    return Built(built, audit)


def _warn_of_sharing(suite: Suite, progress: Progress) -> None:
    shared = None if "shared" in suite.manifest.choices["accept"] else find_shared(suite)
    if shared is not None:
        progress.say(
            f"warning: the cases are shared: {shared}. So one case of an image can tell another "
            f"its actuals. For a competition, {ADVICE}."
        )


def warnings(built: Built) -> list[str]:
    """Return what an organizer should know about the leaks that the spec accepts, at most ten."""
    return [str(leak) for leak in built.audit.leaks[:MOST_SHOWN]] if built.audit else []


def _find_all(spec: SuiteSpec, progress: Progress) -> list[RunDirectory]:
    found: dict[str, RunDirectory] = {}
    for run in (run for source in spec.helm_runs for run in _find(spec, source, progress)):
        other = found.setdefault(run.name, run)
        if other.path.resolve() != run.path.resolve():
            raise SuiteError(
                f"{run.path}: has the same run_spec.name as {other.path}. A run may stand in a "
                "suite once: make one of the helm_runs narrower."
            )
    return list(found.values())


def _find(spec: SuiteSpec, source: str, progress: Progress) -> list[RunDirectory]:
    if spec.partial_runs == "refuse":
        return find_runs(source)
    found = find_partial_runs(source)
    for warning in found.warnings:
        progress.say(f"warning: {warning}")
    return list(found.runs)


def _digest_sources(
    spec: SuiteSpec, runs: Mapping[str, RunDirectory], progress: Progress
) -> dict[str, dict[str, str]]:
    """Return the digest of each file of each run."""
    digests = {}
    with progress.task(f"{spec.name}: digests of runs", len(runs)) as task:
        for name, run in runs.items():
            digests[name] = {file: _digest_source(run.path / file) for file in sorted(run.files)}
            task.advance()
    return digests


def _digest_source(path: Path) -> str:
    try:
        return digest_file(path)
    except OSError as error:
        raise SuiteError(f"{path}: {error.strerror}") from error


def _write_suite(
    spec: SuiteSpec,
    runs: Mapping[str, RunDirectory],
    sources: Mapping[str, Mapping[str, str]],
    salt: str,
    root: Path,
    progress: Progress,
) -> Audit:
    make_private_directory(root / PRIVATE)
    rng = random.Random(spec.seed)  # noqa: S311  (a draw to repeat, not a secret)
    drawn = _draw(spec, list(runs), rng)
    roles = _roles(list(runs), drawn)
    halves = Halves(HalfWriter(root / PUBLIC), HalfWriter(root / PRIVATE))
    records, leaks = _write_runs(spec, runs, roles, rng, halves, progress)
    evaluated = [name for name, role in roles.items() if role.is_evaluated]
    require_targets(spec, runs, records, evaluated, progress)
    check_scoring(spec, [records[name] for name in evaluated])
    twins = _find_twins(spec, halves, progress)
    plans, groups = _divide(spec, records, drawn, rng, twins)
    records = remove_unused(records, plans, halves)
    contents = Contents(
        salt,
        sources,
        records,
        plans,
        groups,
        twins,
        halves.public.parts,
        halves.private.parts,
        copy_assets(spec, root),
    )
    freeze(spec, contents, root)
    audit = audit_suite(read_suite(root), leaks, progress)
    refuse_leaks(spec, audit)
    findings = [leak.model_dump() for leak in audit.leaks]
    freeze(spec, replace(contents, findings=findings), root)
    make_private(root / PRIVATE)  # also if it is moved or copied from there
    return audit


def _draw(spec: SuiteSpec, names: Sequence[str], rng: random.Random) -> list[CasePlan]:
    """Return the cases of a division that needs only names; none for the others."""
    if isinstance(spec.division, Sampled):
        return [draw_sampled(names, spec.division, rng)]
    if isinstance(spec.division, Explicit):
        return match_explicit(names, spec.division)
    return []


def _roles(names: Sequence[str], drawn: Sequence[CasePlan]) -> dict[str, Roles]:
    """Return what each run that is used is for. Without a draw every run is for both."""
    if not drawn:
        return {name: Roles(trains=True, is_evaluated=True) for name in names}
    train = {name for plan in drawn for name in plan.train}
    evaluated = {name for plan in drawn for name in plan.eval}
    return {
        name: Roles(name in train, name in evaluated)
        for name in names
        if name in train or name in evaluated
    }


def _write_runs(
    spec: SuiteSpec,
    runs: Mapping[str, RunDirectory],
    roles: Mapping[str, Roles],
    rng: random.Random,
    halves: Halves,
    progress: Progress,
) -> tuple[dict[str, RunRecord], list[Leak]]:
    records: dict[str, RunRecord] = {}
    leaks: list[Leak] = []
    is_sampled = isinstance(spec.division, Sampled)
    frames_of_runs = read_runs(runs[name] for name in roles)
    with progress.task(f"{spec.name}: reading runs", len(roles)) as task:
        for number, (name, role, frames) in enumerate(
            zip(roles, roles.values(), frames_of_runs, strict=True), start=1
        ):
            # MAGNET draws the instances with the generator that has drawn the runs.
            own_rng = rng if is_sampled else random.Random(f"{spec.seed} {name}")  # noqa: S311
            check_types(runs[name], frames)
            identity = _identify(runs[name])
            records[name], found = write_run(
                spec, runs[name], frames, number, identity, role, own_rng, halves
            )
            leaks += found
            task.advance()
    return records, leaks


def _identify(run: RunDirectory) -> RunIdentity:
    return identify_run(json.loads((run.path / RUN_SPEC).read_bytes()))


def _find_twins(spec: SuiteSpec, halves: Halves, progress: Progress) -> list[Twins]:
    """Return the deployments whose runs are to be kept together because they answer alike."""
    if "twins" not in spec.keep_together:
        return []
    twins = find_twins(map(from_part, halves.private.read(ANSWERS)))
    for pair in twins:
        progress.say(f"kept together as twins: {pair}")
    return twins


def _divide(
    spec: SuiteSpec,
    records: Mapping[str, RunRecord],
    drawn: Sequence[CasePlan],
    rng: random.Random,
    twins: Sequence[Twins],
) -> tuple[list[CasePlan], list[Group]]:
    """Return the cases, and the groups of runs that were kept on one side of each."""
    identities = {name: record.identity for name, record in records.items()}
    groups: list[Group] = []
    if "sweeps" in spec.keep_together:
        groups += [("sweeps", tuple(names)) for names in find_sweeps(identities)]
    if "twins" in spec.keep_together:
        groups += [("twins", tuple(names)) for names in twin_groups(identities, twins)]
    together = [names for _, names in groups]
    if isinstance(spec.division, Holdout):
        return hold_out(identities, spec.division, together, rng), groups
    if isinstance(spec.division, KFold | LeaveOneOut):
        return divide(identities, spec.division, together, rng), groups
    return [_keep_together(spec, plan, groups) for plan in drawn], groups


def _keep_together(spec: SuiteSpec, plan: CasePlan, groups: Iterable[Group]) -> CasePlan:
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
