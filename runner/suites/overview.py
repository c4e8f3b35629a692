"""What a suite holds, as JSON: for those who choose among suites."""

from typing import Any

from runner.scores.units import describe_sum
from runner.suites.public_suite import DescribedSuite
from runner.suites.sharing import find_nested, find_shared


def overview(suite: DescribedSuite) -> dict[str, Any]:
    """Return what identifies a suite, and how large it is."""
    manifest = suite.manifest
    return {
        "path": str(suite.root),
        "name": manifest.name,
        "version": manifest.version,
        "digest": suite.digest,
        "cases": len(manifest.cases),
        "runs": len(manifest.runs),
        "targets": sum(run.targets for case in suite.cases for run in case.eval_runs),
    }


def _adds(suite: DescribedSuite) -> str:
    """Return what the primary metric adds up, in words."""
    of_runs = suite.scoring.primary_metric.is_of_runs
    targets = suite.manifest.choices["targets" if of_runs else "instance_targets"]
    return describe_sum((target["stat"] for target in targets), suite.scoring)


def details(suite: DescribedSuite) -> dict[str, Any]:
    """Return everything in its manifest, with the cases one by one."""
    manifest = suite.manifest
    names = {run.number: run.name for run in manifest.runs}
    shared, nested = find_shared(suite), find_nested(suite)
    return {
        **overview(suite),
        "description": manifest.description,
        "license": manifest.license,
        "bytes": sum(record.bytes for record in manifest.files.values())
        + sum(record.bytes for parts in manifest.parts.values() for record in parts.values()),
        "scenarios": sorted({run.scenario for run in manifest.runs}),
        "models": sorted({run.model_deployment for run in manifest.runs}),
        "sharing": "shared" if shared else "nested" if nested else "disjoint",
        "shared_run": None if shared is None else str(shared),
        "nested_cases": None if nested is None else str(nested),
        "replicates": max(case.replicate for case in suite.cases),
        "budgets": list(dict.fromkeys(case.budget for case in suite.cases)),
        "adds": _adds(suite),
        "choices": dict(manifest.choices),
        "limits": manifest.limits.to_json(),
        "groups": [
            {"kind": group.kind, "runs": [names[number] for number in group.runs]}
            for group in manifest.groups
        ],
        "imported": [
            {**record.model_dump(exclude={"runs"}), "runs": [names[each] for each in record.runs]}
            for record in manifest.imported
        ],
        "by_case": [
            {
                "case": case.id,
                "budget": case.budget,
                "replicate": case.replicate,
                "inputs_digest": suite.inputs_digests[case.id],
                "train_runs": len(case.train_runs),
                "eval_runs": len(case.eval_runs),
                "targets": sum(run.targets for run in case.eval_runs),
                "instance_targets": sum(run.instance_targets for run in case.eval_runs),
                "revealed_instances": sum(run.revealed_instances for run in case.eval_runs),
                "instances": sum(run.instances for run in case.eval_runs),
                "eval_models": sorted({run.model_deployment for run in case.eval_runs}),
            }
            for case in suite.cases
        ],
    }
