"""A spec and HELM runs -> a suite on disk, whole or not at all."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.audit.audit import Audit, audit_suite
from runner.audit.leak import Leak
from runner.building.checks import (
    MOST_SHOWN,
    check_budgets,
    check_scoring,
    check_whole,
    refuse_leaks,
    require_targets,
)
from runner.building.divisions import CasePlan
from runner.building.earlier import choose_salt, is_unchanged, read_earlier
from runner.building.extrapolation import unknown_names
from runner.building.freeze import Contents, copy_assets, freeze, freeze_findings
from runner.building.half_writer import HalfWriter, Halves
from runner.building.many_runs import make_many, several_processes
from runner.building.order_table import read_order
from runner.building.origins import import_records
from runner.building.plans import (
    divide_plans,
    draw_plans,
    replicate_rngs,
    run_rng,
    with_budgets,
)
from runner.building.sources import digest_sources, find_sources
from runner.building.unfinished import unfinished_suite
from runner.building.unused import remove_unused
from runner.building.write_run import Job, MadeRun, Roles, WrittenRuns, read_means, write_made
from runner.errors import UsageError
from runner.files.given_paths import real_path
from runner.files.locks import locked_directory
from runner.files.private_files import make_private, make_private_directory
from runner.files.whole_writes import put_in_place
from runner.helm_outputs.runs import RunDirectory
from runner.processes import Processes
from runner.progress import SILENT, Progress, Task
from runner.suites.division_spec import Extrapolate, Sampled
from runner.suites.manifest import ANSWERS, PRIVATE, PUBLIC
from runner.suites.opening import is_suite, read_suite, warn_of_private_half
from runner.suites.parts import from_part
from runner.suites.sharing import advice, find_shared
from runner.suites.spec import SuiteSpec
from runner.suites.suite import Suite
from runner.suites.twins import Twins, find_twins


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
    place = real_path(directory)  # a link to a suite stays a link
    spec = read_order(spec)
    runs = {run.name: run for run in find_sources(spec, progress)}
    sources = digest_sources(spec, runs, progress)
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
            f"its actuals. For a competition, {advice(suite)}."
        )


def _warn_of_unknown(spec: SuiteSpec, written: WrittenRuns, progress: Progress) -> None:
    if isinstance(spec.division, Extrapolate):
        identities = {name: record.identity for name, record in written.records.items()}
        unknown = unknown_names(identities, spec.division)
        if unknown is not None:
            progress.say(f"warning: {unknown}")


def warnings(built: Built) -> list[str]:
    """Return what an organizer should know about the leaks that the spec accepts, at most ten."""
    return [str(leak) for leak in built.audit.leaks[:MOST_SHOWN]] if built.audit else []


def _write_suite(
    spec: SuiteSpec,
    runs: Mapping[str, RunDirectory],
    sources: Mapping[str, Mapping[str, str]],
    salt: str,
    root: Path,
    progress: Progress,
) -> Audit:
    with several_processes(spec, runs.values()) as processes:
        leaks = _write_halves(spec, runs, sources, salt, root, progress, processes)
        # Only what was written is in memory from here on: a large suite is there once.
        suite = read_suite(root)
        check_whole(spec, suite)
        audit = audit_suite(suite, leaks, progress, processes)
    refuse_leaks(spec, audit.leaks, audit.derivability)
    freeze_findings(suite, [leak.model_dump() for leak in audit.leaks], root)
    make_private(root / PRIVATE)  # also if it is moved or copied from there
    return audit


def _write_halves(
    spec: SuiteSpec,
    runs: Mapping[str, RunDirectory],
    sources: Mapping[str, Mapping[str, str]],
    salt: str,
    root: Path,
    progress: Progress,
    processes: Processes | None,
) -> list[Leak]:
    """Write all but the audit's findings; return the leaks that were found meanwhile."""
    make_private_directory(root / PRIVATE)
    rngs = replicate_rngs(spec)
    drawn = draw_plans(spec, list(runs), rngs)
    roles = _roles(spec, list(runs), drawn)
    halves = Halves(HalfWriter(root / PUBLIC), HalfWriter(root / PRIVATE))
    with progress.task(f"{spec.name}: reading runs", len(roles)) as task:
        jobs = _jobs(spec, runs, roles, rngs)
        written, leaks = _write_runs(make_many(spec, jobs, processes), halves, task)
    require_targets(spec, runs, written.fullest_eval_runs(), progress)
    check_budgets(spec, written.reveals, progress)
    check_scoring(spec, runs, written.fullest_eval_runs())
    twins = _find_twins(spec, halves, progress)
    plans, groups = divide_plans(
        spec, written.records, drawn, rngs, twins, read_means(written, halves.private)
    )
    _warn_of_unknown(spec, written, progress)
    written = remove_unused(written, plans, halves)
    contents = Contents(
        salt,
        sources,
        written,
        with_budgets(spec, plans),
        groups,
        twins,
        import_records(runs, written.records),
        halves.public.parts,
        halves.private.parts,
        copy_assets(spec, root),
    )
    freeze(spec, contents, root)
    return leaks


def _roles(spec: SuiteSpec, names: Sequence[str], drawn: Sequence[CasePlan]) -> dict[str, Roles]:
    """Return what each run that is used is for. Without a draw every run is for both."""
    if not drawn:
        replicates = tuple(range(1, spec.division.replicates + 1))
        return {name: Roles(trains=True, replicates=replicates) for name in names}
    train = {name for plan in drawn for name in plan.train}
    evaluated: dict[str, list[int]] = {}
    for plan in drawn:
        for name in plan.eval:
            evaluated.setdefault(name, []).append(plan.replicate)
    return {
        name: Roles(name in train, tuple(dict.fromkeys(evaluated.get(name, ()))))
        for name in names
        if name in train or name in evaluated
    }


def _jobs(
    spec: SuiteSpec,
    runs: Mapping[str, RunDirectory],
    roles: Mapping[str, Roles],
    rngs: Mapping[int, random.Random],
) -> Iterator[Job]:
    """Yield what is to be made; not all at once, as a generator of random numbers takes 2.5 KB."""
    # MAGNET draws the instances with the generator that has drawn the runs.
    is_sampled = isinstance(spec.division, Sampled)
    for name, role in roles.items():
        own = {n: rngs[n] if is_sampled else run_rng(spec, n, name) for n in role.replicates}
        yield Job(runs[name], role.trains, own)


def _write_runs(
    made_runs: Iterable[MadeRun], halves: Halves, task: Task
) -> tuple[WrittenRuns, list[Leak]]:
    written = WrittenRuns({}, {})
    leaks: list[Leak] = []
    for made in made_runs:
        write_made(made, halves, written)
        leaks += made.leaks
        task.advance()
    return written, leaks


def _find_twins(spec: SuiteSpec, halves: Halves, progress: Progress) -> list[Twins]:
    """Return the deployments whose runs are to be kept together because they answer alike."""
    if "twins" not in spec.keep_together:
        return []
    twins = find_twins(map(from_part, halves.private.read(ANSWERS)))
    for pair in twins:
        progress.say(f"kept together as twins: {pair}")
    return twins
