"""The names of runs and instances in the inputs without what is revealed, and of their actuals."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from runner.contract.stat import Target
from runner.suites.actuals import Actuals


def rename_actuals(actuals: Actuals) -> Actuals:
    """Return the actuals under the names that ``BLANKED`` gives, in the same order."""
    names = [target.run_spec_name for target in actuals.stats]
    runs = rename_runs([*names, *(target.run_spec_name for target in actuals.instance_stats)])
    instances = rename_instances(target.instance_id for target in actuals.instance_stats)
    renamed = {target: Target(runs[target.run_spec_name], target.name) for target in actuals.stats}
    stats = {renamed[target]: stat for target, stat in actuals.stats.items()}
    bases = {renamed[target]: basis for target, basis in actuals.bases.items()}
    instance_stats = {
        replace(
            target,
            run_spec_name=runs[target.run_spec_name],
            instance_id=instances[target.instance_id],
        ): stat
        for target, stat in actuals.instance_stats.items()
    }
    return Actuals(stats, instance_stats, bases)


def rename_runs(names: Iterable[str]) -> dict[str, str]:
    """Return another name for each run, which only identifies it."""
    return {name: f"run-{_token(name)}" for name in names}


def rename_instances(ids: Iterable[str]) -> dict[str, str]:
    """Return another id for each instance."""
    return {name: f"instance-{_token(name)}" for name in ids}


def _token(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:12]
